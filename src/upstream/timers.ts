/** Waits of an execution; passed as a parameter so that hours of traffic can be played through in a moment. */
export interface Timers {
  /** Calls back once after `ms`, unless the returned function was called first. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
