import { costAt } from './hull.ts';
import { type Choices, type ManySample, pointOf, singles } from './many.ts';
import { orderByScore, type PairSample, type SaveTarget, saveTargets } from './pair.ts';

/** What a promise made on other prompts turned out to be. */
export interface Honest {
  /** Mean quality relative to always using the reference. */
  qualityRatio: number;
  save: number;
  /** Saving of the random mix of single models at the same quality; undefined out of reach. */
  randomSave: number | undefined;
  /** Mean quality and cost per prompt. */
  quality: number;
  costUsd: number;
}

/** The model picked per row for each target; undefined with one fold, where there are no others to choose a setting on. */
type Picks = Record<SaveTarget, Uint8Array> | undefined;

/** Pairs: the threshold is read off the other folds and applied to the fold held out. 0 is the reference, 1 the cheap model. */
export function pairPicks(sample: PairSample, fold: Int32Array): Picks {
  const folds = [...new Set(fold)];
  if (folds.length < 2) return undefined;
  const order = orderByScore(sample.routerScore);
  const result = {} as Record<SaveTarget, Uint8Array>;
  for (const target of saveTargets) {
    const thresholds = new Map(
      folds.map((held) => [
        held,
        thresholdFor(
          sample,
          target,
          order.filter((i) => fold[i] !== held),
        ),
      ]),
    );
    result[target] = Uint8Array.from(fold, (held, i) =>
      sample.routerScore[i]! >= thresholds.get(held)! ? 0 : 1,
    );
  }
  return result;
}

/** The highest score from which prompts must go to the reference to keep the target on the prompts of `order`. */
function thresholdFor(sample: PairSample, target: SaveTarget, order: Int32Array): number {
  let quality = 0;
  let referenceQuality = 0;
  let cost = 0;
  let referenceCost = 0;
  for (const i of order) {
    quality += sample.cheap[i]!;
    referenceQuality += sample.reference[i]!;
    cost += sample.cheapUsd[i]!;
    referenceCost += sample.referenceUsd[i]!;
  }
  const needed = neededOf(target, referenceQuality);
  let threshold = quality >= needed ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  let least = quality >= needed ? cost : referenceCost;
  for (let at = 0; at < order.length; at++) {
    const i = order[at]!;
    quality += sample.reference[i]! - sample.cheap[i]!;
    cost += sample.referenceUsd[i]! - sample.cheapUsd[i]!;
    const next = order[at + 1];
    if (next !== undefined && sample.routerScore[next] === sample.routerScore[i]) continue;
    if (quality >= needed && cost < least) {
      least = cost;
      threshold = sample.routerScore[i]!;
    }
  }
  return threshold;
}

/** Sums of thousands of scores differ in their last bits with the order of adding. */
const neededOf = (target: SaveTarget, reference: number) =>
  (target / 100) * reference - 1e-9 * (1 + reference);

/**
 * Many models: `choices` are settings of one policy, each the model it picks per row. The setting with the least cost that keeps the target
 * on the rows of other folds is applied to the fold held out; where none keeps it, the reference answers.
 */
export function choicePicks(sample: ManySample, choices: Choices, fold: Int32Array): Picks {
  const folds = [...new Set(fold)];
  if (folds.length < 2) return undefined;
  const position = new Map(folds.map((id, at) => [id, at]));
  const sums = sumsByFold(sample, choices, fold, position);
  const result = {} as Record<SaveTarget, Uint8Array>;
  for (const target of saveTargets) {
    const chosen = folds.map((_, held) => settingFor(sums, held, target));
    result[target] = Uint8Array.from(fold, (id, row) => {
      const setting = chosen[position.get(id)!];
      return setting === undefined ? sample.reference : choices[setting]![row]!;
    });
  }
  return result;
}

/** Quality and cost by setting and fold, and of the reference by fold. */
interface Sums {
  quality: Float64Array[];
  cost: Float64Array[];
  reference: Float64Array;
}

function sumsByFold(
  sample: ManySample,
  choices: Choices,
  fold: Int32Array,
  position: Map<number, number>,
): Sums {
  const sums: Sums = { quality: [], cost: [], reference: new Float64Array(position.size) };
  const at = Int32Array.from(fold, (id) => position.get(id)!);
  at.forEach((held, row) => {
    sums.reference[held]! += sample.score[sample.reference]![row]!;
  });
  for (const picked of choices) {
    const quality = new Float64Array(position.size);
    const cost = new Float64Array(position.size);
    for (let row = 0; row < at.length; row++) {
      const model = picked[row]!;
      quality[at[row]!]! += sample.score[model]![row]!;
      cost[at[row]!]! += sample.usd[model]![row]!;
    }
    sums.quality.push(quality);
    sums.cost.push(cost);
  }
  return sums;
}

const without = (values: Float64Array, held: number) =>
  values.reduce((sum, value, at) => (at === held ? sum : sum + value), 0);

function settingFor(sums: Sums, held: number, target: SaveTarget): number | undefined {
  const reference = without(sums.reference, held);
  const needed = neededOf(target, reference);
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  sums.quality.forEach((quality, setting) => {
    if (without(quality, held) < needed) return;
    const cost = without(sums.cost[setting]!, held);
    if (cost >= least) return;
    least = cost;
    best = setting;
  });
  return best;
}

/** What picks came to. `weight` is a multiplicity per row. */
export function honestOf(sample: ManySample, picked: Uint8Array, weight?: Float64Array): Honest {
  const alone = singles(sample, weight);
  const reference = alone[sample.reference]!;
  const own = pointOf(sample, picked, weight);
  const mixed = costAt(alone, own.quality);
  return {
    qualityRatio: reference.quality === 0 ? 1 : own.quality / reference.quality,
    save: saved(own.cost, reference.cost),
    randomSave: mixed === undefined ? undefined : saved(mixed, reference.cost),
    quality: own.quality,
    costUsd: own.cost,
  };
}

const saved = (cost: number, reference: number) => (reference === 0 ? 0 : 1 - cost / reference);
