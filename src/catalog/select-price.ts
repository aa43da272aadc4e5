import type { PriceRow } from './price.ts';
import { endOf, isTimed, startOf } from './price-overlap.ts';

/** What decides which price holds for a request. */
export interface PriceQuestion {
  atMs: number;
  /** All input tokens of the request, cached or not: the tier they reach prices every token of it. */
  inputTokens: number;
  /** All output tokens, once they are known. Undefined = not yet: a discount for short answers does not count. */
  outputTokens?: number | undefined;
  /** Region of the provider; undefined where it has none. */
  region: string | undefined;
}

/**
 * The row that prices a request, or undefined when the price is unknown, which is never free. Of the rows that hold, the
 * operator's come before shipped ones, a region's own before those for every region, the highest tier reached before lower
 * ones, a discount for short answers before none, hours before none, and a later start before an earlier.
 */
export function selectPrice(rows: PriceRow[], question: PriceQuestion): PriceRow | undefined {
  let best: PriceRow | undefined;
  for (const row of rows) {
    if (holds(row, question) && (best === undefined || compare(row, best) > 0)) best = row;
  }
  if (best?.inputTokensUpTo !== undefined && question.inputTokens > best.inputTokensUpTo) return undefined;
  return best;
}

function holds(row: PriceRow, { atMs, inputTokens, outputTokens, region }: PriceQuestion): boolean {
  if (row.region !== undefined && row.region !== region) return false;
  if (row.inputTokensAbove > 0 && inputTokens <= row.inputTokensAbove) return false;
  if (row.outputTokensUpTo !== undefined && (outputTokens ?? Infinity) > row.outputTokensUpTo) return false;
  if (atMs < startOf(row) || atMs >= endOf(row)) return false;
  return !isTimed(row) || isInHours(row, new Date(atMs));
}

function isInHours(row: PriceRow, at: Date): boolean {
  if (row.weekdaysUtc !== undefined && !row.weekdaysUtc.includes(at.getUTCDay())) return false;
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  return (
    row.minutesUtc === undefined || row.minutesUtc.some(([start, end]) => start <= minute && minute < end)
  );
}

function compare(a: PriceRow, b: PriceRow): number {
  return (
    Number(a.origin === 'operator') - Number(b.origin === 'operator') ||
    Number(a.region !== undefined) - Number(b.region !== undefined) ||
    a.inputTokensAbove - b.inputTokensAbove ||
    shortness(a) - shortness(b) ||
    Number(isTimed(a)) - Number(isTimed(b)) ||
    startOf(a) - startOf(b)
  );
}

/** The narrower a discount's limit, the sooner it counts. */
function shortness(row: PriceRow): number {
  return row.outputTokensUpTo === undefined ? 0 : 1 / row.outputTokensUpTo;
}
