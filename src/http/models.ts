import type { Snapshot } from '../gateway/index.ts';
import { allowsModel, type Principal } from '../identity/index.ts';
import type { DialectName } from '../protocol/index.ts';

interface ListedModel {
  id: string;
  ownedBy: string;
  displayName: string;
  simulated: boolean;
}

/** `GET /v1/models`: routes first, then every deployment that the key may call, in the list shape of the caller's dialect. */
export function listModels(snapshot: Snapshot, principal: Principal, style: DialectName): unknown {
  const listed = modelsOf(snapshot).filter((model) => allowsModel(principal, model.id));
  if (style === 'anthropic-messages') {
    return {
      data: listed.map((model) => ({
        type: 'model',
        id: model.id,
        display_name: model.displayName,
        created_at: '1970-01-01T00:00:00Z',
        simulated: model.simulated,
      })),
      has_more: false,
      first_id: listed[0]?.id ?? null,
      last_id: listed.at(-1)?.id ?? null,
    };
  }
  return {
    object: 'list',
    data: listed.map((model) => ({
      id: model.id,
      object: 'model',
      created: 0,
      owned_by: model.ownedBy,
      simulated: model.simulated,
    })),
  };
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
