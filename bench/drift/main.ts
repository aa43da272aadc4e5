/**
 * How soon a route notices that something changed behind its back, what it takes for the cause, and how often it is wrong on traffic that did not change.
 *
 *   npm run bench:drift [-- --clean N] [--changes N]
 */
import { parseArgs } from 'node:util';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { attribute, type GradedTwice } from '../../src/proof/drift/attribute.ts';
import { JudgeTest } from '../../src/proof/drift/judge-test.ts';
import { LiveTest } from '../../src/proof/drift/live-test.ts';
import { canaryRun } from './canary.ts';

const { values } = parseArgs({
  options: { clean: { type: 'string', default: '1000' }, changes: { type: 'string', default: '100' } },
});
const quality = 0.95;
const delta = 0.05;
const pairs = 8000;
const changeAt = 2000;
/** Share of the pairs that people label all the time, and how many of the newest after an alarm. */
const anchorShare = 0.1;
const labelledAfter = 100;
/** Labels that the certificate rested on. */
const baselineLabels = 150;

interface World {
  /** P(the cheap answer is worse), P(better). */
  worse: number;
  better: number;
  /** P(the judge says the opposite, or one thing of a tie). */
  flips: number;
  /** P(the judge says «worse» or «better» whatever is true). */
  harsh: number;
  lenient: number;
}

const usual: World = { worse: 0.03, better: 0.02, flips: 0.1, harsh: 0, lenient: 0.02 };
const changes: { [name: string]: { to: Partial<World>; cause: 'system' | 'judge' } } = {
  'cheap model worse by 15 points': { to: { worse: 0.18 }, cause: 'system' },
  'cheap model worse by 25 points': { to: { worse: 0.28 }, cause: 'system' },
  'judge harsher by 20 points': { to: { harsh: 0.2 }, cause: 'judge' },
  'judge more lenient by 20 points': { to: { lenient: 0.22 }, cause: 'judge' },
};

function pairOf({ worse, better, flips, harsh, lenient }: World, random: () => number): GradedTwice {
  const u = random();
  const person = u < worse ? 1 : u < worse + better ? -1 : 0;
  const v = random();
  if (v < harsh) return { judged: 1, person };
  if (v < harsh + lenient) return { judged: -1, person };
  if (random() >= flips) return { judged: person, person };
  return { judged: person === 0 ? (random() < 0.5 ? 1 : -1) : -person, person };
}

interface Watched {
  /** Pairs from the start to the alarm; undefined = none. */
  alarmAt: number | undefined;
  by: 'loss' | 'judge' | undefined;
  cause: string | undefined;
}

function watch(after: Partial<World> | undefined, random: () => number): Watched {
  const live = new LiveTest({ quality, delta });
  const judge = new JudgeTest({ delta, random });
  const anchors: GradedTwice[] = [];
  const recent: GradedTwice[] = [];
  for (let i = 0; i < pairs; i++) {
    const pair = pairOf(after !== undefined && i >= changeAt ? { ...usual, ...after } : usual, random);
    recent.push(pair);
    if (recent.length > labelledAfter) recent.shift();
    live.add(1, pair.judged - (1 - quality));
    if (random() < anchorShare) {
      anchors.push(pair);
      judge.add(pair.judged, pair.person);
    }
    if (!live.alarmed && !judge.alarmed) continue;
    const { cause } = attribute(anchors.slice(0, baselineLabels), recent);
    return { alarmAt: i, by: live.alarmed ? 'loss' : 'judge', cause };
  }
  return { alarmAt: undefined, by: undefined, cause: undefined };
}

const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

const random = createRandom(23);
const clean = Array.from({ length: Number(values.clean) }, () => watch(undefined, random));
const falseBy = (by: string) => clean.filter((one) => one.by === by).length / clean.length;
console.log(
  `${clean.length} streams of ${pairs} pairs without a change: false alarms on the loss ${(100 * falseBy('loss')).toFixed(1)} %, on the judge ${(100 * falseBy('judge')).toFixed(1)} % (each allowed ${100 * delta} %)`,
);
for (const [name, { to, cause }] of Object.entries(changes)) {
  const streams = Array.from({ length: Number(values.changes) }, () => watch(to, random));
  const early = streams.filter(({ alarmAt }) => alarmAt !== undefined && alarmAt < changeAt).length;
  const seen = streams.filter(({ alarmAt }) => alarmAt !== undefined && alarmAt >= changeAt);
  const delays = seen.map(({ alarmAt }) => alarmAt! - changeAt).sort((a, b) => a - b);
  const right = seen.filter((one) => one.cause === cause).length;
  const byJudge = seen.filter(({ by }) => by === 'judge').length;
  console.log(
    `${name}: ${seen.length} of ${streams.length} seen (${early} alarms before), after ${quantile(delays, 0.5)} pairs (median; 90 %: ${quantile(delays, 0.9)}), ${byJudge} by the judge's errors; cause right in ${((100 * right) / Math.max(1, seen.length)).toFixed(0)} %`,
  );
}

const canaryRequests = 40_000;
const cleanCanaries = Array.from({ length: Number(values.clean) }, () =>
  canaryRun(canaryRequests, {}, random),
);
const takenBack = cleanCanaries.filter(({ takenBackAt }) => takenBackAt !== undefined).length;
console.log(
  `${cleanCanaries.length} canaries that are no worse, ${canaryRequests} requests, a twentieth of them the canary's: taken back ${((100 * takenBack) / cleanCanaries.length).toFixed(1)} % (allowed 5 %)`,
);
for (const [name, more] of [
  ['5 points more failures', { fails: 0.05 }],
  ['20 points more failures', { fails: 0.2 }],
  ['20 points more that are slow', { slow: 0.2 }],
  ['10 points more loss', { loss: 0.1 }],
  ['25 points more loss', { loss: 0.25 }],
] as const) {
  const runs = Array.from({ length: Number(values.changes) }, () => canaryRun(canaryRequests, more, random));
  const at = runs.flatMap(({ takenBackAt }) => takenBackAt ?? []).sort((a, b) => a - b);
  console.log(
    `canary with ${name}: taken back in ${at.length} of ${runs.length}, after ${quantile(at, 0.5)} of its requests (median; 90 %: ${quantile(at, 0.9)})`,
  );
}
