/** How fast what a key did is forgotten: its share is about that of the last hour and a half. */
const windowMs = 5_400_000;
/** Requests of a key before its share says anything. */
const requestsMin = 20;
/** A key may be above what the other keys show by this much, whatever the option says. */
const marginOverOthers = 0.1;
/** Over its cap by so much, a key gets no upgrade at all; in between the price of quality falls in proportion. */
const band = 0.1;
/** Keys that are remembered; the longest unused is forgotten first, and starts anew. */
const keysMax = 10_000;
/** Candidates of a route that are counted. */
const candidatesMax = 64;
/** Requests of one key after which more of them say little about what is usual on the route. */
const voteHalf = 100;

/** A key that takes more upgrades than it may: its decisions trade at a lower price of quality. */
export interface CappedKey {
  /** Share of its recent requests that went to a candidate dearer than the route's usual choice. */
  share: number;
  max: number;
  /** What the price of quality is multiplied by, 0..1; at 0 the cheapest acceptable candidate answers. */
  lambdaFactor: number;
}

/** What was chosen for a request, and what else could have been. */
export interface CountedChoice {
  chosen: string;
  /** Expected costs; options without a known price are left out. */
  options: readonly { id: string; costNano: number }[];
}

interface KeyCounts {
  atMs: number;
  requests: number;
  upgrades: number;
}

/**
 * Protects a route from keys that talk the router into dear candidates, by a phrase or a prefix that looks difficult. It counts, per key and for
 * about an hour and a half, how many requests went to a candidate dearer than what the route usually chooses. What is usual is
 * learned with little weight on further requests of one key, so that nobody makes the dear candidate the usual one by volume.
 */
export class UpgradeCap {
  private readonly keys = new Map<string, KeyCounts>();
  private readonly all: KeyCounts = { atMs: 0, requests: 0, upgrades: 0 };
  private readonly votes = new Map<string, number>();
  private votesAtMs = 0;

  /** Undefined while the key is within its cap. `shareMax` is the operator's: the share that no key is held back below. */
  verdict(keyId: string, shareMax: number, nowMs: number): CappedKey | undefined {
    const key = this.keys.get(keyId);
    if (key === undefined) return undefined;
    decay(key, nowMs);
    decay(this.all, nowMs);
    if (key.requests < requestsMin) return undefined;
    const share = key.upgrades / key.requests;
    const others = this.all.requests - key.requests;
    const theirs = others < requestsMin ? 0 : Math.max(0, this.all.upgrades - key.upgrades) / others;
    const max = Math.min(1, Math.max(shareMax, theirs + marginOverOthers));
    if (share <= max) return undefined;
    return { share, max, lambdaFactor: Math.max(0, 1 - (share - max) / band) };
  }

  /** A decision of the key was carried out. */
  note(keyId: string, choice: CountedChoice, nowMs: number): void {
    const usual = this.usual();
    const usualCost = choice.options.find((option) => option.id === usual)?.costNano;
    const cost = choice.options.find((option) => option.id === choice.chosen)?.costNano;
    const upgrade = cost !== undefined && usualCost !== undefined && cost > usualCost ? 1 : 0;
    const key = this.keys.get(keyId) ?? { atMs: nowMs, requests: 0, upgrades: 0 };
    for (const counts of [key, this.all]) {
      decay(counts, nowMs);
      counts.requests += 1;
      counts.upgrades += upgrade;
    }
    this.keys.delete(keyId);
    this.keys.set(keyId, key);
    if (this.keys.size > keysMax) this.keys.delete(this.keys.keys().next().value!);
    this.vote(choice.chosen, voteHalf / (voteHalf + key.requests), nowMs);
  }

  /** What most requests go to; undefined before the first. */
  private usual(): string | undefined {
    let most: string | undefined;
    let votes = 0;
    for (const [id, count] of this.votes) {
      if (count <= votes) continue;
      most = id;
      votes = count;
    }
    return most;
  }

  private vote(chosen: string, weight: number, nowMs: number): void {
    const keep = Math.exp(-Math.max(0, nowMs - this.votesAtMs) / windowMs);
    this.votesAtMs = Math.max(this.votesAtMs, nowMs);
    for (const [id, count] of this.votes) this.votes.set(id, count * keep);
    const count = (this.votes.get(chosen) ?? 0) + weight;
    this.votes.delete(chosen);
    this.votes.set(chosen, count);
    if (this.votes.size > candidatesMax) this.votes.delete(this.votes.keys().next().value!);
  }
}

function decay(counts: KeyCounts, nowMs: number): void {
  const keep = Math.exp(-Math.max(0, nowMs - counts.atMs) / windowMs);
  counts.requests *= keep;
  counts.upgrades *= keep;
  counts.atMs = Math.max(counts.atMs, nowMs);
}
