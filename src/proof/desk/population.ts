import type { ProvedRequest } from '../../gateway/index.ts';
import type { Decision, ReasonCode } from '../../router/index.ts';

/** Where the route had no choice, or one that says nothing of how it usually chooses. */
const unfree: ReadonlySet<ReasonCode> = new Set([
  'named-model',
  'single-candidate',
  'price-unknown',
  'tool-loop-lock',
  'session-lock',
  'reference-unavailable',
  'no-candidate',
  'router-failed',
]);

/**
 * Whether evidence may be drawn from the request and a certificate speaks of it: its choice was free, another model can be asked the very same, and its sender lets it be
 * looked at. What is left out is counted and told.
 */
export function isCovered({ decision, request, noStore }: ProvedRequest): boolean {
  if (noStore || request.choices > 1 || request.ownDialectOnly !== undefined) return false;
  if (decision.shape.providerBoundState || decision.shape.openToolLoop) return false;
  return decision.capped === undefined && !unfree.has(decision.reason);
}

/**
 * Cheaper candidates that teach most: the one that would be preferred or is next in value, and one of the others in turn, so that the router learns of each.
 *
 * @param turn grows with every question
 */
export function teachersOf({ candidates, reference, preferred }: Decision, turn: number): string[] {
  const dear = candidates.find(({ candidate }) => candidate === reference)?.cost?.totalNano;
  if (dear === undefined) return [];
  const cheaper = candidates.filter(
    ({ candidate, cost }) => candidate !== reference && cost !== undefined && cost.totalNano < dear,
  );
  if (cheaper.length === 0) return [];
  const best = cheaper.find(({ candidate }) => candidate === preferred) ?? cheaper[0]!;
  const others = cheaper.filter((one) => one !== best);
  const other = others[turn % Math.max(1, others.length)];
  return [best.candidate, ...(other === undefined ? [] : [other.candidate])];
}
