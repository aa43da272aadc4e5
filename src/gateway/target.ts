import type { Candidate, Catalog } from '../catalog/index.ts';
import type { CalledCandidate } from '../policy/index.ts';
import { type ChatRequest, GatewayError } from '../protocol/index.ts';
import { type DecisionTarget, sessionKeyOf } from '../router/index.ts';
import type { CanaryHook } from './canary-hook.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** What the name in a request leads to: a route to choose within, or a model that is never rerouted to another. */
export interface CallTarget {
  route: Route | undefined;
  mode: 'observe' | 'assist' | 'named';
  reference: Candidate;
  /** Each with the name that called for it: a key allowed to call one name gets no candidate of another. */
  candidates: CalledCandidate[];
  target: DecisionTarget;
}

/** Resolves `model`: a route, `provider/model`, or a catalogue name. Throws `model_not_found` with near names. */
export function resolveTarget(request: ChatRequest, snapshot: Snapshot): CallTarget {
  const route = snapshot.routes.get(request.model);
  if (route !== undefined) return routeTarget(request, route, snapshot);
  const candidates = [request.model, ...request.fallbackModels].flatMap((name) => called(name, snapshot));
  return {
    route,
    mode: 'named',
    reference: candidates[0]!.candidate,
    candidates: unique(candidates),
    target: { kind: 'quality', value: 1 },
  };
}

/** The same with the route's other form, for the conversations that get it. */
export function withCanary(
  target: CallTarget,
  request: ChatRequest,
  session: { sessionHeader: string | undefined; keyId: string },
  { snapshot, canary }: { snapshot: Snapshot; canary: CanaryHook | undefined },
): CallTarget {
  const { route } = target;
  if (route?.canary === undefined || canary === undefined) return target;
  if (!canary.takes(route, sessionKeyOf(request, session))) return target;
  return routeTarget(request, route.canary.route, snapshot);
}

/** A fallback list may only narrow what a route offers: the operator, not the caller, decides what may serve it. */
function routeTarget(request: ChatRequest, route: Route, snapshot: Snapshot): CallTarget {
  const { reference, target, mode } = route;
  const listed = new Set(
    request.fallbackModels.flatMap((name) => called(name, snapshot)).map((one) => one.candidate.id),
  );
  const offered = route.candidates.filter(
    ({ id }) => listed.size === 0 || id === reference.id || listed.has(id),
  );
  const candidates = offered.map((candidate) => ({ candidate, calledAs: route.name }));
  return { route, mode, reference, candidates, target };
}

function called(name: string, snapshot: Snapshot): CalledCandidate[] {
  return candidatesOf(name, snapshot).map((candidate) => ({ candidate, calledAs: name }));
}

function candidatesOf(name: string, snapshot: Snapshot): Candidate[] {
  let candidates: Candidate[];
  try {
    candidates = snapshot.catalog.candidates(name);
  } catch (cause) {
    throw new GatewayError('invalid_request', String((cause as Error).message), { param: 'model', cause });
  }
  if (candidates.length > 0) return candidates;
  throw new GatewayError(
    'model_not_found',
    `There is no model «${name.slice(0, 200)}».${hint(name, snapshot)}`,
    {
      param: 'model',
    },
  );
}

function hint(name: string, snapshot: Snapshot): string {
  const found: ReturnType<Catalog['resolve']> = snapshot.catalog.resolve(name);
  const routes = [...snapshot.routes.keys()];
  if (found.kind === 'not-deployed') {
    return ` The catalogue knows it, but no configured provider serves it; it is served by ${found.vendors.join(', ')}.`;
  }
  const near = found.kind === 'unknown' ? found.near : [];
  if (near.length > 0)
    return ` Did you mean ${near.slice(0, 3).join(', ')}? GET /v1/models lists what there is.`;
  const offer = routes.length > 0 ? ` Call a route such as ${routes.slice(0, 3).join(', ')}, or` : ' Call';
  return `${offer} a model that GET /v1/models lists.`;
}

/** The first call for a candidate counts: it is the one with the stronger claim. */
function unique(candidates: CalledCandidate[]): CalledCandidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ candidate }) => !seen.has(candidate.id) && seen.add(candidate.id));
}
