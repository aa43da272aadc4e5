import type { RateState } from './limits.ts';

const minuteMs = 60_000;

/**
 * Requests per minute as a bucket: it holds one minute's worth, so an idle key may send them at once, and refills evenly. In any
 * window of a minute at most the bucket and its refill pass. Times are monotonic: setting the clock neither
 * frees nor blocks anybody.
 */
export class TokenBucket {
  #level: number;
  #limit: number;
  #atMs: number;

  constructor(limit: number, nowMs: number) {
    this.#limit = limit;
    this.#level = limit;
    this.#atMs = nowMs;
  }

  /** Takes one. Returns 0, or how long to wait for the next when there is none. */
  take(limit: number, nowMs: number): number {
    this.#refill(limit, nowMs);
    if (this.#level >= 1) {
      this.#level -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - this.#level) * minuteMs) / limit));
  }

  state(limit: number, nowMs: number): RateState {
    this.#refill(limit, nowMs);
    return {
      limit,
      remaining: Math.floor(this.#level),
      resetMs: Math.ceil(((limit - this.#level) * minuteMs) / limit),
    };
  }

  isFull(nowMs: number): boolean {
    this.#refill(this.#limit, nowMs);
    return this.#level === this.#limit;
  }

  /** A changed limit takes effect at once; what was used up before stays used up. */
  #refill(limit: number, nowMs: number): void {
    if (limit !== this.#limit) {
      this.#level = Math.max(0, this.#level + limit - this.#limit);
      this.#limit = limit;
    }
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(limit, this.#level + (elapsedMs * limit) / minuteMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }
}
