import { LadderTest } from '../../src/proof/stats/ladder-test.ts';
import { type Population, rungs } from './population.ts';

/** Chance that a turn of a conversation is like its first. */
const alike = 0.8;
/** Chance that a conversation goes on after each turn: five turns in the mean. */
const goesOn = 0.8;
/** Kinds that are drawn with a probability of their own: what goes cheap early, and the rest. */
const earlyRungs = 5;
const propensities = { early: 0.8, late: 0.2 };

export interface RouteInstallOptions {
  /** Conversations that came. */
  sessions: number;
  quality: number;
  delta: number;
  /** `request`: each is drawn by itself; `turn`: sessions are drawn, and their turns counted one by one. */
  unit: 'session' | 'request' | 'turn';
  /** Of all probabilities of being drawn; with it as many more conversations come, so that about as many are drawn. */
  share?: number | undefined;
}

/**
 * One install as a route has it, with losses pair by pair: conversations whose turns are alike, drawn as a whole with unequal known probabilities. Each turn by itself is as likely any row as in the other simulations, so that the same rungs are true.
 *
 * @returns rungs that are certified, counted from 1; 0 = none
 */
export function routeInstall(
  population: Population,
  { sessions, quality, delta, unit, share = 1 }: RouteInstallOptions,
  random: () => number,
): number {
  const { rows, cheapFrom } = population;
  const test = new LadderTest({ rungs, quality, delta, shifts: [0] });
  const least = share * Math.min(...Object.values(propensities));
  const anyRow = () => Math.floor(random() * rows);
  for (let i = 0; i < sessions / share; i++) {
    const first = anyRow();
    const turns = [first];
    while (random() < goesOn) turns.push(random() < alike ? first : anyRow());
    const propensityOf = (row: number) =>
      share * (cheapFrom[row]! < earlyRungs ? propensities.early : propensities.late);
    const isSessionDrawn = random() < propensityOf(first);
    const units = unit === 'session' ? [turns] : turns.map((row) => [row]);
    for (const own of units) {
      const known = Math.min(rungs, ...own.map((row) => cheapFrom[row]!));
      test.addKnown(least, known);
      const propensity = propensityOf(unit === 'request' ? own[0]! : first);
      const isDrawn = unit === 'request' ? random() < propensity : isSessionDrawn;
      if (isDrawn) test.add(least / propensity, meanExcess(population, own, quality), known);
    }
  }
  return test.certified;
}

function meanExcess(
  { reference, cheap, cheapFrom }: Population,
  own: number[],
  quality: number,
): Float64Array {
  const excess = new Float64Array(rungs);
  for (const row of own) {
    const spared = quality - 1;
    const lost = reference[row]! - cheap[row]! - (1 - quality);
    for (let rung = 0; rung < rungs; rung++)
      excess[rung]! += (rung < cheapFrom[row]! ? spared : lost) / own.length;
  }
  return excess;
}
