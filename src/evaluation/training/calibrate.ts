import {
  type Calibration,
  cellKey,
  createPredictor,
  logistic,
  type ModelParameters,
  modelKey,
  type PredictedModel,
  type Predictor,
  type PredictorParameters,
} from '../../router/index.ts';
import { type FitOptions, fitPredictor, uncalibrated } from './fit.ts';
import { foldOf, type TrainingRow } from './row.ts';
import { fitSpace } from './space.ts';

export interface CalibrationOptions {
  fit: FitOptions;
  folds: number;
  seed: number;
  /** What is left out together: rows of one benchmark, whatever file they stand in. */
  benchmarkOf: (row: TrainingRow) => string;
  progress: (text: string) => void;
}

/** Estimates made without the row's own fold, or without its whole benchmark, in the order of the rows. */
export interface OutOfSample {
  /** Per row, quality by model. */
  quality: Map<string, number>[];
}

export interface Calibrated {
  calibration: Calibration;
  folded: OutOfSample;
  leftOut: OutOfSample;
  /** Share of groups inside their interval, on unseen prompts and on unseen benchmarks. */
  coverage: { folded: number; leftOut: number };
}

/** A group of answers large enough that its mean says something. */
const groupRowsMin = 60;

/**
 * Measures how far off the estimates are where the rows were not seen, and turns that into widths: an interval is a statement about the
 * mean of many such requests, so what is compared are means of groups (pair of models × cell), less their sampling noise.
 */
export function calibrate(rows: TrainingRow[], options: CalibrationOptions): Calibrated {
  // It reads no outcomes, so folds of the same prompts may share it; a benchmark left out must not be in it.
  const space = fitSpace(rows);
  const abilities = fitAbilities(rows, { ...options.fit, space });
  const empty = (): OutOfSample => ({ quality: rows.map(() => new Map()) });
  const folded = empty();
  const pooledOnly = empty();
  const leftOut = empty();
  for (let fold = 0; fold < options.folds; fold++) {
    options.progress(`fold ${fold + 1} of ${options.folds}`);
    const held = (row: TrainingRow) => foldOf(row.promptHash, options.folds, options.seed) === fold;
    const parameters = fitPredictor(
      rows.filter((row) => !held(row)),
      { ...options.fit, space },
    );
    fill(folded, rows, held, createPredictor(parameters));
    fill(pooledOnly, rows, held, createPredictor(withoutModels(parameters, abilities)));
  }
  const benchmarks = [...new Set(rows.map(options.benchmarkOf))].sort();
  for (const benchmark of benchmarks) {
    options.progress(`leaving out ${benchmark}`);
    const held = (row: TrainingRow) => options.benchmarkOf(row) === benchmark;
    const hashes = new Set(rows.filter(held).map((row) => row.promptHash));
    const parameters = fitPredictor(
      rows.filter((row) => !hashes.has(row.promptHash)),
      options.fit,
    );
    fill(leftOut, rows, held, createPredictor(withAbilities(parameters, abilities)));
  }

  const seenGroups = pairGroups(rows, folded, cellOf, abilities);
  const bareGroups = pairGroups(rows, pooledOnly, cellOf, abilities);
  const unseenGroups = pairGroups(
    rows,
    leftOut,
    (row) => `${options.benchmarkOf(row)}|${cellOf(row)}`,
    abilities,
  );
  const within = Math.sqrt(meanExcess(seenGroups));
  const model = Math.sqrt(Math.max(0, (meanExcess(bareGroups) - within ** 2) / 2));
  const base: Calibration = {
    ...uncalibrated,
    within: rounded(Math.max(0.005, within)),
    model: rounded(Math.max(0.01, model)),
    ...transferOf(unseenGroups),
  };
  const seenSd = (group: Group) =>
    Math.sqrt(base.within ** 2 + 2 * base.model ** 2 * unseen(group.rows, base));
  const unseenSd = ({ gap }: Group) =>
    Math.sqrt(base.within ** 2 + base.transfer ** 2 + (base.transferPerGap * gap) ** 2);
  const ratios = [
    ...seenGroups.map((group) => ratioOf(group, seenSd(group))),
    ...unseenGroups.map((group) => ratioOf(group, unseenSd(group))),
  ];
  const qualityRatios = modelGroups(rows, leftOut, (row) => `${options.benchmarkOf(row)}|${cellOf(row)}`).map(
    (group) => ratioOf(group, unseenSd(group)),
  );
  const calibration: Calibration = {
    ...base,
    lossFactor: rounded(Math.max(1.96, quantile(ratios, 0.95))),
    qualityFactor: rounded(Math.max(1.96, quantile(qualityRatios, 0.95))),
  };
  const inside = (groups: Group[], sdOf: (group: Group) => number) =>
    groups.filter((group) => ratioOf(group, sdOf(group)) <= calibration.lossFactor).length / groups.length;
  return {
    calibration,
    folded,
    leftOut,
    coverage: {
      folded: inside(seenGroups, seenSd),
      leftOut: inside(unseenGroups, unseenSd),
    },
  };
}

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
const cellOf = (row: TrainingRow) => cellKey(row.task, row.language);
const unseen = (n: number, { halfRows }: Calibration) => halfRows / (halfRows + n);

function fitAbilities(rows: TrainingRow[], fit: FitOptions): Map<string, ModelParameters> {
  return fitPredictor(rows, { ...fit, headsFor: new Set(), iterationsMax: { pooled: 1, head: 1 } }).models;
}

/** The same estimates for models of which only the ability is known. */
function withoutModels(
  parameters: PredictorParameters,
  abilities: Map<string, ModelParameters>,
): PredictorParameters {
  const models = new Map<string, ModelParameters>();
  for (const [name, { ability, names, rows }] of abilities) {
    models.set(name, { ability, names, rows, cells: new Map(), head: undefined, near: new Uint8Array(0) });
  }
  return { ...parameters, models };
}

/** Models whose every row was left out are known by their ability. */
function withAbilities(
  parameters: PredictorParameters,
  abilities: Map<string, ModelParameters>,
): PredictorParameters {
  const bare = withoutModels(parameters, abilities).models;
  return { ...parameters, models: new Map([...bare, ...parameters.models]) };
}

function fill(
  into: OutOfSample,
  rows: TrainingRow[],
  held: (row: TrainingRow) => boolean,
  predictor: Predictor,
): void {
  const models = new Map<string, PredictedModel>();
  const modelOf = (id: string) => {
    const model = models.get(id) ?? { id: modelKey(id), aliases: [], scores: [] };
    models.set(id, model);
    return model;
  };
  rows.forEach((row, i) => {
    if (!held(row)) return;
    const ids = [...row.scores.keys()];
    const [first, ...rest] = ids.map(modelOf);
    const predictions = predictor.predict({ ...row, ask: predictor.read(row.vector) }, first!, [
      first!,
      ...rest,
    ]);
    // Losses against the first model give every pair's loss by difference.
    ids.forEach(
      (id, k) => void into.quality[i]!.set(id, -predictions[k]!.loss.mean + predictions[0]!.quality.mean),
    );
  });
}

interface Group {
  rows: number;
  /** Difference of the two models' shares right; 0 for a single model. */
  gap: number;
  bias: number;
  /** Variance of the mean. */
  noise: number;
}

function groupsOf(collect: (add: (key: string, error: number, gap: number) => void) => void): Group[] {
  const sums = new Map<string, { rows: number; sum: number; squares: number; gap: number }>();
  collect((key, error, gap) => {
    const entry = sums.get(key) ?? { rows: 0, sum: 0, squares: 0, gap };
    sums.set(key, entry);
    entry.rows += 1;
    entry.sum += error;
    entry.squares += error * error;
  });
  return [...sums.values()]
    .filter((entry) => entry.rows >= groupRowsMin)
    .map(({ rows, sum, squares, gap }) => {
      const bias = sum / rows;
      return { rows, gap, bias, noise: Math.max(1e-6, squares / rows - bias ** 2) / rows };
    });
}

function pairGroups(
  rows: TrainingRow[],
  estimates: OutOfSample,
  keyOf: (row: TrainingRow) => string,
  abilities: Map<string, ModelParameters>,
): Group[] {
  const share = (model: string) => logistic(abilities.get(modelKey(model))!.ability);
  return groupsOf((add) => {
    rows.forEach((row, i) => {
      const models = [...row.scores.keys()].sort();
      const own = estimates.quality[i]!;
      const key = keyOf(row);
      for (let a = 0; a < models.length; a++) {
        const errorA = row.scores.get(models[a]!)! - own.get(models[a]!)!;
        for (let b = a + 1; b < models.length; b++) {
          const errorB = row.scores.get(models[b]!)! - own.get(models[b]!)!;
          add(`${key}\0${models[a]}\0${models[b]}`, errorA - errorB, share(models[a]!) - share(models[b]!));
        }
      }
    });
  });
}

function modelGroups(
  rows: TrainingRow[],
  estimates: OutOfSample,
  keyOf: (row: TrainingRow) => string,
): Group[] {
  return groupsOf((add) => {
    rows.forEach((row, i) => {
      for (const [model, score] of row.scores)
        add(`${keyOf(row)}\0${model}`, score - estimates.quality[i]!.get(model)!, 0);
    });
  });
}

/** What a squared bias has beyond sampling noise. */
const excessOf = ({ bias, noise }: Group) => bias ** 2 - noise;

const meanExcess = (groups: Group[]) =>
  Math.max(0, groups.reduce((sum, group) => sum + excessOf(group), 0) / Math.max(1, groups.length));

/** Excess as a line in the squared gap, by least squares, neither part below zero. */
function transferOf(groups: Group[]): Pick<Calibration, 'transfer' | 'transferPerGap'> {
  const n = Math.max(1, groups.length);
  const meanX = groups.reduce((sum, { gap }) => sum + gap ** 2, 0) / n;
  const meanY = meanExcess(groups);
  let xx = 0;
  let xy = 0;
  for (const group of groups) {
    xx += (group.gap ** 2 - meanX) ** 2;
    xy += (group.gap ** 2 - meanX) * (excessOf(group) - meanY);
  }
  const slope = Math.min(Math.max(0, xx === 0 ? 0 : xy / xx), meanX === 0 ? 0 : meanY / meanX);
  return {
    transfer: rounded(Math.sqrt(Math.max(0, meanY - slope * meanX))),
    transferPerGap: rounded(Math.sqrt(slope)),
  };
}

const ratioOf = (group: Group, sd: number) => Math.abs(group.bias) / Math.sqrt(sd ** 2 + group.noise);

function quantile(values: number[], level: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? 0;
}
