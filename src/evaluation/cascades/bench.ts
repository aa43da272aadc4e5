import type { NamedRows } from '../evaluate.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import { costAt } from '../metrics/hull.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import type { OfflineRouter } from '../routers/router.ts';
import { foldOf, promptHash } from '../training/row.ts';
import { acceptanceWithout, answeredAsks, type HeldAsk } from './acceptance-fits.ts';
import { type CalibrationFigures, calibration } from './calibration.ts';
import {
  type HonestPoint,
  honestIntervals,
  honestPoint,
  honestSettings,
  rehearsedSettings,
} from './honest.ts';
import { type CascadeSplit, type OutOfSamplePriors, outOfSample, readEntries } from './priors.ts';
import { pricedModels, type RecordedAnswers, recordedAnswers } from './recorded.ts';
import { playPolicy, type RowTerms, type SweptTask } from './simulate.ts';
import type { CascadeTask, PoolTask } from './tasks.ts';
import { type Played, playSingle, playVote } from './votes.ts';

export interface CascadeBenchOptions {
  router: OfflineRouter;
  folds: number;
  seed: number;
  /** Bootstrap replicates. */
  bootstrap: number;
  /** Files that the acceptance model may be fitted on; the others are measured only. */
  fittedFiles: readonly string[];
  progress: (text: string) => void;
}

export type CascadePlanSet =
  /** The fixed rule, nothing learned. */
  | 'vote of 2'
  | 'vote of 3'
  /** The one of the two that saves more, of those that keep 99 % on the other folds. */
  | 'vote of 2 or 3'
  /** Single models and cascades of the first two, or of all, of the task's cheap models. */
  | 'two voters'
  | 'three voters'
  /** Single models of the file only, and with cascades. */
  | 'any single model'
  | 'any model';

export interface CascadeRow {
  task: string;
  plans: CascadePlanSet;
  split: CascadeSplit | 'none';
  n: number;
  /** Saving at the least cost that keeps 95, 98, 100 % on the tested rows themselves, mixing neighbours on the curve; chosen in hindsight. Absent for fixed rules. */
  save?: { '95': number; '98': number; '100': number } | undefined;
  /** With the price of quality read off other folds or other benchmarks, of the same task. For fixed rules under '100': what they came to. */
  honest: { [target: string]: HonestPoint & { ci: { qualityRatio: Interval; save: Interval } } };
}

export interface ClaimRow {
  split: CascadeSplit;
  plans: CascadePlanSet;
  target: number;
  /** The aim was rehearsed on the others, one left out at a time; else the price is the one that keeps the target on their average. */
  rehearsed: boolean;
  point: HonestPoint;
  ci: { qualityRatio: Interval; save: Interval };
  tasks: { [id: string]: HonestPoint };
}

export interface CascadeBench {
  rows: CascadeRow[];
  claim: ClaimRow[];
  calibration: { split: CascadeSplit; source: string; figures: CalibrationFigures }[];
}

const targets = [0.95, 0.98, 1] as const;
const calibrationDraws = 3_000;

/** Cascades on recorded answers: fixed votes, our plans, and mixed traffic, in domain and with benchmarks left out. Deterministic by `seed`. */
export function benchCascades(
  files: NamedRows[],
  tasks: { cascades: CascadeTask[]; pools: PoolTask[] },
  options: CascadeBenchOptions,
): CascadeBench {
  const result: CascadeBench = { rows: [], claim: [], calibration: [] };
  const settings = tasks.cascades.map((task) =>
    settingOf(files, task.file, task.id, task.cheap, task.reference),
  );
  for (const setting of settings) result.rows.push(...voteRows(setting, options));
  const pools = tasks.pools.map((pool) => poolSetting(files, pool));
  const entries = readEntries(files);
  for (const split of ['in-domain', 'left-out'] as const) {
    const learned = learn(files, entries, [...settings, ...pools], split, options, result);
    const memo: Memo = new Map();
    const swept = [...settings, ...pools].map((setting) => ({
      setting,
      sets: sweepAll(setting, learned(setting), options, split, memo),
    }));
    for (const { setting, sets } of swept) {
      for (const [plans, task] of sets) result.rows.push(sweptRow(setting, plans, split, task, options));
    }
    for (const plans of ['any single model', 'any model'] as const) {
      const mixed = swept.flatMap(({ sets }) =>
        sets.filter(([own]) => own === plans).map(([, task]) => task),
      );
      for (const target of targets) {
        for (const rehearsed of [true, false]) {
          result.claim.push(claimRow(mixed, { plans, split, target, rehearsed }, options));
        }
      }
    }
  }
  return result;
}

/** One task's rows: every model that may answer, and who is cheap and who the reference among them. */
interface Setting {
  id: string;
  recorded: RecordedAnswers;
  cheap: number[];
  reference: number;
  /** Every model of it may answer. */
  pool: boolean;
}

function fileOf(files: NamedRows[], name: string): NamedRows {
  const file = files.find((one) => one.name === name);
  if (file === undefined) throw new Error(`The tasks name the file «${name}», which was not given.`);
  return file;
}

function settingOf(
  files: NamedRows[],
  name: string,
  id: string,
  cheap: string[],
  reference: string,
): Setting {
  const file = fileOf(files, name);
  const own = [...cheap, reference];
  const rows = file.rows.filter((row) =>
    own.every((model) => row.outcomes.get(model)?.costUsd !== undefined),
  );
  const models = [...new Set([...own, ...pricedModels(rows).sort()])];
  const recorded = recordedAnswers(file, models);
  const index = (model: string) => models.indexOf(model);
  return { id, recorded, cheap: cheap.map(index), reference: index(reference), pool: false };
}

/** A pool's reference is its best single model. */
function poolSetting(files: NamedRows[], pool: PoolTask): Setting {
  const file = fileOf(files, pool.file);
  const named = pool.models ?? pricedModels(file.rows);
  const { models, score } = recordedAnswers(file, named);
  const totals = score.map((own) => own.reduce((sum, one) => sum + one, 0));
  const best = models[totals.indexOf(Math.max(...totals))]!;
  const cheap = named.filter((model) => model !== best);
  return { ...settingOf(files, pool.file, pool.id, cheap, best), pool: true };
}

function voteRows({ id, recorded, cheap, reference }: Setting, options: CascadeBenchOptions): CascadeRow[] {
  const { file, rows } = recorded;
  const task: SweptTask = {
    id,
    file,
    rows,
    played: [2, 3].map((voters) => playVote(recorded, cheap.slice(0, voters), reference)),
    reference: playSingle(recorded, reference),
    held: rows.map((row) => `fold ${foldOf(promptHash(row.prompt), options.folds, options.seed)}`),
  };
  const row = (plans: CascadePlanSet, target: string, chosen: (number | undefined)[]): CascadeRow => ({
    task: id,
    plans,
    split: 'none',
    n: rows.length,
    honest: {
      [target]: { ...honestPoint([task], [chosen]), ci: honestIntervals([task], [chosen], options) },
    },
  });
  return [
    row(
      'vote of 2',
      '100',
      rows.map(() => 0),
    ),
    row(
      'vote of 3',
      '100',
      rows.map(() => 1),
    ),
    row('vote of 2 or 3', '99', honestSettings([task], 0.99)[0]!),
  ];
}

/** What is known before the answers, per row of a setting. */
interface Learned {
  terms: (row: number) => RowTerms;
  held: string[];
}

function learn(
  files: NamedRows[],
  entries: ReturnType<typeof readEntries>,
  settings: Setting[],
  split: CascadeSplit,
  options: CascadeBenchOptions,
  result: CascadeBench,
): (setting: Setting) => Learned {
  const priors = new Map<string, OutOfSamplePriors>();
  for (const name of new Set(settings.map(({ recorded }) => recorded.file))) {
    const models = [
      ...new Set(settings.flatMap(({ recorded }) => (recorded.file === name ? recorded.models : []))),
    ];
    // What is measured only is never fitted for another file.
    const own = entries.filter(({ file }) => file === name || options.fittedFiles.includes(file));
    priors.set(name, outOfSample(name, models, own, split, options));
  }
  const asks = new Map([...priors].map(([name, own]) => [name, answeredAsks(own)]));
  const fitted = [...asks].filter(([name]) => options.fittedFiles.includes(name)).flatMap(([, own]) => own);
  options.progress(`${split}: acceptance`);
  const parametersOf = acceptanceWithout(fitted);
  for (const [name, own] of asks) calibrate(fileOf(files, name), own, split, parametersOf, options, result);
  const costs = new Map<string, Float64Array>();
  return ({ recorded, reference }) => {
    const { held, quality, models } = priors.get(recorded.file)!;
    const order = recorded.models.map((model) => models.indexOf(model));
    const keys = recorded.rows.map((row) => held.get(row)!);
    const costOf = (key: string) => {
      const name = `${recorded.file}\0${recorded.models.join()}\0${key}`;
      const known = costs.get(name) ?? meanCosts(recorded, keys, key);
      costs.set(name, known);
      return known;
    };
    return {
      held: keys,
      terms(row) {
        const estimates = quality.get(recorded.rows[row]!)!;
        const costUsd = costOf(keys[row]!);
        return {
          quality: Float64Array.from(order, (m) => estimates[m]!),
          costUsd,
          parameters: parametersOf(keys[row]!),
          unitUsd: costUsd[reference]!,
        };
      },
    };
  };
}

/** What a call of each model costs on average, on rows that were not left out. */
function meanCosts({ usd }: RecordedAnswers, keys: string[], key: string): Float64Array {
  return Float64Array.from(usd, (own) => {
    let sum = 0;
    let n = 0;
    own.forEach((one, i) => {
      if (keys[i] === key) return;
      sum += one;
      n += 1;
    });
    return sum / n;
  });
}

function calibrate(
  { rows }: NamedRows,
  asks: HeldAsk[],
  split: CascadeSplit,
  parametersOf: Parameters<typeof calibration>[1],
  options: CascadeBenchOptions,
  result: CascadeBench,
): void {
  // Asks stand in the order of the file's rows.
  const sourceOf = (row: OutcomeRow) => row.source;
  for (const source of [...new Set(rows.map(sourceOf))].sort()) {
    const own = asks.filter((_, i) => sourceOf(rows[i]!) === source);
    if (own.every(({ comparison }) => comparison === 'text')) continue;
    const figures = calibration(own, parametersOf, { draws: calibrationDraws, seed: options.seed });
    result.calibration.push({ split, source, figures });
  }
}

/** Tasks that differ only in the order of their cheap models are played once. */
type Memo = Map<string, { length: number; played: Played[] }>;

function sweepAll(
  { id, recorded, cheap, reference, pool }: Setting,
  { terms, held }: Learned,
  options: CascadeBenchOptions,
  split: CascadeSplit,
  memo: Memo,
): [CascadePlanSet, SweptTask][] {
  const all = recorded.models.map((_, m) => m);
  const sets: [CascadePlanSet, number[], boolean][] = [
    ['two voters', cheap.slice(0, 2), true],
    ['three voters', cheap.slice(0, 3), true],
    ['any single model', all, false],
    ['any model', all, true],
  ];
  // The models of a pool have no order: which of them would be the first two says nothing.
  const asked = pool ? sets.slice(2) : sets;
  return asked.map(([plans, members, votes]) => {
    options.progress(`${split}: ${id}, ${plans}`);
    const policy = [...members].map((m) => recorded.models[m]!).sort();
    const key = [recorded.file, recorded.models[reference], ...policy, votes].join('\0');
    const known = memo.get(key);
    const played =
      known?.length === recorded.rows.length
        ? known.played
        : playPolicy(recorded, terms, { members, last: reference, votes });
    memo.set(key, { length: recorded.rows.length, played });
    const { file, rows } = recorded;
    return [plans, { id, file, rows, played, reference: playSingle(recorded, reference), held }];
  });
}

function sweptRow(
  { id, recorded }: Setting,
  plans: CascadePlanSet,
  split: CascadeSplit,
  task: SweptTask,
  options: CascadeBenchOptions,
): CascadeRow {
  const points = task.played.map((_, setting) => honestPoint([task], [task.held.map(() => setting)]));
  const mixed = [...points, { qualityRatio: 1, save: 0 }].map((point) => ({
    cost: 1 - point.save,
    quality: point.qualityRatio,
  }));
  const save = (target: number) => Math.max(0, 1 - (costAt(mixed, target) ?? 1));
  const honest: CascadeRow['honest'] = {};
  for (const target of targets) {
    const chosen = honestSettings([task], target);
    honest[String(100 * target)] = {
      ...honestPoint([task], chosen),
      ci: honestIntervals([task], chosen, options),
    };
  }
  return {
    task: id,
    plans,
    split,
    n: recorded.rows.length,
    save: { '95': save(0.95), '98': save(0.98), '100': save(1) },
    honest,
  };
}

/** Mixed traffic: one price of quality for all tasks, chosen where nothing of the held fold or benchmark was seen, in any of them. */
function claimRow(
  mixed: SweptTask[],
  claim: Pick<ClaimRow, 'plans' | 'split' | 'target' | 'rehearsed'>,
  options: CascadeBenchOptions,
): ClaimRow {
  const choose = claim.rehearsed ? rehearsedSettings : honestSettings;
  const chosen = choose(mixed, claim.target);
  return {
    ...claim,
    point: honestPoint(mixed, chosen),
    ci: honestIntervals(mixed, chosen, options),
    tasks: Object.fromEntries(mixed.map((task, t) => [task.id, honestPoint([task], [chosen[t]!])])),
  };
}
