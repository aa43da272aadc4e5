import {
  type CellKey,
  cellKey,
  type Guess,
  gainShare,
  type Language,
  type ModelParameters,
  splitPreset,
  type TaskFamily,
  taskFamilies,
  thinkingGain,
} from '../../router/index.ts';
import type { TrainingRow } from './row.ts';

/** Even where thinking is said to change nothing, a preset may be better in one kind of work than in another by so many logits. */
const sdMin = 0.1;

/**
 * What is expected of a preset's cells before its outcomes are looked at: its ability is one number over the kinds of work in the rows, and thinking
 * helps more in some than in others. Undefined for names without a preset.
 */
export function effortPriors(
  rows: TrainingRow[],
  abilities: ReadonlyMap<string, number>,
): (model: string) => ((task: TaskFamily) => Guess) | undefined {
  // What the pooled weights describe: a field of models that think, on the mean, so much.
  let share = 0;
  let answers = 0;
  const mixes = new Map<string, Mix>();
  for (const { task, scores } of rows) {
    for (const model of scores.keys()) {
      const { preset } = splitPreset(model);
      answers += 1;
      if (preset === undefined) continue;
      share += gainShare(preset).mean;
      const mix = mixes.get(model) ?? { rows: 0, gain: 0 };
      mixes.set(model, { rows: mix.rows + 1, gain: mix.gain + thinkingGain(task).mean });
    }
  }
  return (model) => {
    const { preset } = splitPreset(model);
    const mix = mixes.get(model);
    if (preset === undefined || mix === undefined) return undefined;
    const step = gainShare(preset).mean - share / answers;
    const usual = mix.gain / mix.rows;
    const factor = gainFactor(model, mixes, abilities);
    return (task) => {
      const { mean, sd } = thinkingGain(task);
      return { mean: factor * step * (mean - usual), sd: Math.max(sdMin, Math.abs(step) * sd) };
    };
  };
}

interface Mix {
  rows: number;
  /** Sum over the rows of what thinking is expected to add. */
  gain: number;
}

/** How many times the published effect a model's thinking has; models and everyday work differ by about half of it. */
const factorPrior = { mean: 1, sd: 0.5 };
const informationPerRow = 0.12;

/**
 * How much of the expected effect a model's thinking has, from the abilities of its presets over all kinds of work: where it turns out to help little on
 * the mean, what was published of single kinds of work is not to be expected either.
 */
function gainFactor(
  model: string,
  mixes: ReadonlyMap<string, Mix>,
  abilities: ReadonlyMap<string, number>,
): number {
  const family = splitPreset(model).model;
  const points = [...mixes].flatMap(([name, { rows, gain }]) => {
    const { model: of, preset } = splitPreset(name);
    if (of !== family || preset === undefined) return [];
    const expected = gainShare(preset).mean * (gain / rows);
    return [{ expected, ability: abilities.get(name) ?? 0, weight: informationPerRow * rows }];
  });
  const weight = points.reduce((sum, point) => sum + point.weight, 0);
  const meanOf = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + (point.weight * of(point)) / weight, 0);
  const expected = meanOf((point) => point.expected);
  const ability = meanOf((point) => point.ability);
  let precision = 1 / factorPrior.sd ** 2;
  let weighted = precision * factorPrior.mean;
  for (const point of points) {
    const away = point.expected - expected;
    precision += point.weight * away ** 2;
    weighted += point.weight * away * (point.ability - ability);
  }
  return Math.max(0, weighted / precision);
}

const languages: readonly Language[] = ['en', 'zh', 'ja', 'ko', 'other'];

/** Cells of kinds of work without a row, so that they are expected to be what thinking makes of them elsewhere. */
export function withUnseenCells(
  cells: ModelParameters['cells'],
  prior: (task: TaskFamily) => Guess,
): ModelParameters['cells'] {
  const all = new Map<CellKey, { rows: number; offset: number }>();
  for (const task of taskFamilies)
    for (const language of languages) all.set(cellKey(task, language), { rows: 0, offset: prior(task).mean });
  for (const [key, cell] of cells) all.set(key, cell);
  return all;
}
