import {
  type AbilityScale,
  lengthDeviation,
  logistic,
  structuralIds,
  type Weights,
} from '../../router/index.ts';
import { addRow, type Design, dotRow, type Standard } from './design.ts';
import type { FitOptions } from './fit-options.ts';
import { minimiseSmooth } from './lbfgs.ts';
import { logLoss, ridge, weightsOf } from './logistic.ts';

const powersMax = 3;

/** Spread added to that of the abilities, so that models of about equal ability are not blown apart. */
const spreadMin = 0.3;

/**
 * What is expected of length before anything was seen, in logits per deviation of asks of all kinds: difficulty, and how much more it troubles a weaker
 * model. On benchmarks left out it is the one feature whose sign held in most of the training sets; weights are drawn towards it.
 */
const lengthPrior = [-0.8, 0.5, 0];
/** A prompt answered by many models does not say more about prompts in proportion. */
const modelsPerRowFull = 4;

const lengthColumn = 1 + structuralIds.indexOf('length');

/** A score of a model at its scaled ability. */
export interface Scored {
  score: number;
  scaled: number;
}

export function scaleOf(abilities: number[]): AbilityScale {
  const centre = abilities.reduce((sum, value) => sum + value, 0) / abilities.length;
  const variance = abilities.reduce((sum, value) => sum + (value - centre) ** 2, 0) / abilities.length;
  return {
    centre,
    spread: Math.sqrt(variance) + spreadMin,
    least: Math.min(...abilities),
    most: Math.max(...abilities),
  };
}

export interface PooledData {
  design: Design;
  /** By row. */
  answers: Scored[][];
  standard: Standard;
  /** How many different ones answered. */
  models: number;
}

export interface PooledFit {
  /** One block per power of the scaled ability. */
  pooled: Weights[];
  /** Logits of the answers of a row, in order. */
  expected: (row: number) => number[];
}

/** How the chance of a right answer depends on the ask, for a model of a given ability. */
export function fitPooled({ design, answers, standard, models }: PooledData, options: FitOptions): PooledFit {
  const { columns } = design;
  const blocks = Math.max(2, Math.min(powersMax, models - 1));
  const perDeviation = standard.deviation[lengthColumn - 1]! / lengthDeviation;
  const prior = lengthPrior.slice(0, blocks).map((weight) => weight * perDeviation);
  const solution = minimisePooled(design, answers, prior, options);
  const powers = Array.from({ length: blocks }, (_, k) => k * columns);
  return {
    pooled: powers.map((offset) => weightsOf(solution, offset, design)),
    expected(row) {
      const scores = powers.map((offset) => dotRow(design, row, solution, offset));
      return answers[row]!.map(({ scaled }) => polynomial(scores, scaled));
    },
  };
}

function minimisePooled(
  design: Design,
  answers: Scored[][],
  lengthWeights: number[],
  { penalty: { pooled }, iterationsMax }: FitOptions,
): Float64Array {
  const { columns } = design;
  const blocks = lengthWeights.length;
  const size = blocks * columns;
  const centre = new Float64Array(size);
  for (let k = 0; k < blocks; k++) centre[k * columns + lengthColumn] = lengthWeights[k]!;
  const penalty = (index: number) => (index % columns === 0 ? 0.01 : pooled);
  const objective = (x: Float64Array, gradient: Float64Array) => {
    let value = ridge(x, gradient, centre, penalty);
    const scores: number[] = new Array(blocks).fill(0);
    const pull = new Float64Array(blocks);
    answers.forEach((row, i) => {
      for (let k = 0; k < blocks; k++) scores[k] = dotRow(design, i, x, k * columns);
      const weight = Math.min(1, modelsPerRowFull / row.length);
      pull.fill(0);
      for (const { score, scaled } of row) {
        const logit = polynomial(scores, scaled);
        value += weight * logLoss(logit, score);
        let error = weight * (logistic(logit) - score);
        for (let k = 0; k < blocks; k++) {
          pull[k]! += error;
          error *= scaled;
        }
      }
      for (let k = 0; k < blocks; k++) addRow(design, i, gradient, k * columns, pull[k]!);
    });
    return value;
  };
  return minimiseSmooth(objective, centre.slice(), iterationsMax.pooled);
}

function polynomial(coefficients: number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
}
