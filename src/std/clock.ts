/** Where time comes from. Passed as a parameter so that decisions and windows can be replayed and tested. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the operator sets the machine's clock. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations and timers. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
