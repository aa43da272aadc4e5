import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { LadderTest } from '../../src/proof/stats/ladder-test.ts';
import { deltaOf } from '../../src/proof/stats/spending.ts';

const shifts = [0];

/** Certified rungs after `pairs` pairs in which the answer is worse with one chance and better with another. */
function climbed(
  {
    worse,
    better,
    pairs,
    quality,
    delta,
  }: { worse: number[]; better: number; pairs: number; quality: number; delta: number },
  random: () => number,
): number {
  const ladder = new LadderTest({ rungs: worse.length, quality, delta, shifts });
  for (let i = 0; i < pairs; i++) {
    const luck = random();
    const excess = worse.map((p) => (luck < p ? 1 : luck > 1 - better ? -1 : 0) - (1 - quality));
    ladder.add(1, excess);
  }
  return ladder.certified;
}

test('a rung that loses what it may not is hardly ever certified, however often one looks', () => {
  const random = createRandom(7);
  const installs = 600;
  let wrong = 0;
  for (let i = 0; i < installs; i++)
    if (climbed({ worse: [0.07], better: 0.05, pairs: 1500, quality: 0.98, delta: 0.05 }, random) > 0)
      wrong += 1;
  // Exactly at the edge: a mean loss of 2 points. A test at a fixed time that is looked at all the time would be wrong several times as often.
  assert.ok(wrong <= 0.05 * installs + 2 * Math.sqrt(0.05 * 0.95 * installs), `${wrong} of ${installs}`);
});

test('a normal bound that is looked at all the time is wrong where this one is not', () => {
  const random = createRandom(8);
  let wrong = 0;
  for (let i = 0; i < 200; i++) {
    let sum = 0;
    let squares = 0;
    for (let n = 1; n <= 1500; n++) {
      const luck = random();
      const x = (luck < 0.07 ? 1 : luck > 0.95 ? -1 : 0) - 0.02;
      sum += x;
      squares += x * x;
      const mean = sum / n;
      if (n >= 100 && mean + 1.645 * Math.sqrt((squares / n - mean * mean) / n) < 0) {
        wrong += 1;
        break;
      }
    }
  }
  assert.ok(wrong > 30, `${wrong} of 200: the simulation would notice`);
});

test('a rung that loses little is certified, the sooner the less it loses', () => {
  const random = createRandom(9);
  const share = (worse: number, pairs: number) => {
    let yes = 0;
    for (let i = 0; i < 60; i++)
      yes += climbed({ worse: [worse], better: 0.02, pairs, quality: 0.95, delta: 0.05 }, random);
    return yes / 60;
  };
  assert.ok(share(0.02, 600) > 0.8);
  assert.ok(share(0.04, 600) < share(0.02, 600));
});

test('nobody climbs past a rung that is not certified', () => {
  const random = createRandom(10);
  const certified = climbed(
    { worse: [0, 0.5, 0], better: 0, pairs: 2000, quality: 0.95, delta: 0.05 },
    random,
  );
  assert.equal(certified, 1);
});

test('what is known to lose nothing is counted together as it would be one by one', () => {
  const one = new LadderTest({ rungs: 3, quality: 0.9, delta: 0.05 });
  const other = new LadderTest({ rungs: 3, quality: 0.9, delta: 0.05 });
  const unit = [-0.1, -0.1, 0.9];
  for (let i = 0; i < 5; i++) {
    one.add(1, unit);
    for (let k = 0; k < 10; k++) one.addKnown(0.5, 2);
    other.add(1, unit);
    for (let k = 0; k < 10; k++) {
      other.addKnown(0.5, 2);
      other.meanExcess(0);
    }
  }
  assert.ok(Math.abs(one.meanExcess(0)! - other.meanExcess(0)!) < 1e-12);
  assert.ok(Math.abs(one.meanExcess(1)! + 0.1) < 1e-12);
  assert.ok(one.meanExcess(2)! > 0.8, 'a rung that would go cheap learns nothing of it');
  assert.ok(Math.abs(one.progress(0) - other.progress(0)) < 0.05);
});

test('the bound falls with evidence, is above the mean, and certifies where it falls to 0', () => {
  const random = createRandom(11);
  const ladder = new LadderTest({ rungs: 1, quality: 0.95, delta: 0.05 });
  let last = ladder.bound(0);
  assert.equal(last, 0.95);
  for (let i = 0; i < 3000; i++) {
    ladder.add(1, [(random() < 0.02 ? 1 : 0) - 0.05]);
    const bound = ladder.bound(0);
    assert.ok(bound <= last);
    last = bound;
    assert.equal(bound <= 0, ladder.certified === 1);
  }
  assert.ok(ladder.meanExcess(0)! < last && last < 0, `${ladder.meanExcess(0)} ${last}`);
});

test('a test goes on where it was stored', () => {
  const row = fc.record({ known: fc.boolean(), worse: fc.boolean(), weight: fc.constantFrom(0.25, 0.5, 1) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 120 }), fc.nat(100), (rows, cut) => {
      const make = () => new LadderTest({ rungs: 2, quality: 0.9, delta: 0.1 });
      const play = (ladder: LadderTest, some: typeof rows) => {
        for (const { known, worse, weight } of some)
          if (known) ladder.addKnown(weight, 1);
          else ladder.add(weight, [-0.1, worse ? 0.9 : -0.1]);
      };
      const whole = make();
      play(whole, rows);
      const first = make();
      play(first, rows.slice(0, cut));
      const second = make();
      assert.equal(second.restore(JSON.parse(JSON.stringify(first.state()))), true);
      play(second, rows.slice(cut));
      assert.deepEqual(second.state(), whole.state());
    }),
  );
  const made = new LadderTest({ rungs: 2, quality: 0.9, delta: 0.1 });
  for (const bad of [undefined, null, {}, new LadderTest({ rungs: 3, quality: 0.9, delta: 0.1 }).state()])
    assert.equal(made.restore(bad), false);
});

test('numbers that are none are refused', () => {
  const ladder = new LadderTest({ rungs: 2, quality: 0.9, delta: 0.1 });
  for (const weight of [0, -1, 1.1, Number.NaN]) assert.throws(() => ladder.add(weight, [0, 0]), RangeError);
  for (const excess of [[0], [0, 0.95], [0, -3], [0, Number.NaN]])
    assert.throws(() => ladder.add(1, excess), RangeError);
  assert.throws(() => ladder.addKnown(0.5, 3), RangeError);
  assert.throws(() => new LadderTest({ rungs: 1, quality: 0.9, delta: 0 }), RangeError);
  assert.throws(() => deltaOf(0.05, 0), RangeError);
});

test('all certificates that a route will ever have spend no more than its δ', () => {
  let sum = 0;
  for (let k = 1; k <= 10_000; k++) sum += deltaOf(0.05, k);
  assert.ok(sum < 0.05 && sum > 0.0499);
});
