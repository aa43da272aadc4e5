import type { RateLimits } from '../../providers/index.ts';

const bucketMs = 1_000;
/** A minute and the second under way: what happened in a bucket is forgotten only when all of it is a minute old. */
const bucketCount = 61;

/** A call that was counted, for when its tokens are known. */
export interface Counted {
  bucket: number;
  tokens: number;
}

/**
 * Requests and tokens of the last minute, in fixed space. Never more than the limit in any minute, where a bucket that refills would let
 * twice as many through: the vendor counts too, and answers 429.
 */
export class RateWindow {
  private readonly requests = new Array<number>(bucketCount).fill(0);
  private readonly tokens = new Array<number>(bucketCount).fill(0);
  private newest = Number.NEGATIVE_INFINITY;

  /** Milliseconds until a call with so many tokens fits; 0 when it does now. One larger than the limit waits until nothing else counts. */
  waitMs(limits: RateLimits, tokens: number, nowMs: number): number {
    this.advance(nowMs);
    return Math.max(
      this.waitFor(this.requests, limits.requestsPerMinute, 1, nowMs),
      this.waitFor(this.tokens, limits.tokensPerMinute, tokens, nowMs),
    );
  }

  count(tokens: number, nowMs: number): Counted {
    this.advance(nowMs);
    const at = this.newest % bucketCount;
    this.requests[at] = this.requests[at]! + 1;
    this.tokens[at] = this.tokens[at]! + tokens;
    return { bucket: this.newest, tokens };
  }

  /** Puts what a call really took in the place of what was expected. */
  correct(counted: Counted, tokens: number): void {
    if (this.newest - counted.bucket >= bucketCount) return;
    const at = counted.bucket % bucketCount;
    this.tokens[at] = Math.max(0, this.tokens[at]! + tokens - counted.tokens);
  }

  private waitFor(counts: number[], limit: number | undefined, need: number, nowMs: number): number {
    if (limit === undefined) return 0;
    let used = 0;
    for (const count of counts) used += count;
    if (used === 0 || used + need <= limit) return 0;
    const oldest = Math.max(0, this.newest - bucketCount + 1);
    for (let bucket = oldest; bucket <= this.newest; bucket++) {
      used -= counts[bucket % bucketCount]!;
      if (used === 0 || used + need <= limit) return (bucket + bucketCount) * bucketMs - nowMs;
    }
    return bucketCount * bucketMs;
  }

  private advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / bucketMs);
    if (bucket <= this.newest) return;
    for (let stale = Math.max(this.newest + 1, bucket - bucketCount + 1, 0); stale <= bucket; stale++) {
      this.requests[stale % bucketCount] = 0;
      this.tokens[stale % bucketCount] = 0;
    }
    this.newest = bucket;
  }
}
