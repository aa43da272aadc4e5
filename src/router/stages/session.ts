import type { PromptCache } from '../../providers/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import type { CandidateEstimate, CostParts, Exclusion, Shape } from '../decision.ts';
import { type CacheUse, costParts } from './cost.ts';
import type {
  CandidateFacts,
  DecideInput,
  PricedCandidate,
  SessionHome,
  SessionState,
  WarmPlace,
} from './input.ts';

/** Where a vendor says nothing of its cache, what most of those that do say have in common. */
const usualCache: PromptCache = { lifetimeMs: 300_000, tokensMin: 1024, marked: false };

export function promptCacheOf({ deployment }: Pick<CandidateFacts, 'deployment'>): PromptCache {
  return deployment.provider.quirks.promptCache ?? usualCache;
}

/** Tokens of a prefix that are still held: nothing beyond the cache's lifetime, and nothing that was too short to be kept. */
export function heldTokens(place: WarmPlace | undefined, cache: PromptCache, nowMs: number): number {
  if (place === undefined || place.tokens < cache.tokensMin) return 0;
  return nowMs - place.atMs > cache.lifetimeMs ? 0 : place.tokens;
}

/** What the candidate's prompt cache is expected to do for this request. */
export function cacheUseOf({ candidate, rates }: PricedCandidate, input: DecideInput): CacheUse {
  const place = input.session?.warm.find(({ deployment }) => deployment === candidate.deployment.id);
  const cache = promptCacheOf(candidate);
  return {
    readTokens: heldTokens(place, cache, input.nowMs),
    writes: rates?.cacheWrite !== undefined && isKept(cache, input),
  };
}

function isKept(cache: PromptCache, { reading, cacheMarks }: DecideInput): boolean {
  if (cache.marked && cacheMarks !== true) return false;
  return reading.shape.inputTokensEstimate >= cache.tokensMin;
}

/** No conversation is counted on for longer than this. */
const furtherCallsMax = 20;
/** Time to the next call where none was seen yet. */
const usualGapMs = 60_000;

/**
 * Calls of a conversation still to come: about as many as there were, which is what lengths that spread over orders of magnitude lead to
 * (Lindy's law). The first call counts on none, because most conversations of programs are one call long.
 */
export function furtherCalls({ calls }: Pick<SessionState, 'calls'>): number {
  return Math.min(furtherCallsMax, calls);
}

/**
 * What filling this candidate's cold cache now is worth to the calls that follow, as a cost: 0 or below. Comparing one call alone, a warm
 * cache would bind a conversation to the dearest model for ever: each turn the cold prompt of a cheaper one costs more than the warm one
 * of the dearer, though over the rest of the conversation it costs less. So the difference between cold and warm is
 * spread evenly over this call and those to come for which the cache will still live.
 */
export function switchNano(
  one: PricedCandidate,
  cost: CostParts | undefined,
  input: DecideInput,
  outputTokens: number,
): NanoUsd {
  const { session } = input;
  if (session === undefined || cost === undefined) return 0;
  const cache = promptCacheOf(one.candidate);
  if (isUtility(input.reading.shape) || !isKept(cache, input)) return 0;
  const known = Math.max(0, ...session.warm.map(({ tokens }) => tokens));
  const use = cacheUseOf(one, input);
  if (known <= use.readTokens || known < cache.tokensMin) return 0;
  const warm = costParts(one.rates, input.reading.shape, { ...use, readTokens: known }, outputTokens);
  const checkoutNano = cost.totalNano - (warm?.totalNano ?? cost.totalNano);
  return checkoutNano <= 0 ? 0 : Math.round(-checkoutNano * (1 - 1 / horizon(session, cache)));
}

/** What candidates are compared by: this call's cost, less what it leaves to later ones. An unknown price is dearer than any. */
export function comparedNano({
  cost,
  switchNano: credit,
}: Pick<CandidateEstimate, 'cost' | 'switchNano'>): NanoUsd {
  return cost === undefined ? Number.POSITIVE_INFINITY : cost.totalNano + (credit ?? 0);
}

/** This call and the later ones that its cache serves, each weighed by the chance that the cache lives until then. */
function horizon(session: SessionState, cache: PromptCache): number {
  const alive = 1 - Math.exp(-cache.lifetimeMs / (session.gapMs ?? usualGapMs));
  let sum = 1;
  let weight = 1;
  for (let call = furtherCalls(session); call >= 1; call--) {
    weight *= alive;
    sum += weight;
  }
  return sum;
}

/** Titles and compactions are calls about the conversation, not turns of it; sub-agents have conversations of their own. */
function isUtility({ turn }: Pick<Shape, 'turn'>): boolean {
  return turn === 'title' || turn === 'compaction';
}

/** What a request tells of how far its conversation has come. */
export type TurnSigns = Pick<Shape, 'userTurns' | 'askChars' | 'messages'>;

/** The home of a conversation after it was answered. */
export function homeAfter(
  signs: TurnSigns,
  { candidate, deployment }: Pick<SessionHome, 'candidate' | 'deployment'>,
  past: SessionHome | undefined,
): SessionHome {
  const { userTurns, askChars, messages } = signs;
  const before = past !== undefined && isSameAsk(signs, past) ? past : undefined;
  const again = before !== undefined && !isFurther(signs, before);
  return {
    candidate,
    deployment,
    userTurns,
    askChars,
    messages,
    repeats: (before?.repeats ?? 0) + Number(again),
  };
}

/** As far as counts tell: no text of earlier turns is kept. */
const isSameAsk = (signs: TurnSigns, home: SessionHome): boolean =>
  signs.userTurns === home.userTurns && (home.askChars === undefined || signs.askChars === home.askChars);

/** Something was added since the ask was answered: a tool's result, the beginning of an answer. */
const isFurther = ({ messages }: TurnSigns, home: SessionHome): boolean =>
  messages !== undefined && home.messages !== undefined && messages > home.messages;

/**
 * So often an ask that is sent again is taken for one that was not answered well. Programs that send one request over and over, or many that begin
 * alike, are not asking again: they would hold a model for ever, whatever became of the budget.
 */
export const repeatsHeldMax = 3;

/** The user has asked something new: the one moment at which a conversation may go on with a lesser model. */
export function downgradeAllowed(shape: Shape, session: SessionState | undefined): boolean {
  const home = session?.home;
  if (home === undefined || isUtility(shape)) return true;
  if (shape.openToolLoop || shape.turn === 'tool-result') return false;
  if (!isSameAsk(shape, home)) return true;
  return !isFurther(shape, home) && (home.repeats ?? 0) >= repeatsHeldMax;
}

/**
 * Refuses candidates less able than the one that serves the conversation where no new ask has come: a retry, a continued answer, a loop whose
 * end was not recognised. Better ones, and the reference, may step in at any time that the locks leave them.
 */
export function lesserInSession(estimates: CandidateEstimate[], input: DecideInput): Exclusion[] {
  const { session, mode, reference } = input;
  if (mode === 'named' || downgradeAllowed(input.reading.shape, session)) return [];
  const home = estimates.find(({ candidate }) => candidate === session?.home?.candidate);
  if (home === undefined) return [];
  return estimates
    .filter(({ candidate, quality }) => candidate !== reference.id && quality.mean < home.quality.mean)
    .map(({ candidate }) => ({
      candidate,
      stage: 'session',
      rule: 'session.downgrade',
      why: `${home.candidate} serves this conversation and is expected to answer better; with the user's next ask this one is eligible again`,
    }));
}
