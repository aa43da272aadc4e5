import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { JudgeWatch } from '../../src/proof/labels/judge-watch.ts';
import { LabelOrder, type ReadyUnit } from '../../src/proof/labels/label-order.ts';
import { lossesOf, toBeLabelled } from '../../src/proof/labels/labelled.ts';
import type { Pair } from '../../src/proof/pairs/pair.ts';
import { labelsNeeded, smallestLoss } from '../../src/proof/stats/label-power.ts';
import { LadderTest } from '../../src/proof/stats/ladder-test.ts';
import { type PairEvidence, pairEvidence } from '../../src/proof/units/pair-unit.ts';
import { SessionUnits } from '../../src/proof/units/session-units.ts';
import type { KnownUnit, TestUnit } from '../../src/proof/units/unit.ts';
import { pairAnswer } from '../support/pair-answer.ts';

const quality = 0.9;
const drawn = { propensity: 0.5, propensityLeast: 0.25, drawn: true };
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

const evidence = (judged: number[], more: Partial<PairEvidence> = {}): PairEvidence => ({
  from: 0,
  judged,
  exact: judged.map(() => false),
  ungraded: false,
  labels: undefined,
  ...more,
});

const inSession = (session: string) => ({ session }) as Pair;

function sessions(rungs = 2) {
  const units: TestUnit[] = [];
  const of = new SessionUnits({ rungs, quality, idleMs: 100 }, (unit) => units.push(unit));
  return { units, of };
}

describe('sessions as units of evidence', () => {
  test('one counts once, with the mean of its requests, when it is over', () => {
    const { units, of } = sessions();
    of.answered('a', drawn, 0, 0);
    of.paired(inSession('a'), evidence([0.9, 0.9]));
    of.answered('a', drawn, 2, 50);
    of.over(120);
    assert.equal(units.length, 0, 'it goes on');
    of.over(151);
    assert.equal(units.length, 1);
    const [unit] = units;
    assert.ok(unit?.kind === 'drawn');
    assert.equal(unit.weight, 0.5);
    close(unit.judged[0]!, (0.9 - 0.1) / 2);
  });

  test('a short one that began later does not overtake a long one', () => {
    const { units, of } = sessions(1);
    for (let at = 0; at <= 400; at += 50) {
      of.answered('long', drawn, 0, at);
      of.paired(inSession('long'), evidence([0.9]));
      if (at === 50) {
        of.answered('short', drawn, 0, at);
        of.paired(inSession('short'), evidence([-0.1]));
      }
    }
    assert.equal(units.length, 0);
    of.over(1000);
    const means = units.map((unit) => (unit.kind === 'drawn' ? unit.judged[0]! : Number.NaN));
    assert.equal(means.length, 2);
    close(means[0]!, 0.9);
    close(means[1]!, -0.1);
  });

  test('how it was drawn is fixed when it begins, an undrawn one tells only what is known, and it goes on after a restart', () => {
    const { of } = sessions();
    of.answered('a', drawn, 0, 0);
    of.answered('a', { propensity: 0.1, propensityLeast: 0.1, drawn: false }, 0, 1);
    assert.deepEqual(of.drawOf('a'), drawn);
    const again = sessions();
    assert.ok(again.of.restore(JSON.parse(JSON.stringify(of.state()))));
    assert.deepEqual(again.of.drawOf('a'), drawn);
    again.of.answered('b', { propensity: 0.5, propensityLeast: 0.25, drawn: false }, 1, 2);
    again.of.paired(inSession('b'), evidence([0.9, 0.9]));
    again.of.over(1000);
    assert.deepEqual(again.units, [{ kind: 'known', least: 0.25, rungs: 1, times: 1 }]);
  });

  test('one that never ends is cut after a day, so that all others do not wait for ever', () => {
    const units: TestUnit[] = [];
    const options = { rungs: 1, quality, idleMs: 120_000 };
    const patient = new SessionUnits(options, (unit) => units.push(unit));
    for (let hour = 0; hour < 30; hour++) {
      if (hour === 23) assert.equal(units.length, 0);
      for (let minute = 0; minute < 60; minute++)
        patient.answered('endless', drawn, 0, hour * 3_600_000 + minute * 60_000);
      patient.answered(`s${hour}`, drawn, 0, hour * 3_600_000 + 59 * 60_000);
      patient.paired(inSession(`s${hour}`), evidence([0]));
    }
    assert.ok(units.length > 0);
  });

  /** Sessions of ten turns that fail as a whole in 14 %, where 10 % are allowed. */
  function certifies(bySession: boolean, seed: number): boolean {
    const random = createRandom(seed);
    const ladder = new LadderTest({ rungs: 1, quality, delta: 0.05, shifts: [0] });
    for (let session = 0; session < 300 && ladder.certified === 0; session++) {
      const excess = (random() < 0.14 ? 1 : 0) - (1 - quality);
      if (bySession) ladder.add(1, [excess]);
      else for (let turn = 0; turn < 10 && ladder.certified === 0; turn++) ladder.add(1, [excess]);
    }
    return ladder.certified > 0;
  }

  test('turns that fail together would break the promise if each counted; sessions keep it', () => {
    const installs = 400;
    const rate = (bySession: boolean) =>
      Array.from({ length: installs }, (_, i) => Number(certifies(bySession, i + 1))).reduce(
        (a, b) => a + b,
      ) / installs;
    assert.ok(rate(true) <= 0.05, `${rate(true)}`);
    assert.ok(rate(false) > 0.1, `${rate(false)}: turns as units should break it here`);
  });
});

const judged = (loss: number | undefined) => ({
  loss,
  grade: { grader: 'judge', judge: 'j', verdicts: [], lengthRatio: 1, costNano: 0 },
});

const pair = (more: Partial<Pair> = {}): Pair =>
  ({
    id: 'pair_1',
    atMs: 5,
    reference: 'dear',
    rungs: ['dear', 'cheap', 'tiny'],
    answers: [
      pairAnswer('dear', { loss: 0 }),
      pairAnswer('cheap', judged(0)),
      pairAnswer('tiny', { loss: 1 }),
    ],
    anchorPropensity: 0.5,
    propensity: 1,
    propensityLeast: 1,
    ...more,
  }) as Pair;

describe('pairs that people are asked about', () => {
  test('only what a judge graded, or nobody could, and what some rung would have given out', () => {
    assert.deepEqual(toBeLabelled(pair()), ['cheap']);
    assert.deepEqual(
      toBeLabelled(
        pair({ answers: [pairAnswer('dear', { loss: 0 }), pairAnswer('tiny', { loss: undefined })] }),
      ),
      ['tiny'],
    );
    assert.deepEqual(
      toBeLabelled(
        pair({
          answers: [
            pairAnswer('dear', { loss: 0 }),
            pairAnswer('cheap', { ...judged(1), faults: ['empty'] }),
          ],
        }),
      ),
      [],
    );
    assert.deepEqual(toBeLabelled(pair({ rungs: ['dear', 'tiny'] })), []);
  });

  test('until somebody says something it counts as lost in full, and what no judge said needs no label', () => {
    const { from, exact, labels } = pairEvidence(pair(), quality);
    assert.equal(from, 1);
    assert.deepEqual(exact, [true, false, true]);
    close(labels!.open!.worst[1]!, quality);
    assert.equal(pairEvidence(pair({ anchorPropensity: undefined }), quality).labels, undefined);
  });

  test('labels of several people are averaged', () => {
    const losses = lossesOf([
      { candidate: 'a', loss: 1 },
      { candidate: 'a', loss: 0 },
      { candidate: 'b', loss: -1 },
    ]);
    assert.deepEqual(
      [...losses],
      [
        ['a', 0.5],
        ['b', -1],
      ],
    );
  });
});

describe('the order of evidence while labels are awaited', () => {
  const unit = (judgedExcess: number, open: string[] = []): TestUnit => ({
    kind: 'drawn',
    weight: 1,
    from: 0,
    judged: [judgedExcess],
    exact: [false],
    person: {
      sums: [0],
      requests: 0,
      open: open.map((pairId, i) => ({ pairId, atMs: i, worst: [quality] })),
    },
  });

  function order() {
    const applied: (KnownUnit | ReadyUnit)[] = [];
    return { applied, of: new LabelOrder((one) => applied.push(one)) };
  }

  test('what comes after one that waits waits too, and is counted in order', () => {
    const { applied, of } = order();
    of.add(unit(0.5, ['p1']));
    for (let i = 0; i < 3; i++) of.add({ kind: 'known', least: 0.5, rungs: 1, times: 1 });
    of.add({ ...unit(0.1), person: undefined } as TestUnit);
    assert.equal(applied.length, 0);
    assert.deepEqual(of.open, ['p1']);
    of.labelled('p1', [-0.1]);
    assert.deepEqual(
      applied.map((one) => (one.kind === 'known' ? one.times : one.person)),
      [[-0.1], 3, undefined],
    );
    assert.equal(of.waiting, 0);
  });

  test('a label that never comes is a loss in full, also where people cannot keep up', () => {
    const { applied, of } = order();
    of.add(unit(0.1, ['p1', 'p2']));
    assert.equal(of.expire(1), 1);
    of.labelled('p2', [0.1]);
    assert.ok(applied[0]?.kind === 'drawn');
    close(applied[0].person![0]!, (quality + 0.1) / 2);
    for (let i = 0; i < 5002; i++) of.add(unit(0.1, [`q${i}`]));
    assert.equal(of.waiting, 5000);
    assert.equal(applied.length, 3);
  });

  test('it goes on after a restart', () => {
    const { of } = order();
    of.add(unit(0.1, ['p1']));
    const again = order();
    assert.ok(again.of.restore(JSON.parse(JSON.stringify(of.state()))));
    again.of.labelled('p1', [0.3]);
    assert.equal(again.applied.length, 1);
  });
});

describe('what labels tell of a judge', () => {
  const labelled = (n: number, judgeLoss: number, person: number, watch: JudgeWatch) => {
    const one = pair({
      id: `pair_${n}`,
      answers: [pairAnswer('dear', { loss: 0 }), pairAnswer('cheap', judged(judgeLoss))],
    });
    watch.paired(one);
    return watch.labelled(one, new Map([['cheap', person]]));
  };

  test('that it errs otherwise than it did, and how it errs', () => {
    const random = createRandom(4);
    const watch = new JudgeWatch(random);
    let changedAt: number | undefined;
    for (let n = 0; n < 900 && changedAt === undefined; n++) {
      const person = random() < 0.1 ? 1 : 0;
      const isHarsh = n >= 300 && random() < 0.4;
      if (labelled(n, isHarsh ? 1 : person, person, watch).judgeChanged) changedAt = n;
    }
    assert.ok(changedAt !== undefined && changedAt > 300, `${changedAt}`);
    assert.ok(watch.error!.bias > 0);
  });

  test('after an alarm, whether the answers have changed or the judge; and it outlives the process', () => {
    for (const [cause, judgeSays, personSays] of [
      ['system', 1, 1],
      ['judge', 1, 0],
    ] as const) {
      const random = createRandom(9);
      let watch = new JudgeWatch(random);
      for (let n = 0; n < 200; n++) labelled(n, 0, 0, watch);
      const fresh: Pair[] = Array.from({ length: 100 }, (_, i) =>
        pair({
          id: `pair_${1000 + i}`,
          answers: [pairAnswer('dear', { loss: 0 }), pairAnswer('cheap', judged(judgeSays))],
        }),
      );
      for (const one of fresh) watch.paired(one);
      watch.alarmed('pol_1');
      assert.equal(watch.open.length, 100);
      const state = JSON.parse(JSON.stringify(watch.state()));
      watch = new JudgeWatch(random);
      watch.restore(state);
      const told = fresh.flatMap((one) => watch.labelled(one, new Map([['cheap', personSays]])).cause ?? []);
      assert.equal(told.length, 1);
      assert.equal(told[0]!.cause, cause);
      assert.equal(told[0]!.policy, 'pol_1');
    }
  });
});

describe('how many labels a promise takes', () => {
  const power = { delta: 0.05, residual: 0.1 };

  test('more for less loss, none for no margin, and both ways agree', () => {
    assert.equal(labelsNeeded(0, { ...power, quality: 0.98 }), Number.POSITIVE_INFINITY);
    const losses = [100, 500, 2000].map((labels) => smallestLoss(labels, power));
    assert.ok(losses[0]! > losses[1]! && losses[1]! > losses[2]!);
    for (const [index, labels] of [100, 500, 2000].entries()) {
      const loss = losses[index]!;
      assert.ok(Math.abs(labelsNeeded(loss, { ...power, quality: 1 - loss }) - labels) <= 2);
    }
    // The simulation of bench:proof certifies 10, 5 and 2 points with half of its installs.
    for (const [index, simulated] of [0.1, 0.05, 0.02].entries())
      assert.ok(losses[index]! / simulated > 0.5 && losses[index]! / simulated < 2, `${losses}`);
  });
});
