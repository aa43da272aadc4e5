import { createRandom } from './random.ts';

export type Interval = [low: number, high: number];

/** Values of a statistic by replicate; NaN where a replicate leaves it undefined (a gap of zero). */
export type Replicates = Map<string, Float64Array>;

/**
 * Values of several statistics over prompts drawn with replacement. `statistics` gets a multiplicity per prompt. The draws depend on
 * `prompts` and `seed` alone, so that replicates of two policies on the same prompts are paired.
 */
export function replicate(
  prompts: number,
  replicates: number,
  seed: number,
  statistics: (weight: Float64Array) => { [name: string]: number | undefined },
): Replicates {
  const random = createRandom(seed);
  const values: Replicates = new Map();
  const weight = new Float64Array(prompts);
  for (let replicate = 0; replicate < replicates; replicate++) {
    weight.fill(0);
    for (let i = 0; i < prompts; i++) weight[Math.floor(random() * prompts)]! += 1;
    for (const [name, value] of Object.entries(statistics(weight))) {
      let list = values.get(name);
      if (list === undefined) {
        list = new Float64Array(replicates).fill(Number.NaN);
        values.set(name, list);
      }
      list[replicate] = value ?? Number.NaN;
    }
  }
  return values;
}

/** 95 % percentile intervals; a statistic that no replicate defines has none. */
export function intervalsOf(replicates: Replicates): { [name: string]: Interval } {
  return Object.fromEntries(
    [...replicates].flatMap(([name, values]) => {
      const interval = intervalOf(values);
      return interval === undefined ? [] : [[name, interval]];
    }),
  );
}

export function intervalOf(values: Float64Array): Interval | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (level: number) => sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))]!;
  return sorted.length === 0 ? undefined : [at(0.025), at(0.975)];
}

/** `replicate` and `intervalsOf` in one. */
export const bootstrap = (
  prompts: number,
  replicates: number,
  seed: number,
  statistics: (weight: Float64Array) => { [name: string]: number | undefined },
): { [name: string]: Interval } => intervalsOf(replicate(prompts, replicates, seed, statistics));

/** A figure less another and its paired interval; undefined where either is. */
export function pairedDifference(
  own: { value: number | undefined; replicates: Float64Array | undefined },
  other: { value: number | undefined; replicates: Float64Array | undefined },
): { difference: number; ci: Interval } | undefined {
  if (own.value === undefined || other.value === undefined) return undefined;
  const differences = own.replicates?.map((value, i) => value - (other.replicates?.[i] ?? Number.NaN));
  const ci = differences === undefined ? undefined : intervalOf(differences);
  return ci === undefined ? undefined : { difference: own.value - other.value, ci };
}
