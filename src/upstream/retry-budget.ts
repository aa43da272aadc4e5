export interface RetryBudgetOptions {
  /** Retries under way, as a share of the requests in flight. */
  share: number;
  /** Retries always allowed at once, so that a quiet gateway retries too. */
  floor: number;
}

/**
 * Caps what retries add to an outage. A failing upstream makes every client call again, often up to thirty times; without a
 * common budget our own retries would multiply that.
 */
export interface RetryBudget {
  /** A client's request begins; pair with `requestEnded`. */
  requestBegan(): void;
  requestEnded(): void;
  /** True if a retry may run now; then `release` must follow when it is over. */
  tryAcquire(): boolean;
  release(): void;
  readonly snapshot: RetryBudgetSnapshot;
}

interface RetryBudgetSnapshot {
  inFlight: number;
  retrying: number;
  /** Retries refused since the start. */
  refused: number;
}

export function createRetryBudget(options: RetryBudgetOptions = { share: 0.2, floor: 3 }): RetryBudget {
  let inFlight = 0;
  let retrying = 0;
  let refused = 0;
  return {
    requestBegan() {
      inFlight += 1;
    },
    requestEnded() {
      inFlight = Math.max(0, inFlight - 1);
    },
    tryAcquire() {
      if (retrying >= Math.max(options.floor, Math.floor(inFlight * options.share))) {
        refused += 1;
        return false;
      }
      retrying += 1;
      return true;
    },
    release() {
      retrying = Math.max(0, retrying - 1);
    },
    get snapshot() {
      return { inFlight, retrying, refused };
    },
  };
}
