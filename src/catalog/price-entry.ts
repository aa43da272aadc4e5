import { picoUsdPerToken } from '../std/index.ts';
import { minuteOfDay, type PriceEntry, type SourceReference } from './data-file.ts';
import { type DatedRate, picoFromUnits } from './exchange-rate.ts';
import type { FactSource } from './model.ts';
import type { Conversion, PriceRow } from './price.ts';

interface EntryContext {
  cite(reference: SourceReference): FactSource;
  /** Of the entry's currency, in order of time; empty for USD. */
  rates: DatedRate[];
  origin: 'operator' | 'shipped';
  /** The entry in words, for errors. */
  where: string;
}

/**
 * Turns an entry of a file into rows. A price in USD is one row. A price in another currency is one row for each exchange rate that
 * held while the price did: usage is then billed at the rate of its own day, and old records stay what they were. Before the first
 * rate the price is unknown.
 */
export function priceRows(entry: PriceEntry, context: EntryContext): PriceRow[] {
  if (entry.currency === undefined || entry.currency === 'USD') {
    return [rowOf(entry, context, picoUsdPerToken, { from: entry.from, to: entry.to ?? undefined })];
  }
  const { currency } = entry;
  if (context.rates.length === 0) {
    throw new Error(`${context.where}: it is in ${currency}, so \`rates\` needs a row for ${currency}`);
  }
  const rows: PriceRow[] = [];
  for (const [index, rate] of context.rates.entries()) {
    const from = laterOf(entry.from, rate.from);
    const to = earlierOf(entry.to ?? undefined, context.rates[index + 1]?.from);
    if (to !== undefined && Date.parse(from) >= Date.parse(to)) continue;
    const converted = { currency, usdPerUnit: rate.usd, from: rate.from, source: rate.source.source };
    const toPico = (units: number) => picoFromUnits(units, rate.usd);
    rows.push(rowOf(entry, context, toPico, { from, to, converted }));
  }
  return rows;
}

function rowOf(
  entry: PriceEntry,
  { cite, origin }: EntryContext,
  toPico: (perMillion: number) => number,
  span: { from: string; to: string | undefined; converted?: Conversion },
): PriceRow {
  const optional = (figure: number | undefined) => (figure === undefined ? undefined : toPico(figure));
  const { source, asOf } = cite(entry.source);
  // Field by field: this runs for every row at each start, and spreading an object of twenty fields costs several times as much.
  return {
    source,
    asOf,
    model: entry.model,
    vendor: entry.vendor,
    region: entry.region ?? undefined,
    from: span.from,
    to: span.to,
    inputTokensAbove: entry.inputTokensAbove ?? 0,
    inputTokensUpTo: entry.inputTokensUpTo,
    outputTokensUpTo: entry.outputTokensUpTo,
    minutesUtc: entry.hoursUtc?.map(([start, end]) => [minuteOfDay(start), minuteOfDay(end)]),
    weekdaysUtc: entry.weekdaysUtc,
    input: toPico(entry.input),
    output: toPico(entry.output),
    outputThinking: optional(entry.outputThinking),
    cacheRead: optional(entry.cacheRead),
    cacheWrite: optional(entry.cacheWrite),
    cacheWrite1h: optional(entry.cacheWrite1h),
    // A price per 1M tokens in pico-USD a token is a millionth of that for a single call.
    perRequest: entry.perRequest === undefined ? undefined : toPico(entry.perRequest) * 1_000_000,
    converted: span.converted,
    evidence: entry.evidence?.map(({ source: other, ...figures }) => ({ ...figures, ...cite(other) })),
    origin,
    note: entry.note,
  };
}

function laterOf(a: string, b: string): string {
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

function earlierOf(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) <= Date.parse(b) ? a : b;
}
