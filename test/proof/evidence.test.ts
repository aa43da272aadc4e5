import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EvidenceOrder } from '../../src/proof/desk/evidence-order.ts';
import { WorkQueue } from '../../src/proof/desk/work-queue.ts';
import { RouteCosts } from '../../src/proof/lifecycle/route-costs.ts';
import { FlipSample, rungsOfLadder } from '../../src/proof/lifecycle/rungs.ts';
import { excessOf } from '../../src/proof/pairs/excess.ts';
import type { Pair, PairAnswer } from '../../src/proof/pairs/pair.ts';
import type { Decision } from '../../src/router/index.ts';
import { pairAnswer } from '../support/pair-answer.ts';

const pair = (answers: PairAnswer[], rungs: string[]): Pair => ({
  id: 'pair_1',
  route: 'auto',
  requestId: 'req_1',
  session: 's',
  atMs: 0,
  policy: 'pol_1',
  use: 'test',
  stratum: 'all',
  propensity: 0.1,
  propensityLeast: 0.05,
  language: 'en',
  task: 'chat',
  reference: 'dear',
  rungs,
  answers,
  anchorPropensity: undefined,
  simulated: false,
});

/** A small seeded generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const close = (actual: readonly number[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length);
  for (const [i, one] of actual.entries()) assert.ok(Math.abs(one - expected[i]!) < 1e-12, `${actual}`);
};

test('each rung of a pair is as far below the target as the answer it would have given out', () => {
  const answers = [
    pairAnswer('dear', { loss: 0 }),
    pairAnswer('cheap', { loss: 1 }),
    pairAnswer('mid', { loss: -1 }),
  ];
  const { rungs, ungraded } = excessOf(pair(answers, ['dear', 'mid', 'cheap']), 0.98);
  close(rungs, [-0.02, -1.02, 0.98]);
  assert.equal(ungraded, false);
});

test('an answer with faults is not given out, so the rung loses nothing', () => {
  const answers = [pairAnswer('dear'), pairAnswer('cheap', { loss: 1, faults: ['empty'] })];
  close(excessOf(pair(answers, ['cheap']), 0.9).rungs, [-0.1]);
});

test('what nobody could grade counts as lost in full, and is told', () => {
  const missing = excessOf(pair([pairAnswer('dear'), pairAnswer('cheap')], ['dear', 'cheap']), 0.98);
  close(missing.rungs, [-0.02, 0.98]);
  assert.equal(missing.ungraded, true);
});

test('rungs are laid where one more twentieth of the requests goes cheap', () => {
  const few = new FlipSample(seeded(1));
  for (let i = 0; i < 49; i++) few.add(i);
  assert.equal(few.allowances(), undefined, 'of too few requests nothing is laid');
  const flips = new FlipSample(seeded(1));
  const random = seeded(2);
  for (let i = 0; i < 20_000; i++) flips.add(random() * 8 - 2);
  const rungs = flips.allowances()!;
  assert.equal(rungs.length, rungsOfLadder);
  for (const [i, rung] of rungs.entries()) {
    const share = (rung + 2) / 8;
    assert.ok(Math.abs(share - (i + 1) / rungsOfLadder) < 0.05, `rung ${i} at ${rung}`);
  }
});

test('requests that nobody cheaper can serve have no rung, and rungs rise without repeats', () => {
  const flips = new FlipSample(seeded(3));
  for (let i = 0; i < 100; i++) flips.add(i % 2 === 0 ? undefined : i % 4 === 1 ? -0.5 : 2);
  assert.deepEqual(flips.allowances()?.map(Math.sign), [-1, 1]);
  const none = new FlipSample(seeded(4));
  for (let i = 0; i < 100; i++) none.add(undefined);
  assert.equal(none.allowances(), undefined);
});

test('each request at which a rung was laid is on that rung, whatever its flip', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 50, maxLength: 200 }),
      (values) => {
        const flips = new FlipSample(seeded(5));
        for (const value of values) flips.add(value);
        const rungs = flips.allowances()!;
        assert.ok(rungs.at(-1)! >= Math.max(...values), 'the last rung takes all of them');
        for (let i = 1; i < rungs.length; i++) assert.ok(rungs[i]! > rungs[i - 1]!);
      },
    ),
  );
});

test('a sample of flips goes on where it was stored, and refuses what is none', () => {
  const flips = new FlipSample(seeded(6));
  for (let i = 0; i < 500; i++) flips.add(i % 3 === 0 ? undefined : i);
  const again = new FlipSample(seeded(6));
  assert.equal(again.restore(JSON.parse(JSON.stringify(flips.state()))), true);
  assert.deepEqual(again.allowances(), flips.allowances());
  for (const bad of [undefined, null, {}, { seen: 1, flips: ['x'] }, { seen: 'a', flips: [] }])
    assert.equal(new FlipSample(seeded(6)).restore(bad), false);
});

test('evidence is applied in the order of its requests, also where a pair takes its time', () => {
  const seen: string[] = [];
  const order = new EvidenceOrder();
  order.add(() => seen.push('a'));
  const b = order.open();
  order.add(() => seen.push('c'));
  const d = order.open();
  order.add(() => seen.push('e'));
  assert.deepEqual(seen, ['a']);
  d(() => seen.push('d'));
  assert.deepEqual(seen, ['a'], 'what was settled later waits for what was drawn earlier');
  b(() => seen.push('b'));
  b(() => seen.push('twice'));
  assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
});

test('in whatever order pairs are settled, evidence comes in the order of requests', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.nat(), (kinds, seed) => {
      const seen: number[] = [];
      const order = new EvidenceOrder();
      const open: (() => void)[] = [];
      for (const [i, isPair] of kinds.entries()) {
        if (!isPair) order.add(() => seen.push(i));
        else {
          const settle = order.open();
          open.push(() => settle(() => seen.push(i)));
        }
      }
      const random = seeded(seed);
      while (open.length > 0) open.splice(Math.floor(random() * open.length), 1)[0]!();
      assert.deepEqual(seen, [...kinds.keys()]);
    }),
  );
});

test('work is done a few at a time, and refused rather than heaped up', async () => {
  const failures: unknown[] = [];
  const queue = new WorkQueue({ atOnceMax: 2, waitingMax: 2, failed: (thrown) => failures.push(thrown) });
  let running = 0;
  let most = 0;
  const open: (() => void)[] = [];
  const job = () => {
    running += 1;
    most = Math.max(most, running);
    return new Promise<void>((resolve) => open.push(resolve)).then(() => {
      running -= 1;
    });
  };
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => queue.add(job)),
    [true, true, true, true, false],
  );
  while (queue.size > 0) {
    open.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(most, 2);
  queue.add(() => Promise.reject(new Error('no')));
  await queue.idle();
  assert.equal(failures.length, 1, 'a failed job ends nobody else');
  assert.equal(await queue.close(), 0);
  assert.equal(queue.add(job), false);
});

test('what a rung would cost is counted beside the reference, of requests whose prices are known', () => {
  const cost = (totalNano: number) => ({ totalNano }) as NonNullable<Decision['candidates'][number]['cost']>;
  const decision = (cheap: number | undefined) =>
    ({
      reference: 'dear',
      candidates: [
        { candidate: 'dear', cost: cheap === undefined ? undefined : cost(1e9) },
        { candidate: 'cheap', cost: cost(cheap ?? 1) },
      ],
    }) as Decision;
  const ladder = {
    policy: 'pol_1',
    rungs: 2,
    steps: [
      { rung: 0, candidate: 'dear' },
      { rung: 1, candidate: 'cheap' },
    ],
  };
  const costs = new RouteCosts(2);
  assert.equal(costs.savedShare(1), undefined);
  costs.add(decision(1e8), ladder);
  costs.add(decision(3e8), ladder);
  costs.add(decision(undefined), ladder);
  assert.equal(costs.requests, 2);
  close([costs.savedShare(0)!, costs.savedShare(1)!], [0, 0.8]);
  close([costs.cheapShare(0)!, costs.cheapShare(1)!], [0, 1]);
  const again = new RouteCosts(2);
  assert.equal(again.restore(JSON.parse(JSON.stringify(costs.state()))), true);
  assert.deepEqual(again.state(), costs.state());
  assert.equal(new RouteCosts(3).restore(costs.state()), false);
});

test('work that holds more than there is room for is refused, until some of it is done', async () => {
  const queue = new WorkQueue({ atOnceMax: 1, waitingMax: 10, bytesMax: 100, failed: assert.fail });
  let finish = () => {};
  const slow = () =>
    new Promise<void>((resolve) => {
      finish = resolve;
    });
  assert.equal(queue.add(slow, 60), true);
  assert.equal(
    queue.add(async () => {}, 60),
    false,
  );
  assert.equal(
    queue.add(async () => {}, 40),
    true,
  );
  finish();
  await queue.idle();
  assert.equal(
    queue.add(async () => {}, 100),
    true,
  );
  await queue.close();
});
