import type { Candidate, Deployment } from '../catalog/index.ts';
import { type GateDeps, gateOf, type Route, type Snapshot, saysNothing } from '../gateway/index.ts';
import type { Principal } from '../identity/index.ts';
import type { PolicyGate } from '../policy/index.ts';
import { GatewayError } from '../protocol/index.ts';

/** Whose list shape is wanted. */
export type ListStyle = 'openai-chat' | 'anthropic-messages' | 'gemini';

interface ListedModel {
  id: string;
  ownedBy: string;
  displayName: string;
  simulated: boolean;
  /** Of a route: what every candidate has. */
  contextTokens: number;
  outputTokensMax: number;
}

/** Opens the gate of a request about which nothing is said, to a route or, without one, to a model by its name. */
type Gates = (route: Route | undefined) => PolicyGate;

export function gatesFor(principal: Principal, snapshot: Snapshot, deps: GateDeps): Gates {
  return (route) => gateOf({ principal, route, wishes: saysNothing, snapshot }, deps);
}

/** `GET /v1/models`: routes first, then every deployment that the key may call, in the list shape of the caller's dialect. */
export function listModels(snapshot: Snapshot, gates: Gates, style: ListStyle): unknown {
  const data = callable(snapshot, gates).map((model) => shown(model, style));
  switch (style) {
    case 'openai-chat':
      return { object: 'list', data };
    case 'gemini':
      return { models: data };
    case 'anthropic-messages':
      return {
        data,
        has_more: false,
        first_id: data[0]?.['id'] ?? null,
        last_id: data.at(-1)?.['id'] ?? null,
      };
  }
}

/** `GET /v1/models/{id}`; throws `model_not_found`, also for a model that the key may not call. */
export function findModel(name: string, snapshot: Snapshot, gates: Gates, style: ListStyle): unknown {
  const found = callable(snapshot, gates).find((model) => model.id === name);
  if (found !== undefined) return shown(found, style);
  const resolved = snapshot.catalog.resolve(name);
  const candidates =
    resolved.kind === 'deployments'
      ? resolved.deployments.flatMap(({ id }) => snapshot.catalog.candidates(id))
      : [];
  if (candidates.length > 0 && mayCall(gates(undefined), name, candidates)) {
    const { model, provider } = candidates[0]!.deployment;
    return shown(listed(name, provider.id, model), style);
  }
  throw new GatewayError(
    'model_not_found',
    `There is no model «${name.slice(0, 200)}». GET /v1/models lists what there is.`,
  );
}

/**
 * What the key may call, judged by the very rules a request meets. A deployment is listed by its id; for a key that may only
 * call it by another of its names, by that name.
 */
function callable(snapshot: Snapshot, gates: Gates): ListedModel[] {
  const routes = [...snapshot.routes.values()]
    .filter((route) => mayCall(gates(route), route.name, route.candidates))
    .map((route) => ({
      id: route.name,
      ownedBy: 'yumen',
      displayName: `Route ${route.name}`,
      simulated: route.candidates.every((candidate) => candidate.deployment.model.simulated),
      contextTokens: Math.min(...route.candidates.map(({ deployment }) => deployment.model.contextTokens)),
      outputTokensMax: Math.min(
        ...route.candidates.map(({ deployment }) => deployment.model.outputTokensMax),
      ),
    }));
  const gate = gates(undefined);
  const deployments = snapshot.catalog.deployments().flatMap((deployment) => {
    const { model, provider } = deployment;
    const candidates: Candidate[] = [{ id: deployment.id, deployment, effort: 'default' }];
    const id = namesOf(deployment).find((name) => mayCall(gate, name, candidates));
    if (id === undefined) return [];
    return [listed(id, provider.id, model)];
  });
  const byId = new Map<string, ListedModel>();
  for (const model of [...routes, ...deployments]) if (!byId.has(model.id)) byId.set(model.id, model);
  return [...byId.values()];
}

function listed(id: string, ownedBy: string, model: Deployment['model']): ListedModel {
  const { name, simulated, contextTokens, outputTokensMax } = model;
  return { id, ownedBy, displayName: name, simulated, contextTokens, outputTokensMax };
}

function namesOf({ id, model, provider, upstreamName }: Deployment): string[] {
  return [id, model.id, ...model.aliases, `${provider.id}/${upstreamName}`];
}

function mayCall(gate: PolicyGate, calledAs: string, candidates: Candidate[]): boolean {
  const called = candidates.map((candidate) => ({ candidate, calledAs }));
  return gate.admit(called, 'serve').allowed.length > 0;
}

/** The catalogue does not know when a model was made available at a provider, so the time is the epoch, as other servers have it. */
function shown(model: ListedModel, style: ListStyle): { [field: string]: unknown } {
  const { id, simulated, displayName } = model;
  switch (style) {
    case 'openai-chat':
      return { id, object: 'model', created: 0, owned_by: model.ownedBy, simulated };
    case 'anthropic-messages':
      return { type: 'model', id, display_name: displayName, created_at: '1970-01-01T00:00:00Z', simulated };
    case 'gemini':
      return {
        name: `models/${id}`,
        baseModelId: id,
        version: '1',
        displayName,
        inputTokenLimit: model.contextTokens,
        outputTokenLimit: model.outputTokensMax,
        supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
        simulated,
      };
  }
}
