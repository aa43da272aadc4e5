import type { AcceptanceParameters, AnswerComparison, ComparisonParameters } from '../../router/index.ts';
import { acceptanceLikelihood, logistic, logit } from '../../router/index.ts';
import { createRandom } from '../metrics/random.ts';
import { minimise } from './minimise.ts';

/** What some models answered to one ask, as the fit sees it. */
export interface AnsweredAsk {
  comparison: AnswerComparison;
  models: RecordedAnswer[];
}

export interface RecordedAnswer {
  /** P(right) as predicted by a fit that did not see this ask. */
  prior: number;
  right: boolean;
  /** Models with the same number gave the same answer; undefined where it gave none that could be read. */
  group: number | undefined;
}

export interface AcceptanceFit {
  /** Groups of models that are drawn per kind of comparison; the likelihood is a sum over them. */
  drawsPerComparison: number;
  seed: number;
  /** Where to start, e.g. at the fit on nearly the same rows. */
  start?: AcceptanceParameters | undefined;
}

export const defaultAcceptanceFit: AcceptanceFit = { drawsPerComparison: 1_000, seed: 1 };

/** Models drawn at once: as many as the shortest plan with a vote has. */
const drawn = 3;
const iterationsMax = 40;

/** What is assumed before any row, and the spread around it: a few hundred draws outweigh it. */
const expected = { difficulty: 1.5, suggestionPerLogit: 0, suggestion: 0, rewording: 0.02 };
const spread = {
  logDifficulty: 1,
  intercept: 0.5,
  slope: 0.5,
  suggestionPerLogit: 0.5,
  suggestion: 1.5,
  rewording: 1.5,
};
/** A kind without rows is taken for one whose right answers are often worded in their own way. */
const rewordingUnknown = 0.05;

/**
 * Fits how models agree and err together, by maximum likelihood over groups of three models drawn from each ask: who is right, and whose answers coincide.
 * Priors must come from a fit that did not see the ask, best from one that saw nothing of its benchmark: that is what the parameters will meet. Each kind
 * of comparison counts alike. Deterministic by `seed`.
 */
export function fitAcceptance(
  asks: readonly AnsweredAsk[],
  options: AcceptanceFit = defaultAcceptanceFit,
): AcceptanceParameters {
  const kinds = [...new Set(asks.map((ask) => ask.comparison))].filter((kind) => kind !== 'text').sort();
  const random = createRandom(options.seed);
  const draws = kinds.flatMap((kind) =>
    drawGroups(
      asks.filter((ask) => ask.comparison === kind && ask.models.length >= drawn),
      options.drawsPerComparison,
      random,
    ),
  );
  const faults = faultRates(asks);
  const coder = coderOf(kinds, faults);
  const likelihood = acceptanceLikelihood(draws);
  const objective = (x: Float64Array) => -likelihood(coder.decode(x)) + coder.penalty(x);
  const start = coder.encode(options.start ?? startOf(kinds, faults));
  const best = draws.length === 0 ? start : minimise(objective, start, iterationsMax);
  return rounded(coder.decode(best));
}

function drawGroups(asks: readonly AnsweredAsk[], count: number, random: () => number): AnsweredAsk[] {
  if (asks.length === 0) return [];
  return Array.from({ length: count }, () => {
    const { comparison, models } = asks[Math.floor(random() * asks.length)]!;
    const left = [...models];
    const picked = Array.from(
      { length: drawn },
      () => left.splice(Math.floor(random() * left.length), 1)[0]!,
    );
    return { comparison, models: picked };
  });
}

/** Of all answers, drawn a little towards «one in a hundred»; right ones are hardly ever unreadable. */
function faultRates(asks: readonly AnsweredAsk[]): AcceptanceParameters['faults'] {
  const counts = { wrong: [1, 100], right: [0.1, 100] };
  for (const { models } of asks) {
    for (const { right, group } of models) {
      const count = counts[right ? 'right' : 'wrong'];
      count[1]! += 1;
      if (group === undefined) count[0]! += 1;
    }
  }
  return { wrong: counts.wrong[0]! / counts.wrong[1]!, right: counts.right[0]! / counts.right[1]! };
}

function startOf(kinds: AnswerComparison[], faults: AcceptanceParameters['faults']): AcceptanceParameters {
  const { suggestion, rewording } = expected;
  return {
    prior: { intercept: 0, slope: 1 },
    difficulty: expected.difficulty,
    suggestionPerLogit: expected.suggestionPerLogit,
    comparisons: Object.fromEntries(kinds.map((kind) => [kind, { suggestion, rewording }])),
    otherwise: { suggestion, rewording: rewordingUnknown },
    faults,
  };
}

/** The parameters as a vector without bounds, and back. */
function coderOf(kinds: AnswerComparison[], faults: AcceptanceParameters['faults']) {
  const common = 4;
  return {
    encode: ({ prior, difficulty, suggestionPerLogit, comparisons, otherwise }: AcceptanceParameters) =>
      Float64Array.from([
        prior.intercept,
        prior.slope,
        Math.log(difficulty),
        suggestionPerLogit,
        ...kinds.flatMap((kind) => {
          const { suggestion, rewording } = comparisons[kind] ?? otherwise;
          return [suggestion, logit(rewording)];
        }),
      ]),
    decode(x: Float64Array): AcceptanceParameters {
      const comparisons: { [kind: string]: ComparisonParameters } = {};
      kinds.forEach((kind, k) => {
        const suggestion = x[common + 2 * k]!;
        comparisons[kind] = { suggestion, rewording: logistic(x[common + 2 * k + 1]!) };
      });
      const known = Object.values(comparisons);
      return {
        prior: { intercept: x[0]!, slope: x[1]! },
        difficulty: Math.exp(x[2]!),
        suggestionPerLogit: x[3]!,
        comparisons,
        otherwise: {
          suggestion: known.reduce((sum, one) => sum + one.suggestion / known.length, 0),
          rewording: Math.max(rewordingUnknown, ...known.map((one) => one.rewording)),
        },
        faults,
      };
    },
    penalty(x: Float64Array): number {
      const parts = [
        x[0]! / spread.intercept,
        (x[1]! - 1) / spread.slope,
        (x[2]! - Math.log(expected.difficulty)) / spread.logDifficulty,
        (x[3]! - expected.suggestionPerLogit) / spread.suggestionPerLogit,
        ...kinds.flatMap((_, k) => [
          (x[common + 2 * k]! - expected.suggestion) / spread.suggestion,
          (x[common + 2 * k + 1]! - logit(expected.rewording)) / spread.rewording,
        ]),
      ];
      return parts.reduce((sum, part) => sum + part ** 2 / 2, 0);
    },
  };
}

const digits = (value: number) => Math.round(value * 1e5) / 1e5;

function rounded(value: AcceptanceParameters): AcceptanceParameters {
  const pair = ({ suggestion, rewording }: ComparisonParameters) => ({
    suggestion: digits(suggestion),
    rewording: digits(rewording),
  });
  return {
    prior: { intercept: digits(value.prior.intercept), slope: digits(value.prior.slope) },
    difficulty: digits(value.difficulty),
    suggestionPerLogit: digits(value.suggestionPerLogit),
    comparisons: Object.fromEntries(
      Object.entries(value.comparisons).map(([kind, one]) => [kind, pair(one)]),
    ),
    otherwise: pair(value.otherwise),
    faults: { wrong: digits(value.faults.wrong), right: digits(value.faults.right) },
  };
}
