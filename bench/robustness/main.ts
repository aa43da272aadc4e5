/**
 * How far things put around an ask move the share of asks that the dearest model answers, on recorded prompts: a battery of gadgets, others that
 * the reading of asks was not hardened with, and prefixes found by a greedy search. Takes about twelve minutes on two busy cores.
 * `npm run bench:robustness -- [--data FOLDER] [--artefact FILE] [--asks N] [--all] [--no-search]`
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, type Interval } from '../../src/evaluation/metrics/bootstrap.ts';
import { readOutcomes } from '../../src/evaluation/outcomes/read.ts';
import { createPredictor, decodeArtefact, loadShippedPredictor } from '../../src/router/index.ts';
import {
  arguableFamilies,
  type Gadget,
  gadgetFamilies,
  gadgets,
  heldOutGadgets,
} from '../../test/router/gadgets.ts';
import {
  fourModels,
  type IsCostly,
  operatingPoint,
  priceForShare,
} from '../../test/router/operating-point.ts';
import { randomSource } from '../../test/router/random-source.ts';
import { anyPrefix, greedyPrefix, shareOf } from './adversary.ts';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: join('..', 'shared', 'data', 'routing') },
    artefact: { type: 'string' },
    asks: { type: 'string', default: '2000' },
    all: { type: 'boolean', default: false },
    search: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const pointsMax = 2;
const shareWanted = 0.4;
const replicates = 400;
const searchAsks = 300;
/** Parts of the sample: English examinations of several kinds, Chinese law, tool calls, agent tasks. */
const parts = {
  core24: 0.175,
  routellm: 0.15,
  mmlu_pro: 0.2,
  ulab_llmrouter: 0.175,
  lawbench: 0.15,
  bfcl: 0.075,
  openhands_index: 0.05,
  routerbench_part: 0.025,
};

if (existsSync(flags.data)) await main();
else console.error('The recorded prompts are not on this machine; there is nothing to measure.');

async function main(): Promise<void> {
  const startedMs = performance.now();
  const predictor =
    flags.artefact === undefined
      ? loadShippedPredictor()
      : createPredictor(decodeArtefact(JSON.parse(readFileSync(flags.artefact, 'utf8'))));
  const asks = await sample();
  console.log(
    `${asks.length} asks; artefact ${predictor.parameters.id}; a limit of ${pointsMax} points per gadget`,
  );
  for (const [known, candidates] of Object.entries(fourModels)) {
    const price = priceForShare(predictor, candidates, asks, shareWanted);
    const isCostly = operatingPoint(predictor, candidates, price);
    const share = shareOf(isCostly, asks, '');
    console.log(
      `\nFour models known ${known}, ${percent(share)} % of the asks at the reference (a price of quality)`,
    );
    battery(isCostly, asks);
    if (flags.search) search(isCostly, asks);
  }
  for (const [known, candidates] of Object.entries(fourModels)) {
    const isCostly = operatingPoint(predictor, candidates, { kind: 'quality', value: 0.95 });
    const share = shareOf(isCostly, asks, '');
    console.log(
      `\nFour models known ${known}, ${percent(share)} % at the reference (a quality of 95 %, upper bounds count)`,
    );
    battery(isCostly, asks);
  }
  console.log(`\n${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
}

async function sample(): Promise<string[]> {
  const random = randomSource(7);
  const asks: string[] = [];
  for (const [set, part] of Object.entries(parts)) {
    const path = join(flags.data, `${set}.jsonl.gz`);
    if (!existsSync(path)) {
      console.log(`${path} is absent: left out`);
      continue;
    }
    const { rows } = await readOutcomes(path);
    const wanted = Math.min(rows.length, Math.round(part * Number(flags.asks)));
    for (let i = 0; i < wanted; i++) {
      asks.push(rows.splice(random.integer(rows.length), 1)[0]!.prompt);
    }
  }
  return asks;
}

interface Moved {
  gadget: Gadget;
  /** Per ask: 1 moved up, -1 moved down, 0 stayed. */
  moves: Int8Array;
  difference: number;
}

function battery(isCostly: IsCostly, asks: string[]): void {
  const before = asks.map(isCostly);
  const share = before.filter(Boolean).length / asks.length;
  console.log(
    `${''.padEnd(32)} gadgets   before → after   difference [95 %]       flips   beyond ${pointsMax}   furthest`,
  );
  const total = { bound: 0, beyond: 0 };
  for (const [list, heldOut] of [
    [gadgets, ''],
    [heldOutGadgets, ', held out'],
  ] as const) {
    for (const family of gadgetFamilies) {
      const moved = list
        .filter((gadget) => gadget.family === family)
        .map((gadget) => movedBy(gadget, isCostly, asks, before));
      if (moved.length === 0) continue;
      const beyond = moved.filter((one) => Math.abs(one.difference) > pointsMax / 100);
      if (heldOut === '' && !arguableFamilies.has(family)) {
        total.bound += moved.length;
        total.beyond += beyond.length;
      }
      printFamily(`${family}${heldOut}`, moved, beyond.length, share);
      const shown = flags.all ? moved : beyond;
      for (const one of shown) {
        console.log(
          `    ${one.gadget.name.padEnd(36)} ${points(one.difference)}  flips ${percent(flipsOf(one))} %`,
        );
      }
    }
  }
  console.log(
    `${total.bound - total.beyond} of ${total.bound} gadgets move the share by ${pointsMax} points or less`,
  );
}

function movedBy(gadget: Gadget, isCostly: IsCostly, asks: string[], before: boolean[]): Moved {
  const random = randomSource(11);
  const moves = Int8Array.from(
    asks,
    (ask, i) => Number(isCostly(gadget.apply(ask, random))) - Number(before[i]),
  );
  return { gadget, moves, difference: moves.reduce((sum, move) => sum + move, 0) / asks.length };
}

function flipsOf({ moves }: Moved): number {
  return moves.filter((move) => move !== 0).length / moves.length;
}

function printFamily(name: string, moved: Moved[], beyond: number, share: number): void {
  const mean = moved.reduce((sum, one) => sum + one.difference, 0) / moved.length;
  const perAsk = Float64Array.from(
    moved[0]!.moves,
    (_, i) => moved.reduce((sum, one) => sum + one.moves[i]!, 0) / moved.length,
  );
  const ci = bootstrap(perAsk.length, replicates, 3, (weight) => ({
    mean: weight.reduce((sum, times, i) => sum + times * perAsk[i]!, 0) / perAsk.length,
  }))['mean'] as Interval;
  const flips = moved.reduce((sum, one) => sum + flipsOf(one), 0) / moved.length;
  const furthest = moved.reduce((a, b) => (Math.abs(b.difference) > Math.abs(a.difference) ? b : a));
  console.log(
    `${name.padEnd(42)} ${String(moved.length).padStart(2)}   ${percent(share)} → ${percent(share + mean)}   ${points(mean)} [${points(ci[0])}, ${points(ci[1])}]   ${percent(flips)} %   ${String(beyond).padStart(2)}   ${points(furthest.difference)} ${furthest.gadget.name}`,
  );
}

/** Found on some asks, tested on the others. */
function search(isCostly: IsCostly, asks: string[]): void {
  const random = randomSource(19);
  const shuffled = asks
    .map((ask) => ({ ask, at: random.uniform() }))
    .sort((a, b) => a.at - b.at)
    .map(({ ask }) => ask);
  const own = shuffled.slice(0, searchAsks);
  const others = shuffled.slice(searchAsks);
  const base = shareOf(isCostly, others, '');
  const unsearched = Array.from(
    { length: 20 },
    () => shareOf(isCostly, others, anyPrefix(random.uniform)) - base,
  );
  const mean = unsearched.reduce((sum, one) => sum + one, 0) / unsearched.length;
  console.log(
    `five tokens at random: ${points(mean)} on average, ${points(Math.min(...unsearched))} to ${points(Math.max(...unsearched))}`,
  );
  for (const towards of [1, -1] as const) {
    const attack = greedyPrefix(isCostly, own, towards);
    const moved = shareOf(isCostly, others, attack.prefix) - base;
    console.log(
      `five tokens by greedy search for ${towards > 0 ? 'upgrades' : 'downgrades'} (${attack.decisions} decisions on ${own.length} asks): ${points(moved)} on ${others.length} others: «${attack.prefix.trim()}»`,
    );
  }
}

function percent(share: number): string {
  return (100 * share).toFixed(1).padStart(5);
}

function points(difference: number): string {
  return `${difference >= 0 ? '+' : '−'}${Math.abs(100 * difference).toFixed(1)}`;
}
