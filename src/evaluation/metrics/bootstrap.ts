import { createRandom } from './random.ts';

export type Interval = [low: number, high: number];

/**
 * 95 % percentile intervals of several statistics over prompts drawn with replacement. `statistics` gets a multiplicity per
 * prompt; values that a replicate leaves undefined (a gap of zero) do not count.
 */
export function bootstrap(
  prompts: number,
  replicates: number,
  seed: number,
  statistics: (weight: Float64Array) => { [name: string]: number | undefined },
): { [name: string]: Interval } {
  const random = createRandom(seed);
  const values = new Map<string, number[]>();
  const weight = new Float64Array(prompts);
  for (let replicate = 0; replicate < replicates; replicate++) {
    weight.fill(0);
    for (let i = 0; i < prompts; i++) weight[Math.floor(random() * prompts)]! += 1;
    for (const [name, value] of Object.entries(statistics(weight))) {
      if (value === undefined || Number.isNaN(value)) continue;
      const list = values.get(name) ?? [];
      list.push(value);
      values.set(name, list);
    }
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, percentiles(list)]));
}

function percentiles(values: number[]): Interval {
  values.sort((a, b) => a - b);
  const at = (level: number) => values[Math.min(values.length - 1, Math.floor(level * values.length))]!;
  return [at(0.025), at(0.975)];
}
