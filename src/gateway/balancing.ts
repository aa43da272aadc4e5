import type { Balancing } from '../upstream/index.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Snapshot } from './snapshot.ts';
import type { RequestTrace } from './trace.ts';

/** Vendors keep no shorter prompt (OpenAI and Anthropic, their pages on prompt caching): there is nothing to stay for. */
const cachedTokensMin = 1024;

/** What the choice among equal deployments must know of this request. */
export function balancingOf(
  trace: RequestTrace,
  snapshot: Snapshot,
  deps: Pick<GatewayDeps, 'sessions' | 'clock'>,
): Balancing {
  const { decision, request } = trace;
  const costsNano = new Map<string, number>();
  for (const { candidate, cost } of decision?.candidates ?? [])
    if (cost !== undefined) costsNano.set(candidate, cost.totalNano);
  const output = decision?.candidates.find(({ cost }) => cost !== undefined)?.cost?.expectedOutputTokens ?? 0;
  return {
    strategy: snapshot.balance,
    costsNano,
    home: homeOf(trace, deps),
    tokens: (decision?.shape.inputTokensEstimate ?? 0) + output * request.choices,
  };
}

/** Where the conversation should stay: a prompt that is cached there, or state that another deployment would have to do without. */
function homeOf(
  { decision }: RequestTrace,
  { sessions, clock }: Pick<GatewayDeps, 'sessions' | 'clock'>,
): string | undefined {
  if (decision === undefined) return undefined;
  const { sessionKey, openToolLoop, providerBoundState } = decision.shape;
  const place = sessions.placeOf(sessionKey, clock.nowMs());
  if (place === undefined) return undefined;
  const stays = openToolLoop || providerBoundState || place.tokens >= cachedTokensMin;
  return stays ? place.deployment : undefined;
}
