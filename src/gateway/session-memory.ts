import type { Usage } from '../protocol/index.ts';

/** Which deployment served a conversation last, and how many tokens of it that deployment may still have in its prompt cache. */
export interface SessionPlace {
  deployment: string;
  tokens: number;
}

interface Entry extends SessionPlace {
  atMs: number;
}

const sessionsMax = 20_000;
/** Vendors keep an unused prompt cache for about five minutes. */
const cacheMs = 300_000;
/** A conversation that rested longer starts anew: its locks are over. */
const placeMs = 3_600_000;

/** Remembers where conversations live, bounded: the longest unused is forgotten first. */
export class SessionMemory {
  private readonly entries = new Map<string, Entry>();

  placeOf(session: string, nowMs: number): SessionPlace | undefined {
    const entry = this.entries.get(session);
    if (entry === undefined || nowMs - entry.atMs > placeMs) return undefined;
    return { deployment: entry.deployment, tokens: nowMs - entry.atMs > cacheMs ? 0 : entry.tokens };
  }

  served(session: string, deployment: string, usage: Usage | undefined, nowMs: number): void {
    this.entries.delete(session);
    this.entries.set(session, {
      deployment,
      tokens: usage === undefined ? 0 : usage.inputTokens + usage.outputTokens,
      atMs: nowMs,
    });
    if (this.entries.size <= sessionsMax) return;
    const oldest = this.entries.keys().next().value;
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}
