/** A stretch of time. */
export interface Period {
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
}

/** A month of UTC, given as `YYYY-MM`. */
export function periodOf(month: string): Period {
  const year = Number(month.slice(0, 4));
  const index = Number(month.slice(5, 7)) - 1;
  return { fromMs: Date.UTC(year, index), toMs: Date.UTC(year, index + 1) };
}
