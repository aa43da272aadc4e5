import { LadderTest } from '../../src/proof/stats/ladder-test.ts';
import { type Population, rungs } from './population.ts';

/** Highest rung that a method would switch on, counted from 1; 0 = none. */
export type Method = (sums: RungSums, n: number) => number;

export interface RungSums {
  sums: Float64Array;
  squares: Float64Array;
}

/** What one install has seen: for each drawn request the excess of each rung, −1..quality, row after row. */
export function drawInstall(
  population: Population,
  n: number,
  quality: number,
  random: () => number,
): Float64Array {
  const { rows, reference, cheap, cheapFrom } = population;
  const excess = new Float64Array(n * rungs);
  for (let i = 0; i < n; i++) {
    const row = Math.floor(random() * rows);
    const strong = reference[row]!;
    const from = cheapFrom[row]!;
    for (let j = 0; j < rungs; j++)
      excess[i * rungs + j] = quality * strong - (from <= j ? cheap[row]! : strong);
  }
  return excess;
}

/** Rungs that the product's test certifies, at the sizes asked for, in one pass: it may be looked at any time. */
export function certifiedAt(
  excess: Float64Array,
  sizes: readonly number[],
  options: { quality: number; delta: number },
): number[] {
  const test = new LadderTest({ rungs, ...options, shifts: [0] });
  const n = sizes.at(-1)!;
  const found: number[] = [];
  for (let i = 0; i < n; i++) {
    test.add(1, excess.subarray(i * rungs, (i + 1) * rungs));
    if (sizes.includes(i + 1)) found.push(test.certified);
  }
  return found;
}

export function sumsOf(excess: Float64Array, n: number): RungSums {
  const sums = new Float64Array(rungs);
  const squares = new Float64Array(rungs);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < rungs; j++) {
      const x = excess[i * rungs + j]!;
      sums[j]! += x;
      squares[j]! += x * x;
    }
  return { sums, squares };
}

/** What is done in practice: the best threshold on the sample is believed. */
export const tuned: Method = ({ sums }) => {
  for (let j = rungs - 1; j >= 0; j--) if (sums[j]! <= 0) return j + 1;
  return 0;
};

const sequence =
  (passes: (mean: number, variance: number, n: number) => boolean): Method =>
  ({ sums, squares }, n) => {
    for (let j = 0; j < rungs; j++) {
      const mean = sums[j]! / n;
      if (!passes(mean, Math.max(0, squares[j]! / n - mean * mean), n)) return j;
    }
    return rungs;
  };

/** Bounds for one look at a fixed time; each excess lies in an interval two wide. */
export const fixedTimeMethods = (delta: number): { [name: string]: Method } => {
  const log = Math.log(1 / delta);
  return {
    Hoeffding: sequence((mean, _, n) => mean + 2 * Math.sqrt(log / (2 * n)) <= 0),
    'empirical Bernstein': sequence(
      (mean, variance, n) =>
        mean +
          Math.sqrt((2 * variance * Math.log(2 / delta)) / n) +
          (2 * 7 * Math.log(2 / delta)) / (3 * (n - 1)) <=
        0,
    ),
    'normal, one look': sequence((mean, variance, n) => mean + 1.645 * Math.sqrt(variance / n) <= 0),
  };
};
