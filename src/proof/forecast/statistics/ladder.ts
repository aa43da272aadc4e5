import type { ForecastRow } from './row.ts';

/** Rungs of a forecast's ladder: enough for a curve, few enough to be estimated together. */
const rungsMax = 20;

/** Of the last rung: no request is too good for a cheaper candidate. A forecast is written as JSON, which has no infinity. */
const anyLoss = 1e9;

/** Whom each rung would call for each row: the index of the option, −1 for the reference. */
export interface Ladder {
  allowances: number[];
  /** Per rung, one entry a row. */
  picks: Int16Array[];
}

/**
 * Nested policies from careful to liberal. The allowances are quantiles over the rows of the allowance from which on a row goes to a cheaper
 * candidate at all, so that each rung sends a known share there; the last one sends everything that saves at all.
 */
export function ladderOf(rows: readonly ForecastRow[], rungs = rungsMax): Ladder {
  const flips = rows.flatMap((row) => flipOf(row) ?? []).sort((a, b) => a - b);
  const allowances: number[] = [];
  for (let rung = 1; rung < rungs && flips.length > 0; rung++) {
    const flip = flips[Math.ceil((rung / rungs) * flips.length) - 1]!;
    // Strictly above the flip, or the row that defines the rung would not take it.
    const allowance = flip + Math.max(Math.abs(flip) * 1e-9, 1e-9);
    if (allowance > (allowances.at(-1) ?? Number.NEGATIVE_INFINITY)) allowances.push(allowance);
  }
  if (flips.length > 0) allowances.push(anyLoss);
  return { allowances, picks: allowances.map((allowance) => picksAt(rows, allowance)) };
}

/** The option with the most of allowance × saved USD − expected loss per row, the reference where none has more than nothing. */
export function picksAt(rows: readonly ForecastRow[], allowance: number): Int16Array {
  return Int16Array.from(rows, ({ options }) => {
    let best = -1;
    let most = 0;
    for (const [at, option] of options.entries()) {
      if (option.savedUsd <= 0) continue;
      const worth = allowance * option.savedUsd - option.loss;
      if (worth <= most) continue;
      most = worth;
      best = at;
    }
    return best;
  });
}

/** The allowance from which on the row goes to a cheaper candidate; undefined where none is cheaper. */
export function flipOf({ options }: ForecastRow): number | undefined {
  let least: number | undefined;
  for (const { savedUsd, loss } of options) {
    if (savedUsd <= 0) continue;
    const at = loss / savedUsd;
    if (least === undefined || at < least) least = at;
  }
  return least;
}
