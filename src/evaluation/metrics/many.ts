import { averageQuality, costAt, type OperatingPoint } from './hull.ts';
import { saveTargets } from './pair.ts';

/** Outcomes of several models on the same prompts, model by model. */
export interface ManySample {
  score: Float64Array[];
  usd: Float64Array[];
  /** Index of the reference in `score`. */
  reference: number;
}

/** Which model each policy of a sweep picks per prompt. */
export type Choices = Uint8Array[];

/** Prices of quality the sweep goes through, from «only quality counts» to «only cost counts». */
const sweepSteps = 60;
const sweepMin = 1e-3;
const sweepMax = 1e3;

/**
 * Choices by the rule argmax (quality − λ × cost) for a sweep of λ. `cost` is a model's expected cost relative to the reference's,
 * so that λ has one meaning whatever the prices.
 */
export function sweep(quality: Float64Array[], cost: Float64Array[]): Choices {
  const prompts = quality[0]!.length;
  const lambdas = Array.from(
    { length: sweepSteps },
    (_, i) => sweepMin * (sweepMax / sweepMin) ** (i / (sweepSteps - 1)),
  );
  return [0, ...lambdas].map((lambda) => {
    const picked = new Uint8Array(prompts);
    for (let i = 0; i < prompts; i++) {
      let best = 0;
      let bestValue = Number.NEGATIVE_INFINITY;
      for (let m = 0; m < quality.length; m++) {
        const value = quality[m]![i]! - lambda * cost[m]![i]!;
        if (value > bestValue + 1e-12 || (value > bestValue - 1e-12 && cost[m]![i]! < cost[best]![i]!)) {
          best = m;
          bestValue = value;
        }
      }
      picked[i] = best;
    }
    return picked;
  });
}

export function pointOf(sample: ManySample, picked: Uint8Array, weight?: Float64Array): OperatingPoint {
  let total = 0;
  let cost = 0;
  let quality = 0;
  for (let i = 0; i < picked.length; i++) {
    const w = weight === undefined ? 1 : weight[i]!;
    if (w === 0) continue;
    total += w;
    cost += w * sample.usd[picked[i]!]![i]!;
    quality += w * sample.score[picked[i]!]![i]!;
  }
  return { cost: cost / total, quality: quality / total };
}

/** The operating points of the models alone. */
export function singles(sample: ManySample, weight?: Float64Array): OperatingPoint[] {
  const prompts = sample.score[0]!.length;
  return sample.score.map((_, m) => pointOf(sample, new Uint8Array(prompts).fill(m), weight));
}

export interface ManyMetrics {
  aiq: number | undefined;
  /** Against the reference; 0 where only the reference itself reaches the target. */
  save: { 95: number; 98: number; 100: number };
}

export function manyMetrics(
  points: OperatingPoint[],
  alone: OperatingPoint[],
  reference: number,
): ManyMetrics {
  const costs = alone.map((point) => point.cost);
  const own = alone[reference]!;
  const all = [...points, own];
  const save = Object.fromEntries(
    saveTargets.map((target) => {
      const cost = costAt(all, (own.quality * target) / 100) ?? own.cost;
      return [target, own.cost === 0 ? 0 : Math.max(0, 1 - cost / own.cost)];
    }),
  ) as ManyMetrics['save'];
  return { aiq: averageQuality(points, Math.min(...costs), Math.max(...costs)), save };
}
