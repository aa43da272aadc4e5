import {
  type AcceptanceParameters,
  type Artefact,
  abilityOf,
  encodeArtefact,
  type ModelParameters,
  modelKey,
  type PredictedModel,
  type PredictorParameters,
  type Provenance,
  splitPreset,
} from '../../router/index.ts';
import { comparedAnswers, comparisonBySource } from '../cascades/recorded.ts';
import sets from '../data/training-sets.json' with { type: 'json' };
import { canonicalModels, knownModels } from '../known-models.ts';
import { orderByScore, pairMetrics } from '../metrics/pair.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import { type AnsweredAsk, fitAcceptance } from './acceptance.ts';
import { chainBenchmarks, fitBenchmarks } from './benchmarks.ts';
import { calibrate, type OutOfSample } from './calibrate.ts';
import { assumedAcceptance, defaultFit, fitPredictor } from './fit.ts';
import { type TrainingRow, trainingRow } from './row.ts';
import type { PairTask } from './tasks.ts';

export interface TrainingSet {
  /** File name without folder and endings. */
  name: string;
  rows: OutcomeRow[];
  /** Of the file's bytes, so that an artefact can tell what it was trained on. */
  sha256: string;
}

export interface TrainOptions {
  pairs: PairTask[];
  seed: number;
  /** ISO date, for the record. */
  date: string;
  /** Version of this program, for the record. */
  code: string;
  /** Models with published scores, through which benchmarks of newer models are tied to the ability scale. */
  published: readonly PredictedModel[];
  progress: (text: string) => void;
}

/** What was learned from, and how well it held on rows that were not seen. */
export interface TrainingReport {
  rows: number;
  models: number;
  /** Rows per kind of work and language. */
  evidence: { [cell: string]: number };
  pairs: { [id: string]: PairFigures };
  coverage: { folded: number; leftOut: number };
}

export interface PairFigures {
  n: number;
  inDomain: { apgr: number; save95: number; save98: number };
  leftOut: { apgr: number; save95: number; save98: number };
}

/** A set cannot be trained on; the message says why. */
export class TrainingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TrainingError';
  }
}

const folds = 5;

/** Fits the shipped predictor, calibrates its intervals on rows it did not see, and writes down what it was made of. */
export function train(
  trainingSets: TrainingSet[],
  options: TrainOptions,
): { artefact: Artefact; report: TrainingReport } {
  const { progress } = options;
  const canonical = canonicalModels();
  progress('reading features');
  const entries = trainingSets.flatMap((set) =>
    set.rows.map((row) => ({ set, row, training: trainingRow(set.name, row, canonical) })),
  );
  const rows = entries.map((entry) => entry.training);
  const calibrated = calibrate(rows, {
    fit: defaultFit,
    folds,
    seed: options.seed,
    benchmarkOf: (row) => benchmarks[row.group] ?? row.group,
    progress,
  });
  progress('agreement of answers');
  const acceptance = servedAcceptance(fitAcceptance(asksOf(entries, calibrated.leftOut)));
  progress('final fit');
  const fitted = fitPredictor(rows, defaultFit, { calibration: calibrated.calibration });
  const abilities = new Map([...fitted.models].map(([id, model]) => [id, model.ability]));
  const direct: PredictorParameters = {
    ...fitted,
    acceptance,
    models: named(fitted.models),
    benchmarks: fitBenchmarks(rows, abilities, knownModels),
  };
  const parameters: PredictorParameters = {
    ...direct,
    benchmarks: chainBenchmarks(direct.benchmarks, options.published, (model) => {
      const ability = abilityOf(model, direct);
      return ability.source === 'unknown' ? undefined : ability;
    }),
  };
  const pairs = Object.fromEntries(
    options.pairs.map((task) => [
      task.id,
      figuresOf(task, entries, calibrated.folded, calibrated.leftOut, canonical),
    ]),
  );
  const report: TrainingReport = {
    rows: rows.length,
    models: fitted.models.size,
    evidence: Object.fromEntries([...fitted.cells].sort(([, a], [, b]) => b - a)),
    pairs,
    coverage: calibrated.coverage,
  };
  const artefact = encodeArtefact(parameters, {
    provenance: {
      date: options.date,
      code: options.code,
      seed: options.seed,
      dataSets: Object.fromEntries(trainingSets.map((set) => [set.name, provenanceOf(set)])),
    },
    measured: measuredOf(report),
  });
  return { artefact, report };
}

/**
 * As it is served: estimates come with intervals, and votes are bounded by the lower ends of these, so they are not drawn towards the middle a second time.
 * How often answers fail a check is assumed: recorded sets know only answers that their scorer could not read.
 */
function servedAcceptance(fitted: AcceptanceParameters): AcceptanceParameters {
  return { ...fitted, prior: assumedAcceptance.prior, faults: assumedAcceptance.faults };
}

/** Recorded answers with estimates that saw nothing of their benchmark: what the acceptance of answers will meet. */
function asksOf(entries: { row: OutcomeRow }[], leftOut: OutOfSample): AnsweredAsk[] {
  const canonical = canonicalModels();
  const comparisons = comparisonBySource(entries.map(({ row }) => row));
  return entries.flatMap(({ row }, i) => {
    // Sets that record only scores say nothing of answers.
    if (![...row.outcomes.values()].some(({ answer }) => answer !== undefined)) return [];
    const answered = [...row.outcomes].flatMap(([name, outcome]) => {
      const prior = leftOut.quality[i]!.get(canonical(name));
      return prior === undefined ? [] : [{ prior, outcome }];
    });
    return [{ comparison: comparisons.get(row.source)!, models: comparedAnswers(answered) }];
  });
}

const benchmarks: { [group: string]: string | undefined } = sets.benchmarks;
const licences: { [name: string]: { licence: string; source: string } | undefined } = sets.sets;

function provenanceOf(set: TrainingSet): Provenance['dataSets'][string] {
  const known = licences[set.name];
  if (known === undefined) {
    throw new TrainingError(
      `No licence is recorded for the set «${set.name}»; what is shipped may only be trained on sets whose licence allows it (${Object.keys(licences).join(', ')}).`,
    );
  }
  const models = new Set(set.rows.flatMap((row) => [...row.outcomes.keys()]));
  return { rows: set.rows.length, models: models.size, ...known, sha256: set.sha256 };
}

/** Adds the other names a model is known by, so that the catalogue's spelling finds it. */
function named(models: Map<string, ModelParameters>): Map<string, ModelParameters> {
  const known = new Map(knownModels.map((model) => [model.id, model]));
  return new Map(
    [...models].map(([id, model]) => {
      const base = splitPreset(id).model;
      const others = (known.get(base)?.names ?? []).map((name) => name + id.slice(base.length));
      return [id, { ...model, names: [...new Set([id, ...others].map(modelKey))] }];
    }),
  );
}

type Entry = { set: TrainingSet; row: OutcomeRow; training: TrainingRow };

function figuresOf(
  task: PairTask,
  entries: Entry[],
  folded: OutOfSample,
  leftOut: OutOfSample,
  canonical: (name: string) => string,
): PairFigures {
  const picked = entries.flatMap(({ set, row }, i) => {
    const fits = set.name === task.file && (task.source === undefined || task.source.includes(row.source));
    const cheap = row.outcomes.get(task.cheap);
    const reference = row.outcomes.get(task.reference);
    return fits && cheap !== undefined && reference !== undefined ? [{ i, cheap, reference }] : [];
  });
  const figures = (estimates: OutOfSample) => {
    const sample = {
      cheap: Float64Array.from(picked, ({ cheap }) => cheap.score),
      reference: Float64Array.from(picked, ({ reference }) => reference.score),
      cheapUsd: Float64Array.from(picked, ({ cheap }) => cheap.costUsd ?? 0),
      referenceUsd: Float64Array.from(picked, ({ reference }) => reference.costUsd ?? 0),
      routerScore: Float64Array.from(
        picked,
        ({ i }) =>
          estimates.quality[i]!.get(canonical(task.reference))! -
          estimates.quality[i]!.get(canonical(task.cheap))!,
      ),
    };
    const metrics = pairMetrics(sample, orderByScore(sample.routerScore));
    return { apgr: metrics.apgr ?? Number.NaN, save95: metrics.save[95], save98: metrics.save[98] };
  };
  return { n: picked.length, inDomain: figures(folded), leftOut: figures(leftOut) };
}

const digits = (value: number) => (Number.isFinite(value) ? Math.round(value * 1000) / 1000 : -1);

function measuredOf({ pairs, coverage }: TrainingReport): Artefact['measured'] {
  const measured: Artefact['measured'] = {
    intervals: { coverageFolded: digits(coverage.folded), coverageLeftOut: digits(coverage.leftOut) },
  };
  for (const [id, { n, inDomain, leftOut }] of Object.entries(pairs)) {
    measured[id] = { n, apgrFolded: digits(inDomain.apgr), apgrLeftOut: digits(leftOut.apgr) };
  }
  return measured;
}
