import { type PriceField, priceFields, type QuotedTier } from './offer.ts';

/** More spread than this between the highest and the lowest figure is a conflict: sources round, but not that much. */
const spreadMax = 0.1;
/** A figure this many times off the median of the sources is taken for a mistake. */
const outlierRatio = 5;

/** What one source says the tiers of one place (model, vendor, region) cost. */
export interface Quote {
  source: string;
  asOf: string;
  tiers: QuotedTier[];
}

export interface QuotedValue {
  source: string;
  asOf: string;
  usdPerMillion: number;
}

/** Sources that cannot all be right about one figure. */
export interface Finding {
  place: string;
  inputTokensAbove: number;
  field: PriceField;
  /** `free`: some say zero. `outlier`: one is five times off the others. `spread`: they are more than 10 % apart. `inverted`: output is cheaper than input. */
  kind: 'spread' | 'outlier' | 'free' | 'inverted';
  /** Highest by lowest; undefined where one is zero. */
  ratio: number | undefined;
  values: QuotedValue[];
  /** The figures that are far from the median of three or more. */
  suspects: string[];
  /** What the pattern of the figures suggests, in words. */
  diagnosis: string;
}

/**
 * Compares what several sources say about one place. It decides nothing: it says where they cannot all be right, and what the
 * likely slip is. Pure.
 */
export function reconcile(place: string, quotes: Quote[]): Finding[] {
  const findings: Finding[] = [];
  const sizes = [...new Set(quotes.flatMap(({ tiers }) => tiers.map((tier) => tier.inputTokensAbove)))];
  for (const above of sizes.sort((a, b) => a - b)) {
    const rows = quotes.flatMap(({ source, asOf, tiers }) => {
      const tier = tierFor(tiers, above);
      return tier === undefined ? [] : [{ source, asOf, tier }];
    });
    const swapped = isSwapped(rows.map(({ tier }) => tier));
    for (const field of priceFields) {
      const values = rows.flatMap(({ source, asOf, tier }) => {
        const usdPerMillion = tier[field];
        return usdPerMillion === undefined ? [] : [{ source, asOf, usdPerMillion }];
      });
      const found = compare(values);
      if (found === undefined) continue;
      const diagnosis =
        swapped && (field === 'input' || field === 'output')
          ? 'One source’s input is another’s output: the two may be swapped.'
          : (tierless(rows, above) ?? found.diagnosis);
      findings.push({ place, inputTokensAbove: above, field, ...found, diagnosis });
    }
    for (const { source, asOf, tier } of rows) {
      if (tier.inputTokensAbove !== above || tier.output === 0 || tier.output >= tier.input) continue;
      findings.push({
        place,
        inputTokensAbove: above,
        field: 'output',
        kind: 'inverted',
        ratio: undefined,
        values: [{ source, asOf, usdPerMillion: tier.output }],
        suspects: [source],
        diagnosis: 'Output is cheaper than input, which no vendor does: the two may be swapped.',
      });
    }
  }
  return findings;
}

/** A source without a tier of its own for a size says that the one below goes on. */
function tierFor(tiers: QuotedTier[], above: number): QuotedTier | undefined {
  return tiers
    .filter((each) => each.inputTokensAbove <= above)
    .reduce<QuotedTier | undefined>(
      (best, each) => (best === undefined || each.inputTokensAbove > best.inputTokensAbove ? each : best),
      undefined,
    );
}

function tierless(rows: { source: string; tier: QuotedTier }[], above: number): string | undefined {
  const without = rows.filter(({ tier }) => tier.inputTokensAbove !== above).map(({ source }) => source);
  return without.length === 0
    ? undefined
    : `${without.join(' and ')} knows no dearer tier above ${above} input tokens.`;
}

type Comparison = Omit<Finding, 'place' | 'inputTokensAbove' | 'field'>;

function compare(values: QuotedValue[]): Comparison | undefined {
  if (values.length < 2) return undefined;
  const figures = values.map(({ usdPerMillion }) => usdPerMillion);
  const low = Math.min(...figures);
  const high = Math.max(...figures);
  if (high === 0) return undefined;
  if (low === 0) {
    const diagnosis = 'Some sources say it is free: a promotion, a free tier, or a price they do not know.';
    return { kind: 'free', ratio: undefined, values, suspects: [], diagnosis };
  }
  const ratio = high / low;
  if (ratio <= 1 + spreadMax) return undefined;
  const middle = median(figures);
  const suspects =
    values.length < 3
      ? []
      : values
          .filter(({ usdPerMillion: usd }) => Math.max(usd / middle, middle / usd) >= outlierRatio)
          .map(({ source }) => source);
  const kind = suspects.length > 0 || ratio >= outlierRatio ? 'outlier' : 'spread';
  return { kind, ratio, values, suspects, diagnosis: diagnosisOf(ratio, values) };
}

/** The order of magnitude of the ratio tells unit slips and currencies from prices that moved. */
function diagnosisOf(ratio: number, values: QuotedValue[]): string {
  if (within(ratio, 1000))
    return 'A factor of 1,000: a price per 1K tokens taken for one per 1M, or the reverse.';
  if (within(ratio, 1_000_000)) return 'A factor of a million: a price per token taken for one per 1M.';
  if (within(ratio, 100)) return 'A factor of 100: cents taken for dollars.';
  if (ratio >= 6.2 && ratio <= 7.6) return 'A factor of about 7: yuan taken for dollars.';
  const dates = [...new Set(values.map(({ asOf }) => asOf))].sort();
  return dates.length > 1
    ? `The price may have changed between ${dates[0]} and ${dates.at(-1)}.`
    : 'Read on the same day: another region, another service tier, or a stale figure.';
}

/** Two sources disagree in a factor while each may be off by its own rounding. */
function within(ratio: number, factor: number): boolean {
  return ratio > factor / (1 + 2 * spreadMax) && ratio < factor * (1 + 2 * spreadMax);
}

function isSwapped(tiers: QuotedTier[]): boolean {
  const close = (a: number, b: number) => a > 0 && b > 0 && Math.max(a / b, b / a) <= 1 + spreadMax;
  return tiers.some((one) =>
    tiers.some(
      (other) =>
        one !== other &&
        close(one.input, other.output) &&
        close(one.output, other.input) &&
        !close(one.input, one.output),
    ),
  );
}

function median(figures: number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
