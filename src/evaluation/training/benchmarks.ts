import { abilityFromScores, type BenchmarkMapping, logit, type PredictedModel } from '../../router/index.ts';
import { type KnownModel, knownModels, publishedScores } from '../known-models.ts';
import type { PublishedAbility } from './abilities.ts';
import type { TrainingRow } from './row.ts';

/** Without many anchors a logit of score is taken as a logit of ability; this much spread of scores outweighs it. */
const slopePrior = { value: 1, strength: 1 };
/** Models differ by more than one benchmark shows, however well the line fits its anchors. */
const sdMin = 0.3;
const sdPrior = { value: 0.6, anchors: 2 };

/** Sets that are themselves a published benchmark: their shares anchor scores of that name. */
const measuredGroups: { [group: string]: string } = { 'mmlu_pro/mmlu_pro': 'mmlu-pro' };

/** Benchmarks that no training model has: their lines lean on models whose ability other benchmarks give. */
const chained: { [benchmark: string]: RegExp } = {
  'humanity-s-last-exam': /^humanity.s last exam/i,
  'livebench-2026-06-25': /^livebench 2026-06-25/i,
};
const chainedAnchorsMin = 4;

/**
 * Lines for benchmarks of newer models, through catalogue models that have one of the direct benchmarks as well. The uncertainty of
 * those abilities is added to that of the line.
 */
export function chainBenchmarks(
  direct: BenchmarkMapping[],
  published: readonly PredictedModel[],
  abilityFromScores: (model: PredictedModel) => { value: number; sd: number } | undefined,
): BenchmarkMapping[] {
  const lines: BenchmarkMapping[] = [];
  for (const [id, pattern] of Object.entries(chained)) {
    const points: { x: number; y: number; sd: number }[] = [];
    for (const model of published) {
      const score = model.scores.find(({ benchmark }) => pattern.test(benchmark));
      const ability = score === undefined ? undefined : abilityFromScores(model);
      if (score === undefined || ability === undefined) continue;
      points.push({ x: logit(score.value / 100), y: ability.value, sd: ability.sd });
    }
    if (points.length < chainedAnchorsMin) continue;
    const line = lineThrough(points);
    const anchorVariance = points.reduce((sum, { sd }) => sum + sd ** 2, 0) / points.length;
    lines.push({
      id,
      ...line,
      sd: rounded(Math.hypot(line.sd, Math.sqrt(anchorVariance))),
      anchors: points.length,
    });
  }
  return [...direct, ...lines].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What published scores say of the models' abilities, by lines through those that have rows as well. */
export function publishedAbilities(
  rows: TrainingRow[],
  abilities: ReadonlyMap<string, number>,
): Map<string, PublishedAbility> {
  const benchmarks = fitBenchmarks(rows, abilities, knownModels);
  return new Map(
    [...abilities.keys()].flatMap((id) => {
      const ability = abilityFromScores(publishedScores(id), benchmarks);
      return ability === undefined ? [] : [[id, ability] as const];
    }),
  );
}

/** Level 1: lines from published scores to abilities, each fitted on the training models that have the score. */
export function fitBenchmarks(
  rows: TrainingRow[],
  abilities: ReadonlyMap<string, number>,
  known: readonly KnownModel[],
): BenchmarkMapping[] {
  const anchors = new Map<string, { x: number; y: number }[]>();
  const anchor = (benchmark: string, percent: number, model: string) => {
    const ability = abilities.get(model);
    if (ability === undefined) return;
    const points = anchors.get(benchmark) ?? [];
    points.push({ x: logit(percent / 100), y: ability });
    anchors.set(benchmark, points);
  };
  for (const model of known) {
    for (const [benchmark, score] of Object.entries(model.scores)) {
      if (score !== undefined) anchor(benchmark, score, model.id);
    }
  }
  for (const [group, benchmark] of Object.entries(measuredGroups)) {
    for (const [model, share] of sharesOf(rows, group)) anchor(benchmark, 100 * share, model);
  }
  return [...anchors].sort().map(([id, points]) => ({ id, ...lineThrough(points), anchors: points.length }));
}

function sharesOf(rows: TrainingRow[], group: string): Map<string, number> {
  const sums = new Map<string, { rows: number; sum: number }>();
  for (const row of rows) {
    if (row.group !== group) continue;
    for (const [model, score] of row.scores) {
      const entry = sums.get(model) ?? { rows: 0, sum: 0 };
      entry.rows += 1;
      entry.sum += score;
      sums.set(model, entry);
    }
  }
  return new Map([...sums].map(([model, { rows: n, sum }]) => [model, (sum + 0.5) / (n + 1)]));
}

function lineThrough(points: { x: number; y: number }[]): { slope: number; intercept: number; sd: number } {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  let xx = slopePrior.strength;
  let xy = slopePrior.strength * slopePrior.value;
  for (const { x, y } of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const slope = xy / xx;
  const intercept = meanY - slope * meanX;
  let squares = sdPrior.anchors * sdPrior.value ** 2;
  for (const { x, y } of points) squares += (y - intercept - slope * x) ** 2;
  const sd = Math.max(sdMin, Math.sqrt(squares / (n + sdPrior.anchors)));
  return { slope: rounded(slope), intercept: rounded(intercept), sd: rounded(sd) };
}

const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
