import type { Timers } from './timers.ts';

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
  /**
   * As `tryAcquire`, but waits for its turn up to `ms`, first come first served. For a retry that is likely to succeed: what holds it
   * back is the failures of others.
   */
  acquireWithin(ms: number, timers: Timers): Promise<boolean>;
  release(): void;
  readonly snapshot: RetryBudgetSnapshot;
}

interface RetryBudgetSnapshot {
  inFlight: number;
  retrying: number;
  /** Retries refused since the start. */
  refused: number;
}

/** Retries that wait for their turn; more are refused at once. */
const waitingMax = 256;

export function createRetryBudget(options: RetryBudgetOptions = { share: 0.2, floor: 3 }): RetryBudget {
  let inFlight = 0;
  let retrying = 0;
  let refused = 0;
  const waiting = new Set<() => void>();

  const hasRoom = (): boolean => retrying < Math.max(options.floor, Math.floor(inFlight * options.share));

  function admitWaiting(): void {
    for (const admit of [...waiting]) {
      if (!hasRoom()) return;
      retrying += 1;
      waiting.delete(admit);
      admit();
    }
  }

  return {
    requestBegan() {
      inFlight += 1;
      if (waiting.size > 0) admitWaiting();
    },
    requestEnded() {
      inFlight = Math.max(0, inFlight - 1);
    },
    tryAcquire() {
      if (!hasRoom()) {
        refused += 1;
        return false;
      }
      retrying += 1;
      return true;
    },
    acquireWithin(ms, timers) {
      if (waiting.size >= waitingMax) {
        refused += 1;
        return Promise.resolve(false);
      }
      return new Promise((resolve) => {
        const admit = (): void => {
          stop();
          resolve(true);
        };
        const stop = timers.after(ms, () => {
          waiting.delete(admit);
          refused += 1;
          resolve(false);
        });
        waiting.add(admit);
        admitWaiting();
      });
    },
    release() {
      retrying = Math.max(0, retrying - 1);
      admitWaiting();
    },
    get snapshot() {
      return { inFlight, retrying, refused };
    },
  };
}
