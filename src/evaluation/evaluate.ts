import {
  createPredictor,
  type PredictedModel,
  type Predictor,
  type PredictorParameters,
} from '../router/index.ts';
import { canonicalModels, knownModels } from './known-models.ts';
import type { OutcomeRow } from './outcomes/outcome.ts';
import { compareMany } from './report/many-rows.ts';
import { comparePair } from './report/pair-rows.ts';
import type { Evaluation, RoutedRows, Split } from './result.ts';
import { fitBenchmarks } from './training/benchmarks.ts';
import { defaultFit, fitPredictor } from './training/fit.ts';
import { foldOf, type TrainingRow, trainingRow } from './training/row.ts';

export interface NamedRows {
  /** File name without folder and endings. */
  name: string;
  rows: OutcomeRow[];
}

export interface EvaluationOptions {
  reference: string;
  candidates: string[];
  folds: number;
  seed: number;
  /** Bootstrap replicates. */
  bootstrap: number;
  leaveOut?: 'source' | 'sub' | undefined;
  /** Fit on these instead of the other folds. */
  train?: NamedRows[] | undefined;
  /** Test this one as it is. */
  artefact?: PredictorParameters | undefined;
  progress: (text: string) => void;
}

/** The evaluation cannot be done as asked; the message says what would make it right. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}

/** Above this many groups neighbours are left out together, so that the number of fits stays bounded. */
const leftOutFitsMax = 14;
const leftOutBlocks = 8;

/** Evaluates routing among `reference` and `candidates` on recorded outcomes. Deterministic by `seed`. Throws EvaluationError. */
export function evaluate(files: NamedRows[], options: EvaluationOptions): Evaluation {
  const names = [options.reference, ...options.candidates];
  const all = files.flatMap((file) => file.rows.map((row) => ({ file: file.name, row })));
  checkNames(
    all.map((one) => one.row),
    names,
  );
  const excluded = { missing_outcome: 0, missing_cost: 0 };
  const usable = all.filter(({ row }) => {
    const outcomes = names.map((name) => row.outcomes.get(name));
    if (outcomes.some((outcome) => outcome === undefined)) {
      excluded.missing_outcome += 1;
      return false;
    }
    const priced = outcomes.every((outcome) => outcome?.costUsd !== undefined);
    if (!priced) excluded.missing_cost += 1;
    return priced;
  });
  if (usable.length < 2 * options.folds) {
    throw new EvaluationError(
      `Only ${usable.length} rows have outcomes with costs of ${names.join(' and ')}; pass --prices FILE if the costs are missing.`,
    );
  }
  const canonical = canonicalModels();
  const training = all.map(({ file, row }) => trainingRow(file, row, canonical));
  const index = new Map(all.map((one, i) => [one, i]));
  const tested = usable.map((one) => training[index.get(one)!]!);
  const models = names.map((name) => predictedModel(canonical(name)));
  const notes: string[] = [];
  const routed = routeAll({ options, canonical, training, tested, models, usable, notes });
  const table = {
    names,
    rows: usable.map(({ row }) => row),
    routed,
    bootstrap: options.bootstrap,
    seed: options.seed,
  };
  options.progress('bootstrap');
  const rows = options.candidates.length === 1 ? comparePair(table) : compareMany(table);
  return {
    rows,
    n: usable.length,
    excluded: excluded.missing_outcome + excluded.missing_cost,
    excluded_because: excluded,
    models: Object.fromEntries(
      names.map((name) => [
        name,
        {
          quality: meanOf(usable.map(({ row }) => row.outcomes.get(name)!.score)),
          cost_usd: meanOf(usable.map(({ row }) => row.outcomes.get(name)!.costUsd!)),
        },
      ]),
    ),
    notes,
  };
}

const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function checkNames(rows: OutcomeRow[], names: string[]): void {
  const known = new Set(rows.flatMap((row) => [...row.outcomes.keys()]));
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    throw new EvaluationError(
      `No outcomes of ${missing.map((name) => `«${name}»`).join(', ')}; the files have ${[...known].sort().join(', ')}.`,
    );
  }
  if (new Set(names).size !== names.length) {
    throw new EvaluationError('The reference and the candidates must be different models.');
  }
}

function predictedModel(id: string): PredictedModel {
  const published = knownModels.find((model) => model.id === id)?.scores ?? {};
  return {
    id,
    aliases: [],
    scores: Object.entries(published).flatMap(([benchmark, value]) =>
      value === undefined ? [] : [{ benchmark, value, source: 'known-models', asOf: '' }],
    ),
  };
}

interface Routing {
  options: EvaluationOptions;
  canonical: (name: string) => string;
  training: TrainingRow[];
  tested: TrainingRow[];
  models: PredictedModel[];
  usable: { file: string; row: OutcomeRow }[];
  notes: string[];
}

function routeAll(routing: Routing): RoutedRows[] {
  const { options } = routing;
  const routed: RoutedRows[] = [];
  if (options.artefact !== undefined) {
    routed.push(routeWith(routing, 'artefact', createPredictor(options.artefact)));
  } else if (options.train !== undefined) {
    routed.push(routeTrained(routing, options.train));
  } else {
    routed.push(routeFolded(routing));
  }
  if (options.leaveOut !== undefined) routed.push(routeLeftOut(routing, options.leaveOut));
  return routed;
}

const foldsOf = ({ tested, options }: Routing) =>
  Int32Array.from(tested, (row) => foldOf(row.promptHash, options.folds, options.seed));

/** Default: each prompt is judged by a fit on the other folds. */
function routeFolded(routing: Routing): RoutedRows {
  const { options, training, tested, models } = routing;
  const fold = foldsOf(routing);
  const quality = models.map(() => new Float64Array(tested.length));
  for (let held = 0; held < options.folds; held++) {
    options.progress(`fold ${held + 1} of ${options.folds}`);
    const seen = training.filter((row) => foldOf(row.promptHash, options.folds, options.seed) !== held);
    const predictor = fitFor(seen, models);
    fillQuality(quality, tested, models, predictor, (i) => fold[i] === held);
  }
  return { split: 'in-domain', quality, fold, group: undefined };
}

function routeTrained(routing: Routing, train: NamedRows[]): RoutedRows {
  const { options, tested, models, canonical } = routing;
  options.progress('fitting on the training files');
  const hashes = new Set(tested.map((row) => row.promptHash));
  const seen = train
    .flatMap((file) => file.rows.map((row) => trainingRow(file.name, row, canonical)))
    .filter((row) => !hashes.has(row.promptHash));
  if (seen.length === 0)
    throw new EvaluationError('The training files hold no prompt that the tested files do not.');
  return routeWith(routing, 'trained-elsewhere', fitFor(seen, models, true));
}

function routeWith(routing: Routing, split: Split, predictor: Predictor): RoutedRows {
  const { tested, models, notes } = routing;
  const quality = models.map(() => new Float64Array(tested.length));
  fillQuality(
    quality,
    tested,
    models,
    predictor,
    () => true,
    (unknown) => {
      notes.push(
        `Neither outcomes nor published scores of ${unknown.join(', ')} are known to the router: it can only guess there.`,
      );
    },
  );
  return { split, quality, fold: foldsOf(routing), group: undefined };
}

/** Each group is judged by a fit that saw nothing of it, nor any prompt of it in another group. */
function routeLeftOut(routing: Routing, by: 'source' | 'sub'): RoutedRows {
  const { options, training, tested, models, usable } = routing;
  const group = usable.map(({ row }) => (by === 'source' ? row.source : (row.sub ?? row.source)));
  const groups = [...new Set(group)].sort();
  if (groups.length < 2) throw new EvaluationError(`There is only one ${by}; nothing can be left out.`);
  const blocks = groups.length > leftOutFitsMax ? leftOutBlocks : groups.length;
  const blockOf = (i: number) => groups.indexOf(group[i]!) % blocks;
  const quality = models.map(() => new Float64Array(tested.length));
  for (let block = 0; block < blocks; block++) {
    options.progress(`left out ${block + 1} of ${blocks}`);
    const hashes = new Set(tested.filter((_, i) => blockOf(i) === block).map((row) => row.promptHash));
    const predictor = fitFor(
      training.filter((row) => !hashes.has(row.promptHash)),
      models,
    );
    fillQuality(quality, tested, models, predictor, (i) => blockOf(i) === block);
  }
  return { split: 'left-out', quality, fold: foldsOf(routing), group };
}

function fitFor(rows: TrainingRow[], models: PredictedModel[], withScores = false): Predictor {
  const parameters = fitPredictor(rows, {
    ...defaultFit,
    headsFor: new Set(models.map((model) => model.id)),
  });
  if (!withScores) return createPredictor(parameters);
  const abilities = new Map([...parameters.models].map(([id, model]) => [id, model.ability]));
  return createPredictor({ ...parameters, benchmarks: fitBenchmarks(rows, abilities, knownModels) });
}

function fillQuality(
  quality: Float64Array[],
  tested: TrainingRow[],
  models: PredictedModel[],
  predictor: Predictor,
  held: (i: number) => boolean,
  onUnknown?: (models: string[]) => void,
): void {
  let unknown: string[] = [];
  tested.forEach((row, i) => {
    if (!held(i)) return;
    const predictions = predictor.predict(row, models[0]!, models);
    unknown = models.filter((_, m) => predictions[m]!.ability.source === 'unknown').map((model) => model.id);
    // By loss, not by bounded quality: ranking needs the differences as they are.
    predictions.forEach((prediction, m) => {
      quality[m]![i] = predictions[0]!.quality.mean - prediction.loss.mean;
    });
  });
  if (unknown.length > 0) onUnknown?.(unknown);
}
