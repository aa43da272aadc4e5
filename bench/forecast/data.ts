import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sets from '../../src/evaluation/data/training-sets.json' with { type: 'json' };
import { canonicalModels, knownModels, publishedScores } from '../../src/evaluation/known-models.ts';
import type { Outcome, OutcomeRow } from '../../src/evaluation/outcomes/outcome.ts';
import { readOutcomes } from '../../src/evaluation/outcomes/read.ts';
import { fitBenchmarks } from '../../src/evaluation/training/benchmarks.ts';
import { defaultFit, fitPredictor } from '../../src/evaluation/training/fit.ts';
import { type TrainingRow, trainingRow } from '../../src/evaluation/training/row.ts';
import {
  createPredictor,
  loadShippedPredictor,
  type PredictedModel,
  type Predictor,
  splitPreset,
  type TaskFamily,
} from '../../src/router/index.ts';

/** Sets whose licence lets figures that are shipped be made from them, and sets that are only measured. */
const fittedFiles = ['core24', 'routellm', 'mmlu_pro', 'ulab_llmrouter'];
const measuredFiles = ['lawbench', 'bfcl'];
const data = fileURLToPath(new URL('../../../shared/data/routing/', import.meta.url));

/** One prompt as a predictor that saw nothing of its benchmark judges it, and what really happened. */
export interface Recorded {
  reference: Outcome;
  cheap: Outcome;
  loss: number;
  lossHalf: number;
  referenceQuality: number;
  cheapQuality: number;
  task: TaskFamily;
  language: string;
  askChars: number;
}

export interface RecordedPair {
  benchmark: string;
  /** Whether the set may teach what is shipped. */
  mayTeach: boolean;
  file: string;
  reference: string;
  cheap: string;
  rows: Recorded[];
  hasTokens: boolean;
}

interface Entry {
  file: string;
  row: OutcomeRow;
  training: TrainingRow;
}

const rowsMin = 90;
const referencesMax = 3;
/** A set without costs: list prices of its models (USD per 1M tokens) and so many output tokens stand in; they decide only the order in which requests go. */
const assumedOutTokens = 200;
const assumedPrice = 0.9;

export const hasData = (): boolean => existsSync(join(data, 'tasks.json'));

/** Every pair of a reference (one of the three best of its set) and a model at less than half its cost, benchmark by benchmark. */
export async function recordedPairs(progress: (text: string) => void): Promise<RecordedPair[]> {
  const fitted = await entriesOf(fittedFiles);
  const shipped = loadShippedPredictor();
  const benchmarkOf = ({ training }: Entry): string => benchmarks[training.group] ?? training.group;
  const pairs: RecordedPair[] = [];
  for (const benchmark of [...new Set(fitted.map(benchmarkOf))].sort()) {
    progress(`fitting without ${benchmark}`);
    const held = fitted.filter((entry) => benchmarkOf(entry) === benchmark);
    const hashes = new Set(held.map(({ training }) => training.promptHash));
    const rows = fitted.flatMap(({ training }) => (hashes.has(training.promptHash) ? [] : [training]));
    const parameters = fitPredictor(rows, defaultFit, { calibration: shipped.parameters.calibration });
    const abilities = new Map([...parameters.models].map(([id, model]) => [id, model.ability]));
    const predictor = createPredictor({
      ...parameters,
      benchmarks: fitBenchmarks(rows, abilities, knownModels),
    });
    pairs.push(...pairsOf(held, predictor, { benchmark, mayTeach: true }));
  }
  for (const file of measuredFiles)
    pairs.push(...pairsOf(await entriesOf([file]), shipped, { benchmark: file, mayTeach: false }));
  return pairs;
}

const benchmarks: { [group: string]: string | undefined } = sets.benchmarks;

async function entriesOf(files: readonly string[]): Promise<Entry[]> {
  const canonical = canonicalModels();
  const prices = listedPrices();
  const entries: Entry[] = [];
  for (const file of files) {
    const { rows } = await readOutcomes(join(data, `${file}.jsonl.gz`));
    for (const row of rows) {
      for (const [model, outcome] of row.outcomes) {
        if (outcome.costUsd !== undefined || file !== 'ulab_llmrouter') continue;
        outcome.costUsd =
          ((prices.get(model) ?? assumedPrice) * ((outcome.inTokens ?? 0) + assumedOutTokens)) / 1e6;
      }
      entries.push({ file, row, training: trainingRow(file, row, canonical) });
    }
  }
  return entries;
}

function listedPrices(): Map<string, number> {
  const tasks = JSON.parse(readFileSync(join(data, 'tasks.json'), 'utf8')) as {
    pools: { prices_usd_per_1m?: { [model: string]: [number, number] } }[];
  };
  return new Map(
    tasks.pools.flatMap((pool) =>
      Object.entries(pool.prices_usd_per_1m ?? {}).map(([model, [input]]) => [model, input] as const),
    ),
  );
}

function pairsOf(
  entries: readonly Entry[],
  predictor: Predictor,
  about: { benchmark: string; mayTeach: boolean },
): RecordedPair[] {
  const pairs: RecordedPair[] = [];
  for (const file of new Set(entries.map((entry) => entry.file))) {
    const own = entries.filter((entry) => entry.file === file);
    const stats = statsOf(own);
    const ranked = [...stats].sort((a, b) => b[1].score - a[1].score).slice(0, referencesMax);
    for (const [reference, { usd }] of ranked) {
      const cheap = [...stats].flatMap(([name, one]) =>
        name !== reference && one.usd < usd / 2 ? [name] : [],
      );
      for (const name of cheap) {
        const rows = own.flatMap((entry) => recorded(entry, predictor, reference, name));
        const hasTokens = rows.every(
          ({ reference: one, cheap: other }) => one.outTokens !== undefined && other.outTokens !== undefined,
        );
        if (rows.length >= rowsMin) pairs.push({ ...about, file, reference, cheap: name, rows, hasTokens });
      }
    }
  }
  return pairs;
}

function statsOf(entries: readonly Entry[]): Map<string, { score: number; usd: number }> {
  const sums = new Map<string, { n: number; score: number; usd: number }>();
  for (const { row } of entries) {
    for (const [model, { score, costUsd }] of row.outcomes) {
      if (costUsd === undefined) continue;
      const sum = sums.get(model) ?? { n: 0, score: 0, usd: 0 };
      sums.set(model, { n: sum.n + 1, score: sum.score + score, usd: sum.usd + costUsd });
    }
  }
  return new Map(
    [...sums].flatMap(([model, { n, score, usd }]) =>
      n >= rowsMin ? [[model, { score: score / n, usd: usd / n }]] : [],
    ),
  );
}

const models = new Map<string, PredictedModel>();

function predictedModel(name: string, canonical: (name: string) => string): PredictedModel {
  const id = canonical(name);
  const { model, preset } = splitPreset(id);
  const found = models.get(id) ?? {
    id: model,
    ...(preset === undefined ? {} : { effort: preset }),
    aliases: [],
    scores: publishedScores(model),
  };
  models.set(id, found);
  return found;
}

const canonical = canonicalModels();

function recorded(
  { row, training }: Entry,
  predictor: Predictor,
  referenceName: string,
  cheapName: string,
): Recorded[] {
  const reference = row.outcomes.get(referenceName);
  const cheap = row.outcomes.get(cheapName);
  if (reference?.costUsd === undefined || cheap?.costUsd === undefined) return [];
  const strong = predictedModel(referenceName, canonical);
  const [own, other] = predictor.predict({ ...training, ask: predictor.read(training.vector) }, strong, [
    strong,
    predictedModel(cheapName, canonical),
  ]);
  return [
    {
      reference,
      cheap,
      loss: other!.loss.mean,
      lossHalf: (other!.loss.high - other!.loss.low) / 2,
      referenceQuality: own!.quality.mean,
      cheapQuality: other!.quality.mean,
      task: training.task,
      language: training.language,
      askChars: row.prompt.length,
    },
  ];
}
