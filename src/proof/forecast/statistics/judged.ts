import type { Ladder } from './ladder.ts';
import { normalBelow, studentQuantile } from './quantiles.ts';
import type { ForecastRow, RungForecast } from './row.ts';
import type { Stratum } from './sample.ts';
import { quantileOfMaximum } from './simultaneous.ts';
import { designEffect, savingDeviations, totalsOf, varianceOf } from './totals.ts';

/** What calling and grading showed of one drawn request. */
export interface JudgedRow {
  /** Index of the row. */
  row: number;
  referenceUsd: number;
  /** Per option of the row, in its order; undefined where it was not called, failed, or could not be graded. */
  options: ({ loss: number; usd: number } | undefined)[];
}

export interface JudgedQuestion {
  rows: readonly ForecastRow[];
  ladder: Ladder;
  /** As drawn; rows without a usable judgement count as not drawn. */
  strata: readonly Stratum[];
  judged: readonly JudgedRow[];
  /** Requests of the traffic that is forecast. */
  next: number;
  /** That every rung's saving and quality lie within their intervals, all at once. */
  confidence: number;
  /** In [0, 1). */
  random: () => number;
}

/** Judgements that the spread of a rung's own few is drawn towards that of all; with few of its own a rung would else look certain. */
const spreadPriorCount = 10;
const replicates = 600;

/**
 * Saving and quality per rung from the router's expectation of all requests and the judgements of a drawn few: the mean of what was expected plus the weighted mean
 * of by how much the drawn were different (difference estimator: Särndal, Swensson, Wretman, Model Assisted Survey Sampling, 1992, ch. 6; with the
 * weight of the expectation tuned on the judgements as in Angelopoulos et al., PPI++, arXiv 2311.01453). It is right on average
 * however wrong the router is; a good router only makes it narrower.
 *
 * The intervals are for the next traffic, not for the mean of all traffic: errors of the drawn sample, of the log, and of the traffic to come add up. They
 * hold for all rungs and for both figures at once (largest deviation of a multiplier bootstrap), so that whoever picks a rung after looking is still covered.
 */
export function judgedForecast(question: JudgedQuestion): RungForecast[] {
  const { ladder, confidence, random } = question;
  const drawn = weighted(question);
  const rungs = ladder.allowances.map((_, rung) => rungErrors(question, drawn, rung));
  const c = quantileOfMaximum(
    rungs.flatMap(({ loss, saving }) => [loss.draws, saving.draws]),
    { confidence, replicates, random },
  );
  return rungs.map(({ cheapShare, loss, saving, degrees }, rung) => {
    const wide = studentQuantile(Math.max(normalBelow(c), 0.975), degrees);
    const lossHalf = wide * loss.sd;
    const savingHalf = wide * saving.sd;
    return {
      rung,
      allowance: ladder.allowances[rung]!,
      cheapShare,
      saving: {
        mean: saving.value,
        low: saving.value - savingHalf,
        high: Math.min(1, saving.value + savingHalf),
      },
      quality: {
        mean: 1 - loss.value,
        low: Math.max(0, 1 - loss.value - lossHalf),
        high: Math.min(1 + cheapShare, 1 - loss.value + lossHalf),
      },
    };
  });
}

/** A judgement that can be used, with what it stands for. */
interface Drawn extends JudgedRow {
  stratum: number;
  /** Share of all rows that it stands for; all add up to 1. */
  weight: number;
}

interface Draw {
  rows: Drawn[];
  /** Per stratum: share of all rows, and how many were judged. */
  strata: { share: number; size: number; judged: number }[];
}

function weighted({ rows, strata, judged, ladder }: JudgedQuestion): Draw {
  const byRow = new Map(judged.map((one) => [one.row, one]));
  // Whom no rung sends anywhere loses nothing, without anybody being asked.
  const isUsable = ({ row, options }: JudgedRow): boolean =>
    options.some((option) => option !== undefined) || ladder.picks.every((picks) => picks[row]! < 0);
  const usable = strata.map(({ drawn }) =>
    drawn.flatMap((row) => {
      const one = byRow.get(row);
      return one !== undefined && isUsable(one) ? [one] : [];
    }),
  );
  // A stratum where nothing could be judged is represented by the others.
  const covered = strata.reduce((sum, { rows: all }, s) => sum + (usable[s]!.length > 0 ? all.length : 0), 0);
  const sizes = strata.map(({ rows: all }, s) => ({
    share: usable[s]!.length > 0 ? all.length / Math.max(1, covered) : 0,
    size: (all.length * rows.length) / Math.max(1, covered),
    judged: usable[s]!.length,
  }));
  return {
    rows: usable.flatMap((list, stratum) =>
      list.map((one) => ({ ...one, stratum, weight: sizes[stratum]!.share / list.length })),
    ),
    strata: sizes,
  };
}

interface Errors {
  value: number;
  /** Standard deviation of the error against the next traffic. */
  sd: number;
  /** Independent parts of that error, one a judgement, for the dependence between rungs. */
  draws: Float64Array;
}

interface RungErrors {
  cheapShare: number;
  loss: Errors;
  saving: Errors;
  /** Of freedom: judgements of requests that the rung sends to a cheaper candidate, and what the prior spread is worth. */
  degrees: number;
}

function rungErrors(question: JudgedQuestion, drawn: Draw, rung: number): RungErrors {
  const { rows, ladder } = question;
  const picks = ladder.picks[rung]!;
  const cheap = drawn.rows.filter(({ row }) => picks[row]! >= 0);
  return {
    cheapShare: totalsOf(rows, picks).cheapShare,
    loss: lossErrors(question, drawn, picks),
    saving: savingErrors(question, drawn, picks),
    degrees: Math.max(2, Math.min(drawn.rows.length - 1, cheap.length + spreadPriorCount - 1)),
  };
}

function lossErrors(question: JudgedQuestion, drawn: Draw, picks: Int16Array): Errors {
  const { rows } = question;
  const expected = Float64Array.from(rows, (row, i) => row.options[picks[i]!]?.loss ?? 0);
  const pairs = drawn.rows.flatMap((one) => {
    const pick = picks[one.row]!;
    if (pick < 0) return [{ one, isCheap: false, expected: 0, truth: 0 }];
    const found = one.options[pick];
    return found === undefined
      ? []
      : [{ one, isCheap: true, expected: expected[one.row]!, truth: found.loss }];
  });
  // All judged options teach how far the expectation is worth following and how much losses vary, also on rows that this rung leaves to the reference.
  const all = drawn.rows.flatMap((one) =>
    one.options.flatMap((option, at) =>
      option === undefined
        ? []
        : [{ weight: one.weight, expected: rows[one.row]!.options[at]!.loss, truth: option.loss }],
    ),
  );
  const trust = trustIn(all);
  const missing = missingIn(
    pairs.map(({ one, truth, expected: told }) => ({ one, value: truth - trust * told })),
    drawn,
  );
  const mean = expected.reduce((sum, each) => sum + each, 0) / Math.max(1, rows.length);
  const value = trust * mean + missing;

  const cheap = pairs.filter(({ isCheap }) => isCheap);
  const residual = spreadAmong(
    cheap.map(({ one, truth, expected: told }) => ({
      weight: one.weight,
      square: (truth - trust * told) ** 2,
    })),
    all.map(({ weight, truth, expected: told }) => ({ weight, square: (truth - trust * told) ** 2 })),
  );
  const raw = spreadAmong(
    cheap.map(({ one, truth }) => ({ weight: one.weight, square: truth ** 2 })),
    all.map(({ weight, truth }) => ({ weight, square: truth ** 2 })),
  );
  const cheapShares = cheapByStratum(question, picks);
  const pairVariance = drawn.strata.reduce(
    (sum, { share, size, judged }, s) =>
      judged === 0 ? sum : sum + share ** 2 * (1 / judged - 1 / size) * cheapShares[s]! * residual,
    0,
  );
  const cheapShare = totalsOf(rows, picks).cheapShare;
  const rowVariance = Math.max(0, cheapShare * raw - value ** 2) * designEffect(rows, expected);
  return {
    value,
    sd: Math.sqrt(Math.max(0, pairVariance) + rowVariance * samplingFactor(question)),
    draws: partsOf(
      question,
      drawn,
      new Map(
        pairs.map(({ one, truth, expected: told }) => [
          one.row,
          { truth: truth - value, residual: truth - trust * told },
        ]),
      ),
    ),
  };
}

function savingErrors(question: JudgedQuestion, drawn: Draw, picks: Int16Array): Errors {
  const { rows } = question;
  const told = totalsOf(rows, picks);
  const meanReference =
    rows.reduce((sum, { referenceUsd }) => sum + referenceUsd, 0) / Math.max(1, rows.length);
  if (meanReference <= 0) return { value: told.saving, sd: 0, draws: new Float64Array(drawn.rows.length) };
  const pairs = drawn.rows.flatMap((one) => {
    const row = rows[one.row]!;
    const pick = picks[one.row]!;
    const found = pick < 0 ? undefined : one.options[pick];
    if (pick >= 0 && found === undefined) return [];
    const expected = pick < 0 ? 0 : row.referenceUsd - row.options[pick]!.usd;
    const truth = found === undefined ? 0 : one.referenceUsd - found.usd;
    return [{ one, truth, expected, moreReference: one.referenceUsd - row.referenceUsd }];
  });
  // Of both sums of the ratio the drawn rows say by how much they are off.
  const reference =
    meanReference +
    missingIn(
      pairs.map(({ one, moreReference }) => ({ one, value: moreReference })),
      drawn,
    );
  const saved =
    told.saving * meanReference +
    missingIn(
      pairs.map(({ one, truth, expected }) => ({ one, value: truth - expected })),
      drawn,
    );
  const value = reference > 0 ? saved / reference : told.saving;
  const scale = reference > 0 ? reference : meanReference;
  const residuals = pairs.map(({ one, truth, expected, moreReference }) => ({
    one,
    value: (truth - expected - value * moreReference) / scale,
  }));
  const pairVariance = stratifiedVariance(residuals, drawn);
  const deviations = savingDeviations(rows, picks, told.saving);
  const all = residuals.reduce((sum, { one, value: each }) => sum + one.weight * each * each, 0);
  const rowVariance = (varianceOf(deviations) + all) * designEffect(rows, deviations);
  return {
    value,
    sd: Math.sqrt(pairVariance + rowVariance * samplingFactor(question)),
    draws: partsOf(
      question,
      drawn,
      new Map(
        residuals.map(({ one, value: residual }) => [
          one.row,
          { truth: deviations[one.row]! + residual, residual },
        ]),
      ),
    ),
  };
}

/** The log is a sample of the traffic, and so is the traffic to come. */
const samplingFactor = ({ rows, next }: JudgedQuestion): number =>
  1 / Math.max(1, rows.length) + 1 / Math.max(1, next);

/** Slope of the truth in the expectation, 0 to 1: 0 leaves the expectation out, 1 takes it as it is. */
function trustIn(pairs: readonly { weight: number; expected: number; truth: number }[]): number {
  const weight = pairs.reduce((sum, each) => sum + each.weight, 0);
  if (weight <= 0) return 0;
  const meanExpected = pairs.reduce((sum, each) => sum + each.weight * each.expected, 0) / weight;
  const meanTruth = pairs.reduce((sum, each) => sum + each.weight * each.truth, 0) / weight;
  let both = 0;
  let own = 0;
  for (const { weight: w, expected, truth } of pairs) {
    both += w * (expected - meanExpected) * (truth - meanTruth);
    own += w * (expected - meanExpected) ** 2;
  }
  return own <= 0 ? 0 : Math.max(0, Math.min(1, both / own));
}

/** Weighted mean; judgements that are missing within a stratum are represented by the others of it. */
function missingIn(values: readonly { one: Drawn; value: number }[], { strata }: Draw): number {
  const sums = strata.map(() => ({ sum: 0, n: 0 }));
  for (const { one, value } of values) {
    const into = sums[one.stratum]!;
    into.sum += value;
    into.n += 1;
  }
  const share = strata.reduce((sum, each, s) => sum + (sums[s]!.n > 0 ? each.share : 0), 0);
  if (share <= 0) return 0;
  return strata.reduce(
    (mean, each, s) => mean + (sums[s]!.n > 0 ? (each.share / share) * (sums[s]!.sum / sums[s]!.n) : 0),
    0,
  );
}

/** Mean square among the rung's own, drawn towards that of all. */
function spreadAmong(
  own: readonly { weight: number; square: number }[],
  all: readonly { weight: number; square: number }[],
): number {
  const meanOf = (list: typeof all): number => {
    const weight = list.reduce((sum, each) => sum + each.weight, 0);
    return weight <= 0 ? 0 : list.reduce((sum, each) => sum + each.weight * each.square, 0) / weight;
  };
  return (own.length * meanOf(own) + spreadPriorCount * meanOf(all)) / (own.length + spreadPriorCount);
}

/** Per stratum, the share of its rows that go to a cheaper candidate. */
function cheapByStratum({ strata }: JudgedQuestion, picks: Int16Array): number[] {
  return strata.map(({ rows }) => rows.filter((row) => picks[row]! >= 0).length / Math.max(1, rows.length));
}

/** Variance of a stratified mean, each stratum's own variance drawn towards the pooled one. */
function stratifiedVariance(values: readonly { one: Drawn; value: number }[], { strata }: Draw): number {
  const means = strata.map(() => ({ sum: 0, n: 0 }));
  for (const { one, value } of values) {
    const into = means[one.stratum]!;
    into.sum += value;
    into.n += 1;
  }
  const squares = strata.map(() => 0);
  let pooled = 0;
  for (const { one, value } of values) {
    const { sum, n } = means[one.stratum]!;
    const deviation = (value - sum / n) ** 2;
    squares[one.stratum]! += deviation;
    pooled += deviation;
  }
  const common = pooled / Math.max(1, values.length - strata.length);
  return strata.reduce((sum, { share, size }, s) => {
    const { n } = means[s]!;
    if (n === 0) return sum;
    const own = (squares[s]! + spreadPriorCount * common) / (Math.max(0, n - 1) + spreadPriorCount);
    return sum + share ** 2 * Math.max(0, 1 / n - 1 / size) * own;
  }, 0);
}

/** Two parts a judgement: what it says of the drawn sample's error, and of the error of log and next traffic. */
function partsOf(
  question: JudgedQuestion,
  { rows: drawn, strata }: Draw,
  found: ReadonlyMap<number, { truth: number; residual: number }>,
): Float64Array {
  const parts = new Float64Array(2 * drawn.length);
  const sampling = Math.sqrt(samplingFactor(question));
  for (const [i, { row, stratum, weight }] of drawn.entries()) {
    const one = found.get(row);
    if (one === undefined) continue;
    const { size, judged } = strata[stratum]!;
    parts[2 * i] = weight * Math.sqrt(Math.max(0, 1 - judged / size)) * one.residual;
    parts[2 * i + 1] = Math.sqrt(weight) * sampling * one.truth;
  }
  return parts;
}
