import { orderByScore, type PairSample, type SaveTarget, saveTargets } from './pair.ts';

/** What a promise made on other prompts turned out to be. */
export interface Honest {
  /** Mean quality relative to always using the reference. */
  qualityRatio: number;
  save: number;
  /** Mean quality and cost per prompt. */
  quality: number;
  costUsd: number;
}

/** For each target: the threshold is read off the other folds and applied to the fold held out, fold by fold. */
export function honestThresholds(sample: PairSample, fold: Int32Array): Record<SaveTarget, Honest> {
  const folds = [...new Set(fold)];
  const result = {} as Record<SaveTarget, Honest>;
  for (const target of saveTargets) {
    let quality = 0;
    let cost = 0;
    let referenceQuality = 0;
    let referenceCost = 0;
    for (const held of folds) {
      const threshold = thresholdFor(sample, target, (i) => fold[i] !== held);
      for (let i = 0; i < fold.length; i++) {
        if (fold[i] !== held) continue;
        const toReference = sample.routerScore[i]! >= threshold;
        quality += toReference ? sample.reference[i]! : sample.cheap[i]!;
        cost += toReference ? sample.referenceUsd[i]! : sample.cheapUsd[i]!;
        referenceQuality += sample.reference[i]!;
        referenceCost += sample.referenceUsd[i]!;
      }
    }
    result[target] = {
      qualityRatio: referenceQuality === 0 ? 1 : quality / referenceQuality,
      save: referenceCost === 0 ? 0 : 1 - cost / referenceCost,
      quality: quality / fold.length,
      costUsd: cost / fold.length,
    };
  }
  return result;
}

/** The highest score from which prompts must go to the reference to keep the target on the prompts that `use` names. */
function thresholdFor(sample: PairSample, target: SaveTarget, use: (i: number) => boolean): number {
  let quality = 0;
  let referenceQuality = 0;
  let cost = 0;
  let referenceCost = 0;
  const order = orderByScore(sample.routerScore).filter(use);
  for (const i of order) {
    quality += sample.cheap[i]!;
    referenceQuality += sample.reference[i]!;
    cost += sample.cheapUsd[i]!;
    referenceCost += sample.referenceUsd[i]!;
  }
  const needed = (target / 100) * referenceQuality - 1e-9 * (1 + referenceQuality);
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
