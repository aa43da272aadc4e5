import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { LiveTest } from '../../src/proof/drift/live-test.ts';

const quality = 0.98;
const delta = 0.05;

/** Units of a route whose answers are worse with one chance and better with another. */
function unit(worse: number, better: number, random: () => number): number {
  const luck = random();
  return (luck < worse ? 1 : luck > 1 - better ? -1 : 0) - (1 - quality);
}

test('a route exactly at its edge raises an alarm in at most δ of the streams, however long they are', () => {
  const random = createRandom(1);
  const streams = 500;
  let alarms = 0;
  for (let i = 0; i < streams; i++) {
    const live = new LiveTest({ quality, delta });
    for (let n = 0; n < 4000; n++) live.add(1, unit(0.07, 0.05, random));
    if (live.alarmed) alarms += 1;
  }
  assert.ok(
    alarms <= delta * streams + 2 * Math.sqrt(delta * (1 - delta) * streams),
    `${alarms} of ${streams}`,
  );
});

test('a change is seen soon, also after a long good stretch', () => {
  const random = createRandom(2);
  for (const good of [0, 500, 20_000]) {
    const delays: number[] = [];
    for (let i = 0; i < 40; i++) {
      const live = new LiveTest({ quality, delta });
      for (let n = 0; n < good; n++) live.add(1, unit(0.03, 0.02, random));
      let n = 0;
      while (!live.alarmed && n < 2000) {
        live.add(1, unit(0.25, 0.02, random));
        n += 1;
      }
      delays.push(n);
    }
    delays.sort((a, b) => a - b);
    assert.ok(
      delays[20]! < 200,
      `half of the changes after ${good} good units are seen within ${delays[20]} units`,
    );
    assert.ok(delays[39]! < 500, `all within ${delays[39]}`);
  }
});

test('an alarm stays, and the level tells how near one is', () => {
  const live = new LiveTest({ quality, delta });
  assert.equal(live.level, 0);
  for (let n = 0; n < 200; n++) live.add(1, 0.98);
  assert.equal(live.alarmed, true);
  assert.equal(live.level, 1);
  for (let n = 0; n < 5000; n++) live.addKnown(1);
  assert.equal(live.alarmed, true);
});

test('money is only ever bet once: a route that never loses ends with no more than it began with', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1.02, max: 0, noNaN: true }), { maxLength: 500 }), (excesses) => {
      const live = new LiveTest({ quality, delta });
      for (const excess of excesses) live.add(1, excess);
      assert.equal(live.alarmed, false);
      assert.ok(live.level < 1e-9);
    }),
  );
});

test('it goes on where it was stored', () => {
  const random = createRandom(3);
  const units = Array.from({ length: 300 }, () => unit(0.1, 0.05, random));
  const whole = new LiveTest({ quality, delta });
  for (const one of units) whole.add(0.5, one);
  const first = new LiveTest({ quality, delta });
  for (const one of units.slice(0, 137)) first.add(0.5, one);
  const second = new LiveTest({ quality, delta });
  assert.equal(second.restore(JSON.parse(JSON.stringify(first.state()))), true);
  for (const one of units.slice(137)) second.add(0.5, one);
  assert.deepEqual(second.state(), whole.state());
  for (const bad of [
    undefined,
    null,
    {},
    { units: 1 },
    { ...whole.state(), capitals: [1] },
    { ...whole.state(), cash: -1 },
  ])
    assert.equal(second.restore(bad), false);
});
