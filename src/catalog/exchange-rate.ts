import type { FactSource } from './model.ts';

/** What a unit of a currency is worth from a date on. */
export interface DatedRate {
  usd: number;
  /** ISO date, inclusive. */
  from: string;
  source: FactSource;
  origin: 'operator' | 'shipped';
}

/**
 * The rates of one currency in order of time. From the first rate that the operator gives, only the operator's count: whoever
 * keeps a rate of their own (a bank's, a contract's) wants no other between two of them. Throws an Error for two on one day.
 */
export function rateTimeline(currency: string, rates: DatedRate[]): DatedRate[] {
  const ordered = rates.toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from));
  const own = ordered.find((rate) => rate.origin === 'operator');
  const timeline = ordered.filter(
    (rate) => rate.origin === 'operator' || own === undefined || Date.parse(rate.from) < Date.parse(own.from),
  );
  const double = timeline.find((rate, index) => rate.from === timeline[index - 1]?.from);
  if (double !== undefined) throw new Error(`there are two rates of ${currency} from ${double.from}`);
  return timeline;
}

/**
 * Converts a list price per 1M tokens to pico-USD a token, rounded half up. Both figures are taken as decimals of at most six
 * places and multiplied as integers, so that no binary fraction gets into a bill.
 */
export function picoFromUnits(unitsPerMillion: number, usdPerUnit: number): number {
  const product = millionths(unitsPerMillion) * millionths(usdPerUnit);
  return Number((product + 500_000n) / 1_000_000n);
}

function millionths(value: number): bigint {
  return BigInt(Math.round(value * 1_000_000));
}
