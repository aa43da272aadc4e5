import type { Ladder } from './ladder.ts';
import { normalQuantile, studentQuantile } from './quantiles.ts';
import type { ForecastRow, RungForecast } from './row.ts';
import { designEffect, savingDeviations, totalsOf, varianceOf } from './totals.ts';

/**
 * How far off the router was on benchmarks that it had not learned from, one figure a benchmark (see `bench/forecast.ts`). The forecast of one's own
 * traffic is taken for one more such benchmark.
 */
export interface TransferErrors {
  /** Root mean square of (predicted − true mean loss) ÷ (mean half-width of the 95 % intervals), over pairs of models and rungs. */
  loss: { [benchmark: string]: number };
  /** Root mean square of ln(true ÷ predicted cost of a candidate's answers), where the reference's lengths were known. */
  cost: { [benchmark: string]: number };
}

export interface PriorQuestion {
  rows: readonly ForecastRow[];
  ladder: Ladder;
  errors: TransferErrors;
  /** Requests of the traffic that is forecast. */
  next: number;
  /** Of saving and quality together. */
  confidence: number;
}

/**
 * Saving and quality per rung by the router's own expectation, before anything of this traffic was judged. Each interval holds three errors: of the
 * router on traffic it was not made for, which all requests share and which no length of the log makes smaller; of the log as a sample; and of the
 * traffic to come. Saving and quality get half of the error probability each, so that both hold at once.
 */
export function priorForecast(question: PriorQuestion): RungForecast[] {
  const { rows, ladder, next, errors, confidence } = question;
  const level = 1 - (1 - confidence) / 4;
  const lossFactor = transferFactor(Object.values(errors.loss), level);
  const costFactor = transferFactor(Object.values(errors.cost), level);
  const z = normalQuantile(level);
  const sampling = 1 / Math.max(1, rows.length) + 1 / Math.max(1, next);
  return ladder.allowances.map((allowance, rung) => {
    const picks = ladder.picks[rung]!;
    const { cheapShare, loss, saving } = totalsOf(rows, picks);
    const losses = lossesOf(rows, picks);
    const deviations = savingDeviations(rows, picks, saving);
    const lossTransfer = lossFactor * losses.halfMean;
    const lossSampling = z * Math.sqrt(losses.variance * designEffect(rows, losses.means) * sampling);
    const spread = costSpread(rows, picks, costFactor, saving);
    const savingSampling = z * Math.sqrt(varianceOf(deviations) * designEffect(rows, deviations) * sampling);
    const lossHalf = Math.hypot(lossTransfer, lossSampling);
    return {
      rung,
      allowance,
      cheapShare,
      saving: {
        mean: saving,
        low: saving - Math.hypot(spread.down, savingSampling),
        high: Math.min(1, saving + Math.hypot(spread.up, savingSampling)),
      },
      quality: {
        mean: 1 - loss,
        low: Math.max(0, 1 - loss - lossHalf),
        // A candidate can be better on every request that goes to it, and on no other.
        high: Math.min(1 + cheapShare, 1 - loss + lossHalf),
      },
    };
  });
}

/** Of a normal error whose spread is known from one figure a benchmark: few benchmarks make a wide tail. */
export function transferFactor(figures: readonly number[], level: number): number {
  const squares = figures.reduce((sum, each) => sum + each * each, 0) / Math.max(1, figures.length);
  return studentQuantile(level, Math.max(1, figures.length - 1)) * Math.sqrt(squares);
}

interface Losses {
  means: Float64Array;
  /** Mean over all requests of the half-widths: as if all were off in the same direction. */
  halfMean: number;
  /** Of one request's loss, about right and wrong answers drawn independently: an upper bound for answers that fail on the same questions. */
  variance: number;
}

function lossesOf(rows: readonly ForecastRow[], picks: Int16Array): Losses {
  const means = new Float64Array(rows.length);
  let half = 0;
  let variance = 0;
  for (const [i, row] of rows.entries()) {
    const option = row.options[picks[i]!];
    if (option === undefined) continue;
    means[i] = option.loss;
    half += option.lossHalf;
    variance += spreadOf(row.referenceQuality) + spreadOf(option.quality);
  }
  const n = Math.max(1, rows.length);
  return { means, halfMean: half / n, variance: variance / n + varianceOf(means) };
}

const spreadOf = (chance: number): number => chance * (1 - chance);

/** What the saving loses where candidates' answers cost more by the factor, and gains where they cost less; where the reference's cost is a guess too, the same for it. */
function costSpread(
  rows: readonly ForecastRow[],
  picks: Int16Array,
  logFactor: number,
  saving: number,
): { down: number; up: number } {
  let cheap = 0;
  let guessed = 0;
  let reference = 0;
  for (const [i, row] of rows.entries()) {
    reference += row.referenceUsd;
    const option = row.options[picks[i]!];
    if (option === undefined) continue;
    cheap += option.usd;
    if (!row.referenceKnown) guessed += row.referenceUsd;
  }
  if (reference <= 0) return { down: 0, up: 0 };
  // Of a guessed reference only how its cost splits between what stays and what goes matters; the candidates' cost relative to it is off by both errors.
  const share = reference > 0 ? guessed / reference : 0;
  const factor = Math.exp(logFactor * Math.sqrt(1 + share));
  const cost = cheap / reference;
  return { down: cost * (factor - 1), up: Math.min(1 - saving, cost * (1 - 1 / factor)) };
}
