import { type Interval, intervalOf } from '../metrics/bootstrap.ts';
import { createRandom } from '../metrics/random.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import type { SweptTask } from './simulate.ts';

export interface HonestPoint {
  /** Relative to the reference, and what is saved against it. */
  qualityRatio: number;
  save: number;
}

/** Sums over rows. */
interface Sums {
  n: number;
  quality: number;
  usd: number;
  referenceQuality: number;
  referenceUsd: number;
}

const noSums = (): Sums => ({ n: 0, quality: 0, usd: 0, referenceQuality: 0, referenceUsd: 0 });

function addRow(
  sums: Sums,
  { played, reference }: SweptTask,
  setting: number | undefined,
  i: number,
  weight: number,
): void {
  const { score, usd } = setting === undefined ? reference : played[setting]!;
  sums.n += weight;
  sums.quality += weight * score[i]!;
  sums.usd += weight * usd[i]!;
  sums.referenceQuality += weight * reference.score[i]!;
  sums.referenceUsd += weight * reference.usd[i]!;
}

/** Several tasks at equal weight: cost pooled, quality the mean of the ratios. Tasks without rows do not count. */
function pointOf(tasks: readonly Sums[]): HonestPoint {
  const all = tasks.filter(({ n }) => n > 0);
  let ratio = 0;
  let usd = 0;
  let referenceUsd = 0;
  for (const sums of all) {
    ratio += sums.quality / sums.referenceQuality / all.length;
    usd += sums.usd / sums.n;
    referenceUsd += sums.referenceUsd / sums.n;
  }
  return { qualityRatio: ratio, save: 1 - usd / referenceUsd };
}

/** Per task, setting and key. */
type KeySums = Map<string, Sums>[][];

function keySums(tasks: readonly SweptTask[]): KeySums {
  return tasks.map((task) =>
    task.played.map((_, setting) => {
      const byKey = new Map<string, Sums>();
      task.held.forEach((key, i) => {
        const sums = byKey.get(key) ?? noSums();
        byKey.set(key, sums);
        addRow(sums, task, setting, i, 1);
      });
      return byKey;
    }),
  );
}

function addSums(into: Sums, own: Sums): void {
  into.n += own.n;
  into.quality += own.quality;
  into.usd += own.usd;
  into.referenceQuality += own.referenceQuality;
  into.referenceUsd += own.referenceUsd;
}

function pointWithout(sums: KeySums, setting: number, left: readonly string[]): HonestPoint {
  return pointOf(
    sums.map((task) => {
      const total = noSums();
      for (const [key, own] of task[setting]!) if (!left.includes(key)) addSums(total, own);
      return total;
    }),
  );
}

/**
 * For each key held out the setting is read off all other rows of all tasks, the cheapest that keeps `target` there, and then used on the held ones; where
 * none keeps it the reference answers. Gives per task which setting plays each row; undefined is the reference.
 */
export function honestSettings(tasks: readonly SweptTask[], target: number): (number | undefined)[][] {
  return settingsBy(tasks, (sums, key) => cheapestWithout(sums, [key], target));
}

/** By how much more than the target may be aimed at, in steps, before the reference is taken. */
const aimsAbove = [0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03];

/**
 * The same with an aim above the target, as high as the others themselves show to be needed: the cheapest of many settings that just reaches an aim has had
 * luck, and a benchmark that is left out differs from those it was chosen on. The least aim is taken that, leaving out each of the others in turn, keeps
 * the target on these.
 */
export function rehearsedSettings(tasks: readonly SweptTask[], target: number): (number | undefined)[][] {
  return settingsBy(tasks, (sums, held, keys) => {
    const others = keys.filter((key) => key !== held);
    const aim = aimsAbove
      .map((above) => target + above)
      .find((one) => rehearse(sums, held, others, one) >= target);
    return aim === undefined ? undefined : cheapestWithout(sums, [held], aim);
  });
}

/** What an aim would have kept on each of the others, had it been the one left out. */
function rehearse(sums: KeySums, held: string, others: readonly string[], aim: number): number {
  const totals = sums.map(noSums);
  for (const key of others) {
    const setting = cheapestWithout(sums, [held, key], aim);
    sums.forEach((task, t) => {
      const own = task[setting ?? 0]!.get(key);
      if (own === undefined) return;
      const { n, referenceQuality, referenceUsd } = own;
      addSums(
        totals[t]!,
        setting === undefined
          ? { n, quality: referenceQuality, usd: referenceUsd, referenceQuality, referenceUsd }
          : own,
      );
    });
  }
  return pointOf(totals).qualityRatio;
}

function settingsBy(
  tasks: readonly SweptTask[],
  choose: (sums: KeySums, held: string, keys: readonly string[]) => number | undefined,
): (number | undefined)[][] {
  const sums = keySums(tasks);
  const keys = [...new Set(tasks.flatMap((task) => task.held))];
  const chosen = new Map(keys.map((key) => [key, choose(sums, key, keys)]));
  return tasks.map((task) => task.held.map((key) => chosen.get(key)));
}

function cheapestWithout(sums: KeySums, left: readonly string[], target: number): number | undefined {
  let best: { setting: number; save: number } | undefined;
  for (let setting = 0; setting < sums[0]!.length; setting++) {
    const { qualityRatio, save } = pointWithout(sums, setting, left);
    if (qualityRatio >= target && (best === undefined || save > best.save)) best = { setting, save };
  }
  return best?.setting;
}

/** What chosen settings came to, over all tasks at equal weight; `weight` as the bootstrap needs it. */
export function honestPoint(
  tasks: readonly SweptTask[],
  settings: readonly (number | undefined)[][],
  weight: (task: number, row: number) => number = () => 1,
): HonestPoint {
  return pointOf(
    tasks.map((task, t) => {
      const sums = noSums();
      settings[t]!.forEach((setting, i) => {
        const w = weight(t, i);
        if (w !== 0) addRow(sums, task, setting, i, w);
      });
      return sums;
    }),
  );
}

/** 95 % intervals over prompts, drawn with replacement; a prompt that stands in several tasks is drawn in all of them. The settings stay as chosen. */
export function honestIntervals(
  tasks: readonly SweptTask[],
  settings: readonly (number | undefined)[][],
  options: { bootstrap: number; seed: number },
): { qualityRatio: Interval; save: Interval } {
  const random = createRandom(options.seed);
  const rows = new Map<string, OutcomeRow[]>();
  for (const { file, rows: own } of tasks) rows.set(file, [...new Set([...(rows.get(file) ?? []), ...own])]);
  const ratios = new Float64Array(options.bootstrap);
  const saves = new Float64Array(options.bootstrap);
  for (let replicate = 0; replicate < options.bootstrap; replicate++) {
    const weight = new Map<OutcomeRow, number>();
    for (const own of rows.values()) {
      for (let k = 0; k < own.length; k++) {
        const row = own[Math.floor(random() * own.length)]!;
        weight.set(row, (weight.get(row) ?? 0) + 1);
      }
    }
    const point = honestPoint(tasks, settings, (t, i) => weight.get(tasks[t]!.rows[i]!) ?? 0);
    ratios[replicate] = point.qualityRatio;
    saves[replicate] = point.save;
  }
  return { qualityRatio: intervalOf(ratios) ?? [0, 0], save: intervalOf(saves) ?? [0, 0] };
}
