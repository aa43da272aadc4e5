import type { Timers } from './timers.ts';

/** The client's departure, as the execution sees it. */
export interface Cancellation {
  readonly cancelled: boolean;
  onCancel(listener: () => void): void;
}

/** Resolves after `ms`, or when the client leaves. */
export function pause(ms: number, timers: Timers, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const stop = timers.after(ms, resolve);
    cancellation.onCancel(() => {
      stop();
      resolve();
    });
  });
}

/** Undefined when the client left first. */
export function orCancelled<Outcome>(
  outcome: Promise<Outcome>,
  cancellation: Cancellation,
): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    cancellation.onCancel(() => resolve(undefined));
    outcome.then(resolve, reject);
  });
}
