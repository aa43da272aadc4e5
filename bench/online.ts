/**
 * What own outcomes are worth: a predictor that saw nothing of an installation's traffic (no row of the file's, of the same benchmark elsewhere, or that repeats a
 * prompt) learns from 0 to 1,000 graded pairs drawn from half of the rows, and ranks the other half. Beside it, an n-gram regression fitted on the same pairs
 * alone. `npm run bench:online -- [--only TASK,…] [--orders 8] [--data FOLDER] [--out FILE]`
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import trainingSets from '../src/evaluation/data/training-sets.json' with { type: 'json' };
import { canonicalModels, knownModels } from '../src/evaluation/known-models.ts';
import { orderByScore, pairMetrics } from '../src/evaluation/metrics/pair.ts';
import { createRandom } from '../src/evaluation/metrics/random.ts';
import { ngramsRouter } from '../src/evaluation/routers/ngrams.ts';
import { type PromptRow, promptRow, trainingPrompts } from '../src/evaluation/routers/router.ts';
import { twinsOf } from '../src/evaluation/splits/twins.ts';
import { fitBenchmarks } from '../src/evaluation/training/benchmarks.ts';
import { defaultFit, fitPredictor } from '../src/evaluation/training/fit.ts';
import {
  createPredictor,
  loadShippedPredictor,
  OwnOutcomes,
  type PredictedModel,
  type Predictor,
} from '../src/router/index.ts';
import { withOwn } from '../src/router/predictor/own/reading.ts';
import { type RoutingTask, readFile, readTasks } from './routing/tasks.ts';

const steps = [0, 30, 100, 300, 1000];
const groupRowsMin = 40;

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: fileURLToPath(new URL('../../shared/data/routing', import.meta.url)) },
    only: { type: 'string' },
    orders: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});

/** A prompt that both models answered. */
interface Pair {
  prompt: PromptRow;
  group: string;
  /** Of the reference and of the cheap model. */
  scores: [number, number];
  usd: [number, number];
}

interface Curve {
  task: string;
  rows: number;
  /** Most labels there were, which is fewer than the last step in small files. */
  labels: number;
  /** APGR by order, then by step. */
  ours: number[][];
  rival: number[][];
  /** By step: groups inside their interval, groups, and the mean half width. */
  held: { inside: number; groups: number; width: number }[];
}

const benchmarkOf = (row: PromptRow): string =>
  (trainingSets.benchmarks as { [group: string]: string | undefined })[row.training.group] ??
  row.training.group;

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

if (existsSync(flags.data)) await main();
else console.error('The recorded outcomes are not on this machine; there is nothing to measure.');

async function main(): Promise<void> {
  const { tasks, prices } = readTasks(flags.data);
  const only = flags.only?.split(',');
  const pairs = tasks.filter(({ id, kind }) => kind === 'pair' && (only?.includes(id) ?? true));
  const canonical = canonicalModels();
  const files = new Map<string, Awaited<ReturnType<typeof read>>>();
  const read = async (name: string) =>
    (await readFile(flags.data, name, prices.get(name))).rows.map((row) => ({
      row,
      prompt: promptRow(name, row, canonical),
    }));
  const rowsOf = async (name: string) => {
    const known = files.get(name) ?? (await read(name));
    files.set(name, known);
    return known;
  };
  const trainFiles = [...new Set(tasks.flatMap(({ use, file }) => (use === 'train' ? [file] : [])))];
  const curves: Curve[] = [];
  for (const together of sharing(pairs)) {
    const [{ file, sources }] = together as [RoutingTask];
    const own = (await rowsOf(file)).filter(({ row }) => sources?.includes(row.source) ?? true);
    const others = (await Promise.all(trainFiles.map(rowsOf))).flat().map(({ prompt }) => prompt);
    const models = [...new Set(together.flatMap((task) => task.models as string[]).map(canonical))];
    const predictor = fitWithout(
      own.map(({ prompt }) => prompt),
      others,
      models,
    );
    for (const task of together) {
      const [cheap, reference] = task.models as [string, string];
      const usable = own.flatMap(({ row, prompt }): Pair[] => {
        const [r, c] = [row.outcomes.get(reference), row.outcomes.get(cheap)];
        if (r?.costUsd === undefined || c?.costUsd === undefined) return [];
        const group = row.sub ?? row.source;
        return [{ prompt, group, scores: [r.score, c.score], usd: [r.costUsd, c.costUsd] }];
      });
      const curve = curveOf(task.id, usable, predictor, [reference, cheap].map(canonical));
      curves.push(curve);
      console.log(lineOf(curve));
    }
  }
  summarise(curves);
  if (flags.out !== undefined)
    writeFileSync(flags.out, `${JSON.stringify({ steps, curves }, undefined, 1)}\n`);
}

/** Tasks on the same rows, so that one fit serves them. */
function sharing(tasks: RoutingTask[]): RoutingTask[][] {
  const groups = new Map<string, RoutingTask[]>();
  for (const task of tasks) {
    const key = `${task.file} ${task.sources?.join() ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  return [...groups.values()];
}

function fitWithout(own: PromptRow[], others: PromptRow[], models: string[]): Predictor {
  const groups = new Set(own.map(({ training }) => training.group));
  const benchmarks = new Set(own.map(benchmarkOf));
  const isTwin = twinsOf(own);
  const rows = others
    .filter((row) => !groups.has(row.training.group) && !benchmarks.has(benchmarkOf(row)) && !isTwin(row))
    .map(({ training }) => training);
  const parameters = fitPredictor(rows, { ...defaultFit, headsFor: new Set(models) });
  const abilities = new Map([...parameters.models].map(([id, { ability }]) => [id, ability]));
  return createPredictor({
    ...parameters,
    benchmarks: fitBenchmarks(rows, abilities, knownModels),
    calibration: loadShippedPredictor().parameters.calibration,
  });
}

function modelOf(id: string): PredictedModel {
  const published = knownModels.find((model) => model.id === id)?.scores ?? {};
  const scores = Object.entries(published).flatMap(([benchmark, value]) =>
    value === undefined ? [] : [{ benchmark, value }],
  );
  return { id, aliases: [], scores };
}

function curveOf(task: string, pairs: Pair[], predictor: Predictor, names: string[]): Curve {
  const models = names.map(modelOf);
  const asks = new Map(
    pairs.map(({ prompt }) => {
      const { vector, task: kind, language } = prompt.training;
      return [prompt, { ask: predictor.read(vector), task: kind, language }];
    }),
  );
  const predicted = (own: OwnOutcomes, { prompt }: Pair) => {
    const asked = asks.get(prompt)!;
    const shipped = predictor.predict(asked, models[0]!, models);
    return withOwn(shipped, models, own.read(asked, models) ?? {}, predictor.parameters.calibration)[1]!.loss;
  };
  const curve: Curve = {
    task,
    rows: pairs.length,
    labels: Math.min(steps.at(-1)!, pairs.length - Math.ceil(pairs.length / 2)),
    ours: [],
    rival: [],
    held: steps.map(() => ({ inside: 0, groups: 0, width: 0 })),
  };
  for (let order = 0; order < Number(flags.orders); order++) {
    const drawn = shuffled(pairs, order);
    const tested = drawn.slice(0, Math.ceil(pairs.length / 2));
    const labelled = drawn.slice(tested.length);
    const own = new OwnOutcomes(predictor);
    let taught = 0;
    curve.ours.push(
      steps.map((step, s) => {
        for (; taught < Math.min(step, labelled.length); taught++) {
          const { prompt, scores } = labelled[taught]!;
          models.forEach((model, m) => {
            own.learn({ ...asks.get(prompt)!, reference: models[0]!, model, score: scores[m]! });
          });
        }
        const losses = tested.map((pair) => predicted(own, pair));
        noteHeld(curve.held[s]!, tested, losses);
        return apgr(
          tested,
          losses.map(({ mean }) => mean),
        );
      }),
    );
    curve.rival.push(rivalCurve(tested, labelled, names));
  }
  return curve;
}

/** A group's mean gain against the interval of its mean loss, which is widened by the sampling noise of what came. */
function noteHeld(
  held: Curve['held'][number],
  tested: Pair[],
  losses: { mean: number; low: number; high: number }[],
): void {
  const groups = new Map<string, number[]>();
  tested.forEach(({ group }, i) => {
    groups.set(group, [...(groups.get(group) ?? []), i]);
  });
  for (const members of groups.values()) {
    if (members.length < groupRowsMin) continue;
    const mean = (value: (i: number) => number) =>
      members.reduce((sum, i) => sum + value(i), 0) / members.length;
    const errors = (i: number) => tested[i]!.scores[0] - tested[i]!.scores[1] - losses[i]!.mean;
    const error = mean(errors);
    const noise = mean((i) => (errors(i) - error) ** 2) / members.length;
    const half = mean((i) => (losses[i]!.high - losses[i]!.low) / 2);
    held.groups += 1;
    held.width += half;
    if (Math.abs(error) <= Math.sqrt(half ** 2 + 1.96 ** 2 * noise)) held.inside += 1;
  }
}

function rivalCurve(tested: Pair[], labelled: Pair[], names: string[]): number[] {
  return steps.map((step) => {
    if (step === 0) return 0.5;
    const rows = labelled.slice(0, step).map(({ prompt }) => prompt);
    const fitted = ngramsRouter.fit(trainingPrompts(rows, 1), names, { seed: 1 });
    return apgr(
      tested,
      tested.map(({ prompt }) => {
        const [reference, cheap] = fitted.quality(prompt, 0);
        return reference! - cheap!;
      }),
    );
  });
}

function apgr(pairs: Pair[], wish: number[]): number {
  const column = (read: (pair: Pair) => number) => Float64Array.from(pairs, read);
  const sample = {
    reference: column(({ scores }) => scores[0]),
    cheap: column(({ scores }) => scores[1]),
    referenceUsd: column(({ usd }) => usd[0]),
    cheapUsd: column(({ usd }) => usd[1]),
    routerScore: Float64Array.from(wish),
  };
  return pairMetrics(sample, orderByScore(sample.routerScore)).apgr ?? Number.NaN;
}

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = createRandom(seed + 1);
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Mean, and 1.96 standard errors of it over the orders. */
function shown(values: readonly number[]): string {
  const mean = meanOf(values);
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${mean.toFixed(3)} ±${(1.96 * Math.sqrt(variance / values.length)).toFixed(3)}`;
}

function lineOf({ task, rows, labels, ours, rival }: Curve): string {
  const ourCells = steps.map((_, s) => shown(ours.map((curve) => curve[s]!))).join('  ');
  const rivalCells = steps.map((_, s) => meanOf(rival.map((curve) => curve[s]!)).toFixed(3)).join(' ');
  return `${task.padEnd(24)} ${String(rows).padStart(5)} rows, ${String(labels).padStart(4)} labels  ${ourCells}  | n-grams alone ${rivalCells}`;
}

function summarise(curves: Curve[]): void {
  console.log(
    `\nmean of ${curves.length} tasks, with 1.96 standard errors over the orders in which rows were drawn`,
  );
  console.log('labels   ours            n-grams alone   groups inside the interval, its half width');
  const over = (all: (curve: Curve) => number[][], s: number) =>
    all(curves[0]!).map((_, order) => meanOf(curves.map((curve) => all(curve)[order]![s]!)));
  steps.forEach((step, s) => {
    const groups = curves.reduce((sum, { held }) => sum + held[s]!.groups, 0);
    const inside = curves.reduce((sum, { held }) => sum + held[s]!.inside, 0);
    const width = curves.reduce((sum, { held }) => sum + held[s]!.width, 0) / groups;
    const cells = [
      String(step).padStart(6),
      shown(over(({ ours }) => ours, s)),
      shown(over(({ rival }) => rival, s)),
      `${((100 * inside) / groups).toFixed(1)} % of ${groups}, ±${(100 * width).toFixed(1)} points`,
    ];
    console.log(cells.join('   '));
  });
}
