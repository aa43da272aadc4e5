import {
  type AcceptanceParameters,
  type BenchmarkMapping,
  bucketsMax,
  type Calibration,
  type CellKey,
  cellKey,
  type Language,
  logistic,
  type ModelParameters,
  modelKey,
  type PredictorParameters,
  type Weights,
} from '../../router/index.ts';
import { abilitiesOf } from './abilities.ts';
import {
  addRow,
  addRowSquares,
  blockColumns,
  type Design,
  designOf,
  dotRow,
  meanNgramScore,
  penaltyOf,
  standardOf,
  structuralColumns,
  structureOnly,
} from './design.ts';
import type { TrainingRow } from './row.ts';
import { solve } from './solve.ts';

export interface FitOptions {
  /** Ridge penalties of the pooled blocks and of the models' own heads, on structure and on n-grams. */
  pooled: { structural: number; ngrams: number };
  /** Without `ngrams` the heads read structure only. */
  head: { structural: number; ngrams: number | undefined };
  iterationsMax: { pooled: number; head: number };
  /** Models that get a head of their own; all when absent. */
  headsFor?: ReadonlySet<string> | undefined;
}

export const defaultFit: FitOptions = {
  pooled: { structural: 20, ngrams: 5 },
  head: { structural: 500, ngrams: 25 },
  // Heads are held so close to zero that they are found in a few steps.
  iterationsMax: { pooled: 25, head: 8 },
};

/**
 * For what is shipped: on traffic of other kinds the n-gram parts of the models' own heads added nothing (left-out APGR of the
 * training pairs 0.61 with and without), and they are nine tenths of the artefact.
 */
export const shippedFit: FitOptions = { ...defaultFit, head: { structural: 500, ngrams: undefined } };

/** Ability at which the powers of the pooled blocks are zero: about the middle of the training models. */
const centre = 0.6;
const powers = 3;

/** Rows that the mean of a cell must have before it counts more than the model's ability. */
const cellPriorRows = 50;

/** A prompt answered by many models does not say more about prompts in proportion. */
const modelsPerRowFull = 4;

/** Before any answer was compared: some shared difficulty, and wrong answers that hardly coincide. */
export const assumedAcceptance: AcceptanceParameters = {
  prior: { intercept: 0, slope: 1 },
  difficulty: 1.5,
  suggestionPerLogit: 0,
  comparisons: {},
  otherwise: { suggestion: 0, rewording: 0.05 },
  faults: { wrong: 0.01, right: 0.001 },
};

/** Before anything is measured: wide. `calibrate` replaces it. */
export const uncalibrated: Calibration = {
  within: 0.05,
  transfer: 0.2,
  transferPerGap: 0.8,
  model: 0.1,
  untestedFactor: 1.5,
  halfRows: 200,
  lossFactor: 1.96,
  qualityFactor: 1.96,
  unknownAbilitySd: 1,
};

/**
 * Fits the three levels. The pooled blocks say how the share of right answers depends on the ask for a model of a given
 * ability, so they hold for models without rows; cells and heads say what is left of a model's own outcomes. All are
 * ridge regressions of the score itself: the loss against a reference is then a difference of linear scores, and its parts per
 * feature are exact. Deterministic.
 */
export function fitPredictor(
  rows: TrainingRow[],
  options: FitOptions = defaultFit,
  extra: { benchmarks?: BenchmarkMapping[]; calibration?: Calibration; id?: string } = {},
): PredictorParameters {
  const standard = standardOf(rows);
  const design = designOf(rows, standard);
  const abilities = abilitiesOf(rows);
  const answers = rows.map((row) => [...row.scores].map(([model, score]) => ({ model, score })));
  const share = new Map([...abilities].map(([model, ability]) => [model, logistic(ability)]));

  const pooled = fitPooled(design, answers, share, options);
  const residuals = residualsOf(design, answers, share, pooled);
  const models = new Map<string, ModelParameters>();
  for (const model of [...abilities.keys()].sort()) {
    const own = residuals.get(model)!;
    const cells = fitCells(rows, own);
    const wanted = options.headsFor === undefined || options.headsFor.has(model);
    models.set(modelKey(model), {
      names: [modelKey(model)],
      ability: abilities.get(model)!,
      rows: own.length,
      cells,
      head: wanted ? fitHead(design, rows, own, cells, options) : undefined,
    });
  }
  const cells = new Map<CellKey, number>();
  const languages = new Map<Language, number>();
  for (const row of rows) {
    const key = cellKey(row.task, row.language);
    cells.set(key, (cells.get(key) ?? 0) + 1);
    languages.set(row.language, (languages.get(row.language) ?? 0) + 1);
  }
  return {
    id: extra.id ?? 'fitted',
    mean: standard.mean,
    deviation: standard.deviation,
    pooled,
    centre,
    cells,
    languages,
    models,
    benchmarks: extra.benchmarks ?? [],
    calibration: extra.calibration ?? uncalibrated,
    acceptance: assumedAcceptance,
    trainedOn: new Set(),
  };
}

type Answers = { model: string; score: number }[][];

function fitPooled(
  design: Design,
  answers: Answers,
  share: Map<string, number>,
  options: FitOptions,
): Weights[] {
  const size = powers * blockColumns;
  const penalty = (index: number) =>
    penaltyOf(index % blockColumns, options.pooled.structural, options.pooled.ngrams);
  const right = new Float64Array(size);
  const diagonal = Float64Array.from({ length: size }, (_, i) => penalty(i));
  // Per row, the moments of its models' abilities: the row's part of the normal equations.
  const moments = answers.map((row, i) => {
    const weight = Math.min(1, modelsPerRowFull / row.length);
    const own = new Float64Array(2 * powers - 1);
    const target = new Float64Array(powers);
    for (const { model, score } of row) {
      let power = weight;
      for (let k = 0; k < own.length; k++) {
        own[k]! += power;
        if (k < powers) target[k]! += power * score;
        power *= share.get(model)! - centre;
      }
    }
    for (let k = 0; k < powers; k++) {
      addRow(design, i, right, k * blockColumns, target[k]!);
      addRowSquares(design, i, diagonal, k * blockColumns, own[2 * k]!);
    }
    return own;
  });
  const multiply = (x: Float64Array) => {
    const image = new Float64Array(size);
    const scores = new Float64Array(powers);
    for (let i = 0; i < design.rows; i++) {
      const own = moments[i]!;
      for (let k = 0; k < powers; k++) scores[k] = dotRow(design, i, x, k * blockColumns);
      for (let k = 0; k < powers; k++) {
        let sum = 0;
        for (let l = 0; l < powers; l++) sum += own[k + l]! * scores[l]!;
        addRow(design, i, image, k * blockColumns, sum);
      }
    }
    for (let j = 0; j < size; j++) image[j]! += penalty(j) * x[j]!;
    return image;
  };
  const solution = solve({ right, diagonal, multiply }, options.iterationsMax.pooled);
  const use = Int32Array.from(answers, (_, i) => i);
  return Array.from({ length: powers }, (_, k) => weightsOf(solution, k * blockColumns, design, use));
}

/** One block of a solution, with what its n-grams add on average moved into the constant. */
function weightsOf(solution: Float64Array, offset: number, design: Design, use: Int32Array): Weights {
  const ngramMean = meanNgramScore(design, solution, offset, use);
  const structural = Float32Array.from(solution.subarray(offset, offset + structuralColumns));
  structural[0]! += ngramMean;
  const ngrams = solution.subarray(offset + structuralColumns, offset + structuralColumns + bucketsMax);
  return { structural, ngrams: Float32Array.from(ngrams), ngramMean };
}

type Residuals = { row: number; value: number }[];

function residualsOf(
  design: Design,
  answers: Answers,
  share: Map<string, number>,
  pooled: Weights[],
): Map<string, Residuals> {
  const flat = new Float64Array(powers * blockColumns);
  pooled.forEach((weights, k) => {
    flat.set(weights.structural, k * blockColumns);
    flat[k * blockColumns]! -= weights.ngramMean;
    flat.set(weights.ngrams, k * blockColumns + structuralColumns);
  });
  const residuals = new Map<string, Residuals>();
  answers.forEach((row, i) => {
    const scores = Array.from({ length: powers }, (_, k) => dotRow(design, i, flat, k * blockColumns));
    for (const { model, score } of row) {
      const x = share.get(model)! - centre;
      let expected = 0;
      let power = 1;
      for (const value of scores) {
        expected += power * value;
        power *= x;
      }
      const own = residuals.get(model) ?? [];
      own.push({ row: i, value: score - expected });
      residuals.set(model, own);
    }
  });
  return residuals;
}

function fitCells(rows: TrainingRow[], residuals: Residuals): ModelParameters['cells'] {
  const sums = new Map<CellKey, { rows: number; sum: number }>();
  for (const { row, value } of residuals) {
    const key = cellKey(rows[row]!.task, rows[row]!.language);
    const cell = sums.get(key) ?? { rows: 0, sum: 0 };
    cell.rows += 1;
    cell.sum += value;
    sums.set(key, cell);
  }
  return new Map(
    [...sums].map(([key, cell]) => [
      key,
      { rows: cell.rows, offset: cell.sum / (cell.rows + cellPriorRows) },
    ]),
  );
}

function fitHead(
  design: Design,
  rows: TrainingRow[],
  residuals: Residuals,
  cells: ModelParameters['cells'],
  options: FitOptions,
): Weights {
  const { structural, ngrams } = options.head;
  const penalty = (index: number) => penaltyOf(index, structural, ngrams ?? 1);
  const own = ngrams === undefined ? structureOnly(design) : design;
  const use = Int32Array.from(residuals, ({ row }) => row);
  const right = new Float64Array(blockColumns);
  const diagonal = Float64Array.from({ length: blockColumns }, (_, i) => penalty(i));
  for (const { row, value } of residuals) {
    const offset = cells.get(cellKey(rows[row]!.task, rows[row]!.language))?.offset ?? 0;
    addRow(own, row, right, 0, value - offset);
    addRowSquares(own, row, diagonal, 0, 1);
  }
  const multiply = (x: Float64Array) => {
    const image = new Float64Array(blockColumns);
    for (const { row } of residuals) addRow(own, row, image, 0, dotRow(own, row, x, 0));
    for (let j = 0; j < blockColumns; j++) image[j]! += penalty(j) * x[j]!;
    return image;
  };
  const weights = weightsOf(solve({ right, diagonal, multiply }, options.iterationsMax.head), 0, own, use);
  return ngrams === undefined ? { ...weights, ngrams: new Float32Array(0) } : weights;
}
