import { costOf, type Deployment } from '../catalog/index.ts';
import type { RequestRecord } from '../ledger/index.ts';
import type { Usage } from '../protocol/index.ts';
import { heldTokens, promptCacheOf, type WarmPlace } from '../router/index.ts';
import { marksCache } from './decide-for.ts';
import { priceOf } from './settle.ts';
import { answeringAttempt, type RequestTrace } from './trace.ts';

/**
 * What the request would have cost had the reference answered it and all of its conversation before it. The
 * prefix that whoever served the last turn was left with is what the reference would have had cached, as long as its cache lives and keeps
 * prefixes of that length; the rest is read, or written to the cache, at its own price. Where the reference itself has answered, and
 * holds as much as anyone, what it reported is the truth. Without this a route that moves to and fro would be compared with a
 * reference whose cache it had emptied itself. Tokens are those of the model that answered.
 *
 * @param places what is remembered of the conversation from before the request
 * @returns undefined where the reference's price is unknown or nothing was answered
 */
export function warmReferenceOf(
  trace: RequestTrace,
  usage: Usage | undefined,
  places: readonly WarmPlace[],
): RequestRecord['warmReference'] {
  const reference = trace.target?.reference.deployment;
  if (trace.target?.route === undefined || reference === undefined || usage === undefined) return undefined;
  const warm = warmUsage(trace, usage, reference, places);
  const price = priceOf(reference, warm, trace.call.receivedAtMs);
  if (price === undefined) return undefined;
  return { costNano: costOf(warm, price), cacheReadTokens: warm.cacheReadTokens };
}

function warmUsage(
  trace: RequestTrace,
  usage: Usage,
  reference: Deployment,
  places: readonly WarmPlace[],
): Usage {
  const atMs = trace.call.receivedAtMs;
  const cache = promptCacheOf({ deployment: reference });
  const held = (place: WarmPlace) => heldTokens(place, cache, atMs);
  // What was put there after this request came could not have been read by it.
  const earlier = places.filter((place) => place.atMs <= atMs);
  const anyHeld = Math.max(0, ...earlier.map(held));
  const ownHeld = Math.max(0, ...earlier.filter((place) => place.deployment === reference.id).map(held));
  const byReference = answeringAttempt(trace)?.deployment.id === reference.id;
  if (byReference && ownHeld >= anyHeld) return usage;
  const keeps = !cache.marked || marksCache(trace.request);
  const ownRead = byReference ? usage.cacheReadTokens : 0;
  const cacheReadTokens = Math.min(usage.inputTokens, Math.max(ownRead, keeps ? anyHeld : 0));
  const rest = usage.inputTokens - cacheReadTokens;
  const cacheWriteTokens = keeps && usage.inputTokens >= cache.tokensMin ? rest : 0;
  return { ...usage, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens: 0 };
}
