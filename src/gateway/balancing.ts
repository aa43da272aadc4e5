import { heldTokens, promptCacheOf } from '../router/index.ts';
import type { Balancing } from '../upstream/index.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Snapshot } from './snapshot.ts';
import type { RequestTrace } from './trace.ts';

/** What the choice among equal deployments must know of this request. */
export function balancingOf(
  trace: RequestTrace,
  snapshot: Snapshot,
  deps: Pick<GatewayDeps, 'sessions' | 'clock'>,
): Balancing {
  const { decision } = trace;
  const costsNano = new Map<string, number>();
  for (const { candidate, cost } of decision?.candidates ?? [])
    if (cost !== undefined) costsNano.set(candidate, cost.totalNano);
  const output = decision?.candidates.find(({ cost }) => cost !== undefined)?.cost?.expectedOutputTokens ?? 0;
  return {
    strategy: snapshot.balance,
    costsNano,
    home: homeOf(trace, deps),
    tokens: (decision?.shape.inputTokensEstimate ?? 0) + output,
  };
}

/** Where the conversation should stay: a prompt that is cached there, or state that another deployment would have to do without. */
function homeOf(
  { decision, target }: RequestTrace,
  { sessions, clock }: Pick<GatewayDeps, 'sessions' | 'clock'>,
): string | undefined {
  if (decision === undefined) return undefined;
  const { openToolLoop, providerBoundState } = decision.shape;
  const nowMs = clock.nowMs();
  const session = sessions.stateOf(decision.shape, nowMs);
  if (session?.home === undefined) return undefined;
  const home = session.home.deployment;
  if (openToolLoop || providerBoundState) return home;
  const called = target?.candidates.find(({ candidate }) => candidate.deployment.id === home);
  const place = session.warm.find(({ deployment }) => deployment === home);
  return called !== undefined && heldTokens(place, promptCacheOf(called.candidate), nowMs) > 0
    ? home
    : undefined;
}
