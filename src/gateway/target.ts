import type { Candidate, Catalog } from '../catalog/index.ts';
import { type ChatRequest, GatewayError } from '../protocol/index.ts';
import type { DecisionTarget } from '../router/index.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** What the name in a request leads to: a route to choose within, or a model that is never rerouted to another. */
export interface CallTarget {
  route: Route | undefined;
  mode: 'observe' | 'assist' | 'named';
  reference: Candidate;
  candidates: Candidate[];
  target: DecisionTarget;
}

/** Resolves `model`: a route, `provider/model`, or a catalogue name. Throws `model_not_found` with near names. */
export function resolveTarget(request: ChatRequest, snapshot: Snapshot): CallTarget {
  const route = snapshot.routes.get(request.model);
  const named = request.fallbackModels.flatMap((name) => candidatesOf(name, snapshot));
  if (route === undefined) {
    const candidates = unique([...candidatesOf(request.model, snapshot), ...named]);
    return {
      route,
      mode: 'named',
      reference: candidates[0]!,
      candidates,
      target: { kind: 'quality', value: 1 },
    };
  }
  // A fallback list may only narrow what a route offers: policy, not the caller, decides what may serve it.
  const candidates =
    named.length === 0
      ? route.candidates
      : route.candidates.filter(
          (one) => one.id === route.reference.id || named.some((other) => other.id === one.id),
        );
  return { route, mode: route.mode, reference: route.reference, candidates, target: route.target };
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

function unique(candidates: Candidate[]): Candidate[] {
  return [...new Map(candidates.map((candidate) => [candidate.id, candidate])).values()];
}
