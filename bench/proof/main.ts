/**
 * What certificates are worth, on installs simulated from recorded outcomes: how often one is wrong, and what it lets save, beside what is done in practice.
 *
 *   npm run bench:proof [-- --conversations] [--installs N] [--data FOLDER] [--json]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { deltaOf } from '../../src/proof/stats/spending.ts';
import { routeInstall } from './as-routes.ts';
import { certifiedAt, drawInstall, fixedTimeMethods, sumsOf, tuned } from './installs.ts';
import { judgedInstall, pairLosses, smallestPromise } from './judged.ts';
import { type Population, populationOf } from './population.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/routing' },
    installs: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
    /** Only how conversations are drawn and counted. */
    conversations: { type: 'boolean', default: false },
  },
});
const installs = Number(values.installs);
if (!existsSync(join(values.data, 'tasks.json'))) {
  console.error(`There are no recorded outcomes at ${values.data}: name their folder with --data.`);
  process.exit(2);
}

const quality = 0.98;
const delta = 0.05;
const sizes = [500, 1000, 2000, 4000];
const recertifications = 10;

const mixtral = { cheap: 'mistralai/Mixtral-8x7B-Instruct-v0.1', reference: 'gpt-4-1106-preview' };
const subjects = [
  { id: 'MMLU and GSM8K, Mixtral for GPT-4', file: 'routellm', sources: undefined, ...mixtral },
  {
    id: 'core, DeepSeek-V2.5 for GPT-4o',
    file: 'core24',
    sources: undefined,
    cheap: 'deepseek-v2.5',
    reference: 'gpt-4o-2024-08-06',
  },
  {
    id: 'Chinese law, GPT-3.5 for GPT-4',
    file: 'lawbench',
    sources: undefined,
    cheap: 'GPT-3.5-turbo-0613',
    reference: 'GPT4',
  },
];

interface Cell {
  n: number;
  violations: number;
  /** 95 %, Wilson. */
  violationsBound: number;
  certified: number;
  saved: number;
}

interface Row {
  method: string;
  cells: Cell[];
}

/** Upper end of Wilson's interval at 95 %. */
function upperShare(count: number, of: number): number {
  const z = 1.96;
  const p = count / of;
  const centre = p + (z * z) / (2 * of);
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return (centre + spread) / (1 + (z * z) / of);
}

const isViolation = ({ loss, referenceMean }: Population, rungs: number): boolean =>
  rungs > 0 && loss[rungs - 1]! - (1 - quality) * referenceMean > 1e-12;

const savedAt = ({ saved }: Population, rungs: number): number => (rungs === 0 ? 0 : saved[rungs - 1]!);

/** The rung of whoever knew everything, counted from 1; 0 = none. */
function omniscient(population: Population): number {
  let best = 0;
  for (let rungs = 1; rungs <= population.saved.length; rungs++)
    if (!isViolation(population, rungs) && savedAt(population, rungs) > savedAt(population, best))
      best = rungs;
  return best;
}

class Tally {
  readonly #cells = new Map<string, { violations: number; certified: number; saved: number }[]>();

  note(method: string, size: number, population: Population, rungs: number): void {
    let row = this.#cells.get(method);
    if (row === undefined) {
      row = sizes.map(() => ({ violations: 0, certified: 0, saved: 0 }));
      this.#cells.set(method, row);
    }
    const cell = row[size]!;
    if (isViolation(population, rungs)) cell.violations += 1;
    if (rungs > 0) cell.certified += 1;
    cell.saved += savedAt(population, rungs);
  }

  rows(): Row[] {
    return [...this.#cells].map(([method, cells]) => ({
      method,
      cells: cells.map(({ violations, certified, saved }, i) => ({
        n: sizes[i]!,
        violations: violations / installs,
        violationsBound: upperShare(violations, installs),
        certified: certified / installs,
        saved: saved / installs,
      })),
    }));
  }
}

function certificates(population: Population, random: () => number): Row[] {
  const tally = new Tally();
  const others = Object.entries({ 'threshold tuned on the sample': tuned, ...fixedTimeMethods(delta) });
  for (let i = 0; i < installs; i++) {
    const excess = drawInstall(population, sizes.at(-1)!, quality, random);
    for (const [size, rungs] of certifiedAt(excess, sizes, { quality, delta }).entries())
      tally.note('certificate', size, population, rungs);
    for (const [size, n] of sizes.entries()) {
      const sums = sumsOf(excess, n);
      for (const [name, method] of others) tally.note(name, size, population, method(sums, n));
    }
  }
  return tally.rows();
}

/** An install certifies anew ten times, each time on requests of its own; it is violated where any of the ten is wrong. */
function recertified(population: Population, n: number, random: () => number) {
  let violated = 0;
  const saved = new Float64Array(recertifications);
  for (let i = 0; i < installs; i++) {
    let wrong = false;
    for (let k = 1; k <= recertifications; k++) {
      const excess = drawInstall(population, n, quality, random);
      const [rungs] = certifiedAt(excess, [n], { quality, delta: deltaOf(delta, k) });
      if (isViolation(population, rungs!)) wrong = true;
      saved[k - 1]! += savedAt(population, rungs!) / installs;
    }
    if (wrong) violated += 1;
  }
  return {
    n,
    violated: violated / installs,
    violatedBound: upperShare(violated, installs),
    saved: [...saved],
  };
}

const judgedPairs = 4000;
const judgedQuality = 0.95;
const anchorCounts = [100, 500, 2000];
const promiseInstalls = 200;

/** A judge that is wrong in a fifth of its verdicts and likes length, with and without people who label some of the pairs. */
function judged(population: Population, random: () => number) {
  const losses = pairLosses(population);
  return anchorCounts.map((anchors) => {
    const empty = () => ({ violations: 0, certified: 0, saved: 0 });
    const counts = { corrected: empty(), believed: empty() };
    for (let i = 0; i < installs; i++) {
      const options = { pairs: judgedPairs, anchors, quality: judgedQuality, delta };
      const install = judgedInstall(population, options, random);
      for (const kind of ['corrected', 'believed'] as const) {
        const reached = install[kind];
        if (reached === 0) continue;
        counts[kind].certified += 1 / installs;
        counts[kind].saved += population.saved[reached - 1]! / installs;
        if (losses[reached - 1]! > 1 - judgedQuality + 1e-12) counts[kind].violations += 1;
      }
    }
    const shown = ({ violations, ...rest }: ReturnType<typeof empty>) => ({
      ...rest,
      violations: violations / installs,
      violationsBound: upperShare(violations, installs),
    });
    return { anchors, corrected: shown(counts.corrected), believed: shown(counts.believed) };
  });
}

/** How conversations are drawn and counted, and how many come. */
const drawings = [
  { name: 'sessions drawn and counted whole', unit: 'session', share: 1, sessions: 3000 },
  { name: 'sessions drawn, turns counted', unit: 'turn', share: 1, sessions: 3000 },
  { name: 'nearly all requests drawn by themselves', unit: 'request', share: 1, sessions: 600 },
  { name: 'a tenth of that', unit: 'request', share: 0.1, sessions: 600 },
] as const;

/** Conversations whose turns are alike, drawn with unequal probabilities, as routes draw them; counted whole, and turn by turn. */
function asRoutes(population: Population, random: () => number) {
  const losses = pairLosses(population);
  return drawings.map(({ name, ...drawing }) => {
    let [violations, saved] = [0, 0];
    for (let i = 0; i < installs; i++) {
      const options = { ...drawing, quality, delta };
      const reached = routeInstall(population, options, random);
      if (reached > 0 && losses[reached - 1]! > 1 - quality + 1e-12) violations += 1;
      saved += savedAt(population, reached) / installs;
    }
    return {
      name,
      violations: violations / installs,
      violationsBound: upperShare(violations, installs),
      saved,
    };
  });
}

const percent = (share: number): string => (100 * share).toFixed(1).padStart(5);
const results: unknown[] = [];
for (const [at, { id, ...task }] of subjects.entries()) {
  const population = await populationOf(values.data, id, task, 11 + at);
  const random = createRandom(101 + at);
  const known = omniscient(population);
  const best = savedAt(population, known);
  const share = known === 0 ? 0 : population.cheapShare[known - 1]!;
  if (values.conversations) {
    for (const one of asRoutes(population, random)) console.log(id, JSON.stringify(one));
    continue;
  }
  const rows = certificates(population, random);
  const again = recertified(population, 1000, random);
  const byJudge = judged(population, random);
  const byUnit = asRoutes(population, random);
  results.push({
    id,
    quality,
    delta,
    installs,
    omniscient: best,
    cheapShare: share,
    rows,
    recertified: again,
    judged: byJudge,
    asRoutes: byUnit,
  });
  if (values.json) continue;
  console.log(
    `\n${id}: to keep ${percent(quality)} % of the reference's quality at δ = ${delta}; whoever knew everything would save ${percent(best)} % by sending ${percent(share)} % of the requests to the cheap model`,
  );
  console.log(
    `${'violated / saved (of what could be)'.padEnd(36)}${sizes.map((n) => `n = ${n}`.padStart(24)).join('')}`,
  );
  for (const { method, cells } of rows) {
    const shown = cells.map(
      ({ violations, violationsBound, saved }) =>
        `${percent(violations)} (≤${percent(violationsBound)}) /${percent(saved)} (${best > 0 ? (saved / best).toFixed(2) : '–'})`,
    );
    console.log(`${method.padEnd(36)}${shown.map((one) => one.padStart(32)).join('')}`);
  }
  console.log(
    `ten certificates one after the other, ${again.n} drawn requests each: ${percent(again.violated)} % of installs with any of them wrong (≤${percent(again.violatedBound)}); saved by the 1st ${percent(again.saved[0]!)}, the 10th ${percent(again.saved[9]!)}`,
  );
  console.log(
    `${judgedPairs} judged pairs to keep ${percent(judgedQuality)} %, by a judge that is wrong in 20 % of its verdicts and likes length: violated / certified / saved`,
  );
  for (const { name, violations, violationsBound, saved } of byUnit)
    console.log(
      `conversations of alike turns, unequal probabilities, ${name}: violated ${percent(violations)} (≤${percent(violationsBound)}), saved ${percent(saved)}`,
    );
  for (const { anchors, corrected, believed } of byJudge) {
    const [by, without] = [corrected, believed].map(
      (one) =>
        `${percent(one.violations)} (≤${percent(one.violationsBound)}) /${percent(one.certified)} /${percent(one.saved)}`,
    );
    console.log(`${String(anchors).padStart(6)} labels: corrected ${by}   judge believed ${without}`);
  }
}
if (values.conversations) process.exit(0);
const promises = anchorCounts.map((anchors) => ({
  anchors,
  ...smallestPromise({ pairs: judgedPairs, anchors, delta }, promiseInstalls, createRandom(7 + anchors)),
}));
if (values.json) console.log(JSON.stringify({ results, promises }));
else
  for (const { anchors, loss, certified } of promises)
    console.log(
      `${anchors} labels: of a candidate that is as good as the reference, at least half of the installs certify a loss of ${loss === undefined ? 'more than 30' : percent(loss)} % (${certified.map((one) => `${percent(one.loss)} %: ${percent(one.share)} %`).join(', ')})`,
    );
