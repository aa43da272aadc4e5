import type { Principal } from '../identity/index.ts';
import { GatewayError } from '../protocol/index.ts';
import { type Clock, formatUsd, type NanoUsd } from '../std/index.ts';
import { type DayWindow, windowAt } from './day-window.ts';
import type { Admission, Limits, Reservation } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** Nobody knows when a running request ends; clients that wait this long neither hammer nor sleep. */
const concurrencyRetryMs = 1000;
/** Beyond so many keys those at rest are forgotten; they cost nothing to know again. */
const keysKept = 10_000;

export interface MemoryLimitsOptions {
  clock: Clock;
  /** What the key has spent in requests that began at this time or later, from the ledger. */
  spentSince: (keyId: string, fromMs: number) => Promise<bigint>;
  keysKept?: number | undefined;
}

/** Counters of one process. Every check and its change happen in one step, which is what makes them exact. */
export function createMemoryLimits(options: MemoryLimitsOptions): Limits {
  return new MemoryLimits(options);
}

interface Budget {
  window: DayWindow;
  spentNano: bigint;
  heldNano: bigint;
}

interface Usage {
  running: number;
  bucket: TokenBucket | undefined;
  budget: Budget | undefined;
  /** The question to the ledger that is under way; all who need its answer wait for the same one. */
  seeding: Promise<Budget> | undefined;
}

class MemoryLimits implements Limits {
  readonly #clock: Clock;
  readonly #spentSince: MemoryLimitsOptions['spentSince'];
  #usages = new Map<string, Usage>();
  #sweepAt: number;

  constructor(options: MemoryLimitsOptions) {
    this.#clock = options.clock;
    this.#spentSince = options.spentSince;
    this.#sweepAt = options.keysKept ?? keysKept;
  }

  async admitRate(principal: Principal): Promise<Admission> {
    const { requestsPerMinute, concurrentRequests } = principal.limits;
    const nowMs = this.#clock.monotonicMs();
    const usage = this.#usageOf(principal.keyId);

    if (concurrentRequests !== undefined && usage.running >= concurrentRequests) {
      throw new GatewayError(
        'rate_limited',
        `This key may have ${concurrentRequests} requests running at a time, and has. Wait for one to end.`,
        { retryAfterMs: concurrencyRetryMs },
      );
    }
    if (requestsPerMinute !== undefined) {
      usage.bucket ??= new TokenBucket(requestsPerMinute, nowMs);
      const waitMs = usage.bucket.take(requestsPerMinute, nowMs);
      if (waitMs > 0) {
        throw new GatewayError(
          'rate_limited',
          `This key may send ${requestsPerMinute} requests per minute. The next one is admitted in ${Math.ceil(waitMs / 1000)} s.`,
          { retryAfterMs: waitMs },
        );
      }
    }

    usage.running += 1;
    let running = true;
    return {
      rate: requestsPerMinute === undefined ? undefined : usage.bucket?.state(requestsPerMinute, nowMs),
      release() {
        if (!running) return;
        running = false;
        usage.running -= 1;
      },
    };
  }

  async reserve(principal: Principal, worstCaseNano: NanoUsd): Promise<Reservation> {
    let heldNano = worstCase(worstCaseNano);
    const limit = principal.limits.budgetNanoPerDay;
    if (limit === undefined) return unlimited;
    const budget = await this.#budgetOf(principal.keyId);
    hold(budget, heldNano, 0n, BigInt(limit));
    let open = true;
    return {
      async amend(nano) {
        if (!open) throw new Error('a settled reservation cannot be amended');
        const wantedNano = worstCase(nano);
        hold(budget, wantedNano, heldNano, BigInt(limit));
        heldNano = wantedNano;
      },
      async settle(actualNano) {
        if (!open) return;
        open = false;
        budget.heldNano -= heldNano;
        budget.spentNano += isAmount(actualNano) ? BigInt(Math.ceil(actualNano)) : heldNano;
      },
    };
  }

  #usageOf(keyId: string): Usage {
    let usage = this.#usages.get(keyId);
    if (usage === undefined) {
      this.#sweep();
      usage = { running: 0, bucket: undefined, budget: undefined, seeding: undefined };
      this.#usages.set(keyId, usage);
    }
    return usage;
  }

  /** The budget of the window that holds now; the ledger is asked once per key and window. */
  async #budgetOf(keyId: string): Promise<Budget> {
    for (;;) {
      const usage = this.#usageOf(keyId);
      const window = windowAt(this.#clock, usage.budget?.window);
      if (usage.budget?.window === window) return usage.budget;
      usage.seeding ??= this.#seed(keyId, usage, window);
      await usage.seeding;
    }
  }

  async #seed(keyId: string, usage: Usage, window: DayWindow): Promise<Budget> {
    try {
      const spentNano = await this.#spentSince(keyId, window.startMs);
      usage.budget = { window, spentNano, heldNano: 0n };
      return usage.budget;
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      throw new GatewayError(
        'store_unavailable',
        'What this key has spent today cannot be read at the moment.',
        {
          cause,
          detail: String(cause),
        },
      );
    } finally {
      usage.seeding = undefined;
    }
  }

  /** Forgets keys that run nothing and whose bucket is full. One with a budget stays: its last records may not be in the store yet. */
  #sweep(): void {
    if (this.#usages.size < this.#sweepAt) return;
    const nowMs = this.#clock.monotonicMs();
    for (const [keyId, usage] of this.#usages) {
      if (isAtRest(usage, nowMs)) this.#usages.delete(keyId);
    }
    this.#sweepAt = Math.max(this.#sweepAt, this.#usages.size * 2);
  }
}

function isAtRest(usage: Usage, nowMs: number): boolean {
  return (
    usage.running === 0 &&
    usage.seeding === undefined &&
    usage.budget === undefined &&
    (usage.bucket === undefined || usage.bucket.isFull(nowMs))
  );
}

/** The one place where a budget is checked: raises the hold from `heldNano` to `wantedNano`, or throws. */
function hold(budget: Budget, wantedNano: bigint, heldNano: bigint, limitNano: bigint): void {
  const growth = wantedNano - heldNano;
  const leftNano = limitNano - budget.spentNano - budget.heldNano;
  if (growth > 0n && growth > leftNano) {
    const renewal = new Date(budget.window.endMs).toISOString();
    const left = leftNano > 0n ? leftNano : 0n;
    throw new GatewayError(
      'budget_exceeded',
      `This request may cost up to ${formatUsd(wantedNano)} USD, and ${formatUsd(left)} USD are left of this key's budget of ${formatUsd(limitNano)} USD per day (UTC). The budget renews at ${renewal}.`,
    );
  }
  budget.heldNano += growth;
}

const unlimited: Reservation = {
  async amend() {},
  async settle() {},
};

/** What is no amount may be any: it is held as the largest, which no budget has. */
function worstCase(nano: NanoUsd): bigint {
  return BigInt(isAmount(nano) ? Math.ceil(nano) : Number.MAX_SAFE_INTEGER);
}

/** Money is computed from what upstreams report, and they report anything. */
function isAmount(nano: NanoUsd): boolean {
  return nano >= 0 && nano <= Number.MAX_SAFE_INTEGER;
}
