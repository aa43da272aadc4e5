import type { PriceRow } from './price.ts';
import { endOf, isTimed, startOf } from './price-overlap.ts';

/** What decides which price holds for a request. */
export interface PriceQuestion {
  atMs: number;
  /** All input tokens of the request, cached or not: the tier they reach prices every token of it. */
  inputTokens: number;
  /** Region of the provider; undefined where it has none. */
  region: string | undefined;
}

/**
 * The row that prices a request, or undefined when the price is unknown, which is never free. Of the rows that hold, the
 * operator's come before shipped ones, a region's own before those for every region, the highest tier reached before lower
 * ones, hours before none, and a later start before an earlier.
 */
export function selectPrice(rows: PriceRow[], question: PriceQuestion): PriceRow | undefined {
  let best: PriceRow | undefined;
  for (const row of rows) {
    if (holds(row, question) && (best === undefined || compare(row, best) > 0)) best = row;
  }
  if (best?.inputTokensUpTo !== undefined && question.inputTokens > best.inputTokensUpTo) return undefined;
  return best;
}

function holds(row: PriceRow, { atMs, inputTokens, region }: PriceQuestion): boolean {
  if (row.region !== undefined && row.region !== region) return false;
  if (row.inputTokensAbove > 0 && inputTokens <= row.inputTokensAbove) return false;
  if (atMs < startOf(row) || atMs >= endOf(row)) return false;
  return !isTimed(row) || isInHours(row, new Date(atMs));
}

function isInHours(row: PriceRow, at: Date): boolean {
  if (row.weekdaysUtc !== undefined && !row.weekdaysUtc.includes(at.getUTCDay())) return false;
  const hour = at.getUTCHours();
  return row.hoursUtc === undefined || row.hoursUtc.some(([start, end]) => start <= hour && hour < end);
}

function compare(a: PriceRow, b: PriceRow): number {
  return (
    Number(a.origin === 'operator') - Number(b.origin === 'operator') ||
    Number(a.region !== undefined) - Number(b.region !== undefined) ||
    a.inputTokensAbove - b.inputTokensAbove ||
    Number(isTimed(a)) - Number(isTimed(b)) ||
    startOf(a) - startOf(b)
  );
}
