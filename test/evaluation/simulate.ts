import type { PairSample } from '../../src/evaluation/metrics/pair.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';

export interface World {
  /** Share of prompts only the reference answers, and only the cheap model; the rest is shared. */
  onlyReference: number;
  onlyCheap: number;
  /** Share of the remaining prompts that both answer. */
  both: number;
  prompts: number;
  seed: number;
  /** How well the router sees the gain: 0 = not at all, 1 = it sees nothing else. */
  skill: number;
}

/** Draws outcomes of two models from known shares, and a router of known skill. */
export function simulate(world: World): PairSample {
  const random = createRandom(world.seed);
  const n = world.prompts;
  const sample: PairSample = {
    cheap: new Float64Array(n),
    reference: new Float64Array(n),
    cheapUsd: new Float64Array(n).fill(1),
    referenceUsd: new Float64Array(n).fill(10),
    routerScore: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    const u = random();
    const shared = random() < world.both ? 1 : 0;
    const kind = u < world.onlyReference ? 1 : u < world.onlyReference + world.onlyCheap ? -1 : 0;
    sample.reference[i] = kind === 1 ? 1 : kind === -1 ? 0 : shared;
    sample.cheap[i] = kind === 1 ? 0 : kind === -1 ? 1 : shared;
    sample.routerScore[i] = world.skill * kind + (1 - world.skill) * random();
  }
  return sample;
}

/** APGR of a router that knows the gain: the curve rises for the prompts only the reference answers, is level, then falls. */
export function oracleApgr(onlyReference: number, onlyCheap: number): number {
  const gap = onlyReference - onlyCheap;
  const level = 1 - onlyReference - onlyCheap;
  const rising = onlyReference ** 2 / 2;
  const falling = onlyReference * onlyCheap - onlyCheap ** 2 / 2;
  return (rising + onlyReference * level + falling) / gap;
}
