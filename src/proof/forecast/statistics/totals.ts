import type { ForecastRow } from './row.ts';

/** What one rung does to the rows, by what was expected. */
export interface RungTotals {
  cheapShare: number;
  /** Mean loss per request. */
  loss: number;
  /** Share of the reference's cost that is saved. */
  saving: number;
}

export function totalsOf(rows: readonly ForecastRow[], picks: Int16Array): RungTotals {
  let cheap = 0;
  let loss = 0;
  let saved = 0;
  let reference = 0;
  for (const [i, row] of rows.entries()) {
    reference += row.referenceUsd;
    const option = row.options[picks[i]!];
    if (option === undefined) continue;
    cheap += 1;
    loss += option.loss;
    saved += row.referenceUsd - option.usd;
  }
  const n = Math.max(1, rows.length);
  return { cheapShare: cheap / n, loss: loss / n, saving: reference > 0 ? saved / reference : 0 };
}

/** Deviation of each row's saving from the ratio: its mean over a sample is, to first order, the error of the ratio there. */
export function savingDeviations(
  rows: readonly ForecastRow[],
  picks: Int16Array,
  saving: number,
): Float64Array {
  const meanReference =
    rows.reduce((sum, { referenceUsd }) => sum + referenceUsd, 0) / Math.max(1, rows.length);
  return Float64Array.from(rows, ({ referenceUsd, options }, i) => {
    const option = options[picks[i]!];
    const saved = option === undefined ? 0 : referenceUsd - option.usd;
    return meanReference > 0 ? (saved - saving * referenceUsd) / meanReference : 0;
  });
}

export function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
}

/** How many times larger the variance of a mean is because requests of one session go together; at least 1. */
export function designEffect(rows: readonly ForecastRow[], values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const sums = new Map<string, number>();
  let squares = 0;
  for (const [i, { session }] of rows.entries()) {
    const deviation = values[i]! - mean;
    squares += deviation * deviation;
    sums.set(session, (sums.get(session) ?? 0) + deviation);
  }
  if (squares <= 0) return 1;
  const clustered = [...sums.values()].reduce((sum, each) => sum + each * each, 0);
  return Math.max(1, clustered / squares);
}
