const bucketCount = 10;

export interface CallWindow {
  add(nowMs: number, failed: boolean): void;
  counts(nowMs: number): { calls: number; failures: number };
  clear(): void;
}

/** Counts of the last ten buckets of time, in fixed space. */
export function createCallWindow(windowMs: number): CallWindow {
  const bucketMs = windowMs / bucketCount;
  const calls = new Array<number>(bucketCount).fill(0);
  const failures = new Array<number>(bucketCount).fill(0);
  let newest = Number.NEGATIVE_INFINITY;

  function advance(nowMs: number): void {
    const bucket = Math.floor(nowMs / bucketMs);
    if (bucket <= newest) return;
    for (let stale = Math.max(newest + 1, bucket - bucketCount + 1, 0); stale <= bucket; stale++) {
      calls[stale % bucketCount] = 0;
      failures[stale % bucketCount] = 0;
    }
    newest = bucket;
  }

  return {
    add(nowMs, failed) {
      advance(nowMs);
      const at = newest % bucketCount;
      calls[at] = calls[at]! + 1;
      if (failed) failures[at] = failures[at]! + 1;
    },
    counts(nowMs) {
      advance(nowMs);
      const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
      return { calls: sum(calls), failures: sum(failures) };
    },
    clear() {
      calls.fill(0);
      failures.fill(0);
    },
  };
}
