import type { Snapshot } from '../gateway/index.ts';
import { allowsModel, type Principal } from '../identity/index.ts';
import { type DialectName, GatewayError } from '../protocol/index.ts';

interface ListedModel {
  id: string;
  ownedBy: string;
  displayName: string;
  simulated: boolean;
}

/** `GET /v1/models`: routes first, then every deployment that the key may call, in the list shape of the caller's dialect. */
export function listModels(snapshot: Snapshot, principal: Principal, style: DialectName): unknown {
  const data = callable(snapshot, principal).map((model) => shown(model, style));
  if (style === 'openai-chat') return { object: 'list', data };
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** `GET /v1/models/{id}`; throws `model_not_found`, also for a model that the key may not call. */
export function findModel(
  name: string,
  snapshot: Snapshot,
  principal: Principal,
  style: DialectName,
): unknown {
  const found = callable(snapshot, principal).find((model) => model.id === name);
  if (found !== undefined) return shown(found, style);
  throw new GatewayError(
    'model_not_found',
    `There is no model «${name.slice(0, 200)}». GET /v1/models lists what there is.`,
  );
}

function callable(snapshot: Snapshot, principal: Principal): ListedModel[] {
  return modelsOf(snapshot).filter((model) => allowsModel(principal, model.id));
}

/** The catalogue does not know when a model was made available at a provider, so the time is the epoch, as other servers have it. */
function shown(model: ListedModel, style: DialectName): { id: string } & { [field: string]: unknown } {
  const { id, simulated } = model;
  return style === 'openai-chat'
    ? { id, object: 'model', created: 0, owned_by: model.ownedBy, simulated }
    : { type: 'model', id, display_name: model.displayName, created_at: '1970-01-01T00:00:00Z', simulated };
}

function modelsOf(snapshot: Snapshot): ListedModel[] {
  const routes = [...snapshot.routes.values()].map((route) => ({
    id: route.name,
    ownedBy: 'yumen',
    displayName: `Route ${route.name}`,
    simulated: route.candidates.every((candidate) => candidate.deployment.model.simulated),
  }));
  const deployments = snapshot.catalog.deployments().map(({ id, model, provider }) => ({
    id,
    ownedBy: provider.id,
    displayName: model.name,
    simulated: model.simulated,
  }));
  return [...routes, ...deployments];
}
