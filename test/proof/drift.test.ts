import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { attribute, type GradedTwice } from '../../src/proof/drift/attribute.ts';
import { JudgeTest } from '../../src/proof/drift/judge-test.ts';

const delta = 0.05;

/** Errors of a judge that is often wrong, in whatever way. */
function verdict(harsh: number, random: () => number): GradedTwice {
  const person = random() < 0.1 ? 1 : 0;
  const u = random();
  if (u < harsh) return { judged: 1, person };
  return { judged: u < harsh + 0.15 ? -1 : person, person };
}

function alarmAfter(change: number | undefined, labels: number, random: () => number): number | undefined {
  const one = new JudgeTest({ delta, random });
  for (let i = 0; i < labels; i++) {
    const { judged, person } = verdict(change !== undefined && i >= 200 ? change : 0.05, random);
    one.add(judged, person);
    if (one.alarmed) return i;
  }
  return undefined;
}

test('a judge that errs as it always did, however badly, hardly ever raises an alarm', () => {
  const random = createRandom(3);
  let alarms = 0;
  for (let i = 0; i < 300; i++) if (alarmAfter(undefined, 1000, random) !== undefined) alarms += 1;
  assert.ok(alarms <= 300 * delta, `${alarms} of 300`);
});

test('one that errs otherwise than before is noticed, harsher or more lenient, and not before it does', () => {
  const random = createRandom(4);
  for (const change of [0.45, 0.6]) {
    const found = Array.from({ length: 20 }, () => alarmAfter(change, 900, random));
    const seen = found.filter((one) => one !== undefined && one >= 200);
    assert.ok(seen.length >= 18, `${change}: ${seen.length} of 20`);
  }
});

test('the test of a judge goes on where it was stored, and refuses what is no state', () => {
  const random = createRandom(5);
  const one = new JudgeTest({ delta, random: () => 0.5 });
  for (let i = 0; i < 300; i++) {
    const { judged, person } = verdict(0.1, random);
    one.add(judged, person);
  }
  const again = new JudgeTest({ delta, random: () => 0.5 });
  assert.equal(again.restore(JSON.parse(JSON.stringify(one.state()))), true);
  for (const each of [one, again]) each.add(1, 0);
  assert.deepEqual(again.state(), one.state());
  for (const bad of [undefined, {}, { counts: [1] }])
    assert.equal(new JudgeTest({ delta, random }).restore(bad), false);
});

test('what changed is told from labels: the answers, the judge, or nothing that can be said', () => {
  const random = createRandom(6);
  const pairs = (n: number, worse: number, harsh: number) =>
    Array.from({ length: n }, (): GradedTwice => {
      const person = random() < worse ? 1 : 0;
      return { judged: random() < harsh ? 1 : person, person };
    });
  const before = pairs(150, 0.03, 0.05);
  const ofSystem = attribute(before, pairs(100, 0.3, 0.05));
  assert.equal(ofSystem.cause, 'system');
  assert.ok(ofSystem.systemShift > 0.15 && Math.abs(ofSystem.judgeShift) < 0.1);
  const ofJudge = attribute(before, pairs(100, 0.03, 0.35));
  assert.equal(ofJudge.cause, 'judge');
  assert.ok(ofJudge.judgeShift > 0.15);
  assert.equal(attribute(before, pairs(10, 0.9, 0)).cause, 'unknown', 'too few labels');
  assert.equal(attribute(before, before).cause, 'unknown', 'nothing has changed');
});
