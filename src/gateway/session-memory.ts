import type { Usage } from '../protocol/index.ts';
import type { PromptCache } from '../providers/index.ts';
import { homeAfter, type SessionState, type Shape, type TurnSigns, type WarmPlace } from '../router/index.ts';

/** What of a request tells its conversation. */
type ConversationSigns = TurnSigns &
  Pick<Shape, 'sessionKey' | 'conversationKey' | 'turn' | 'openToolLoop' | 'providerBoundState'>;

/** Who answered, and what that leaves in the cache there. */
export interface Served {
  candidate: string;
  deployment: string;
  /** Undefined where it could not be learned or estimated. */
  usage: Usage | undefined;
  /** Undefined where nothing is declared of the vendor's cache. */
  cache: PromptCache | undefined;
}

interface Conversation {
  home: SessionState['home'];
  /** Latest use last. */
  warm: WarmPlace[];
  calls: number;
  gapMs: number | undefined;
  atMs: number;
}

export const conversationsMax = 20_000;
/** More deployments than a conversation goes to and fro between. */
export const warmPlacesMax = 6;
/** A conversation that rested longer starts anew: its locks are over, and so is every cache that is not on disk. */
export const restMsMax = 3_600_000;
/** Weight of the newest gap between calls in their mean. */
const gapWeight = 0.3;

/**
 * Remembers where conversations live and which deployments hold their prefixes, bounded: the longest unused is forgotten first. A
 * conversation is told by its session and by how it begins, so that the sub-agents and title calls of one client session are not
 * taken for turns of its main conversation.
 */
export class SessionMemory {
  readonly #conversations = new Map<string, Conversation>();
  /** The main conversation of each session that used it last: where one's beginning was rewritten, its loops go on there. */
  readonly #latest = new Map<string, string>();

  stateOf(signs: ConversationSigns, nowMs: number): SessionState | undefined {
    const own = this.#fresh(keyOf(signs), nowMs);
    if (own !== undefined) {
      const { home, warm, calls, gapMs } = own;
      return { home, warm: [...warm], calls, gapMs };
    }
    // Only what must not be separated follows a rewritten beginning; its prefix is cold wherever it goes.
    if (!signs.openToolLoop && !signs.providerBoundState) return undefined;
    const latest = this.#latest.get(signs.sessionKey);
    const home = latest === undefined ? undefined : this.#fresh(latest, nowMs)?.home;
    return home === undefined ? undefined : { home, warm: [], calls: 0, gapMs: undefined };
  }

  /** A utility call leaves its prompt in a cache but never moves the conversation. */
  served(signs: ConversationSigns, served: Served, nowMs: number): void {
    this.#note(signs, served, { isTurn: signs.turn !== 'title' && signs.turn !== 'compaction', nowMs });
  }

  /** An answer that was not given out: its maker read the prompt all the same. */
  warmed(signs: ConversationSigns, served: Served, nowMs: number): void {
    this.#note(signs, served, { isTurn: false, nowMs });
  }

  #note(
    signs: ConversationSigns,
    served: Served,
    { isTurn, nowMs }: { isTurn: boolean; nowMs: number },
  ): void {
    const key = keyOf(signs);
    const past = this.#fresh(key, nowMs);
    touch(this.#conversations, key, {
      home: isTurn ? homeAfter(signs, served, past?.home) : past?.home,
      warm: warmAfter(past?.warm ?? [], served, nowMs),
      calls: (past?.calls ?? 0) + (isTurn ? 1 : 0),
      gapMs: isTurn && past !== undefined && past.calls > 0 ? gapAfter(past, nowMs) : past?.gapMs,
      atMs: isTurn ? nowMs : (past?.atMs ?? nowMs),
    });
    if (isTurn && signs.turn !== 'sub-agent') touch(this.#latest, signs.sessionKey, key);
  }

  get size(): number {
    return this.#conversations.size;
  }

  #fresh(key: string, nowMs: number): Conversation | undefined {
    const conversation = this.#conversations.get(key);
    return conversation === undefined || nowMs - conversation.atMs > restMsMax ? undefined : conversation;
  }
}

function keyOf({ sessionKey, conversationKey }: ConversationSigns): string {
  return conversationKey === undefined ? sessionKey : `${sessionKey} ${conversationKey}`;
}

/** Moves the entry to the end, and lets the first go where there are too many. */
function touch<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= conversationsMax) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}

function warmAfter(warm: WarmPlace[], served: Served, nowMs: number): WarmPlace[] {
  const { deployment } = served;
  const others = warm.filter((place) => place.deployment !== deployment);
  const place = { deployment, tokens: prefixTokens(served), atMs: nowMs };
  return [...others, place].slice(-warmPlacesMax);
}

/**
 * What the next request can find cached. A vendor that keeps only what is marked says how much that was; elsewhere it is the prompt and the
 * answer, less thinking, which is not sent again.
 */
function prefixTokens({ usage, cache }: Served): number {
  if (usage === undefined) return 0;
  if (cache?.marked === true) return usage.cacheReadTokens + usage.cacheWriteTokens;
  return usage.inputTokens + Math.max(0, usage.outputTokens - usage.reasoningTokens);
}

function gapAfter({ gapMs, atMs }: Conversation, nowMs: number): number {
  const gap = Math.max(0, nowMs - atMs);
  return gapMs === undefined ? gap : gapMs * (1 - gapWeight) + gap * gapWeight;
}
