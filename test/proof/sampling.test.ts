import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { ProofBudget } from '../../src/proof/sampling/budget.ts';
import { drawn } from '../../src/proof/sampling/draw.ts';
import { Sampler } from '../../src/proof/sampling/sampler.ts';
import { StratumShares } from '../../src/proof/sampling/shares.ts';
import { stratumOf } from '../../src/proof/sampling/stratum.ts';
import type { Decision } from '../../src/router/index.ts';

const secret = new Uint8Array(32).fill(7);
const dayMs = 86_400_000;

function decision(firstCheap: number | undefined, language = 'en'): Decision {
  const steps = [{ rung: 0, candidate: firstCheap === 0 ? 'cheap' : 'dear' }];
  if (firstCheap !== undefined && firstCheap > 0) steps.push({ rung: firstCheap, candidate: 'cheap' });
  return {
    shape: { language },
    reference: 'dear',
    ladder: { policy: 'pol_1', rungs: 20, steps },
  } as Decision;
}

test('a stratum is a language and how far up the ladder a request goes cheap', () => {
  assert.equal(stratumOf(decision(0)), 'en/1');
  assert.equal(stratumOf(decision(5, 'zh')), 'zh/2');
  assert.equal(stratumOf(decision(19)), 'en/4');
  assert.equal(stratumOf(decision(undefined)), undefined, 'nothing is to be found out about it');
  assert.equal(stratumOf({ ...decision(1), ladder: undefined }), 'en/learn');
});

test('draws are uniform, differ by what they are for, and come out the same again', () => {
  const values = Array.from({ length: 20_000 }, (_, i) => drawn(secret, 'pair', ['auto', `req_${i}`]));
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01);
  const low = values.filter((one) => one < 0.03).length / values.length;
  assert.ok(Math.abs(low - 0.03) < 0.005);
  assert.equal(drawn(secret, 'pair', ['auto', 'req_1']), values[1]);
  assert.notEqual(drawn(secret, 'anchor', ['auto', 'req_1']), values[1]);
  assert.notEqual(drawn(new Uint8Array(32), 'pair', ['auto', 'req_1']), values[1]);
  assert.notEqual(drawn(secret, 'pair', ['a', 'uto', 'req_1']), drawn(secret, 'pair', ['a', 'u', 'toreq_1']));
});

describe('shares of strata', () => {
  test('where losses are greater more is drawn, where pairs are dearer less, and the mean is kept', () => {
    const shares = new StratumShares();
    for (let i = 0; i < 3000; i++) {
      const stratum = ['noisy', 'calm', 'dear'][i % 3]!;
      shares.seen(stratum);
      if (i % 10 < 3)
        shares.paired(stratum, stratum === 'calm' ? 0.02 : 0.25, stratum === 'dear' ? 0.04 : 0.01);
    }
    const [noisy, calm, dear] = ['noisy', 'calm', 'dear'].map((name) => shares.share(name, 0.1, 0.001));
    assert.ok(noisy!.propensity > 1.5 * dear!.propensity, `${noisy!.propensity} ${dear!.propensity}`);
    assert.ok(dear!.propensity > calm!.propensity);
    assert.ok(calm!.propensity >= 0.05, 'and none is starved');
    const mean = (noisy!.propensity + calm!.propensity + dear!.propensity) / 3;
    assert.ok(Math.abs(mean - 0.1) < 0.03);
  });

  test('no share is below the least, the least is what it says, and all are within bounds, whatever came before', () => {
    const event = fc.record({
      stratum: fc.constantFrom('a', 'b', 'c', 'd'),
      square: fc.double({ min: 0, max: 1, noNaN: true }),
      costUsd: fc.double({ min: 0, max: 10, noNaN: true }),
      graded: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 200 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.0001, max: 0.2, noNaN: true }),
        (events, mean, floor) => {
          const shares = new StratumShares();
          for (const { stratum, square, costUsd, graded } of events) {
            shares.seen(stratum);
            if (graded) shares.paired(stratum, square, costUsd);
          }
          const all = ['a', 'b', 'c', 'd', 'new'].map((name) => shares.share(name, mean, floor));
          for (const { propensity, least } of all) {
            assert.ok(least > 0 && least <= propensity && propensity <= 1);
            assert.ok(propensity >= Math.min(1, floor));
            assert.equal(least, all[0]!.least);
          }
          const again = new StratumShares();
          assert.equal(again.restore(JSON.parse(JSON.stringify(shares.state()))), true);
          assert.deepEqual(again.share('a', mean, floor), all[0]);
        },
      ),
    );
    for (const bad of [undefined, 1, {}, { strata: [['a', {}]], all: {} }, { strata: [], all: null }])
      assert.equal(new StratumShares().restore(bad), false);
  });

  test('a weighted mean of drawn losses is that of all requests, though some kinds are drawn twice as often', () => {
    const random = createRandom(5);
    const shares = new StratumShares();
    let truth = 0;
    let weighted = 0;
    let weights = 0;
    const requests = 60_000;
    for (let i = 0; i < requests; i++) {
      const isHard = random() < 0.3;
      const stratum = isHard ? 'hard' : 'easy';
      const loss = random() < (isHard ? 0.4 : 0.02) ? 1 : 0;
      truth += loss / requests;
      shares.seen(stratum);
      const { propensity, least } = shares.share(stratum, 0.2, 0.01);
      if (random() >= propensity) continue;
      weighted += (least / propensity) * loss;
      weights += least / propensity;
      shares.paired(stratum, loss * loss, 0.01);
    }
    assert.ok(Math.abs(weighted / weights - truth) < 0.01, `${weighted / weights} is not ${truth}`);
  });
});

describe('the budget of a day', () => {
  test('draws last until midnight, and what is spent stays near it', () => {
    for (const perHour of [20, 400, 8000]) {
      const budget = new ProofBudget(5);
      const random = createRandom(3);
      let lastDrawMs = 0;
      const stepMs = 3_600_000 / perHour;
      for (let now = 0; now < dayMs; now += stepMs) {
        budget.seen(now);
        const share = budget.share(now, 0.02, 0.2, 0.0001);
        if (random() >= share) continue;
        budget.began();
        budget.ended();
        budget.spent(0.02, now);
        lastDrawMs = now;
      }
      const spent = budget.spentToday(dayMs - 1);
      assert.ok(spent <= 5 + 1e-9, `${spent} of 5`);
      const wanted = Math.min(5, 24 * perHour * 0.2 * 0.02);
      assert.ok(spent > 0.85 * wanted, `${perHour} an hour: ${spent} of ${wanted}`);
      assert.ok(lastDrawMs > 0.9 * dayMs, 'and not all of it in the morning');
    }
  });

  test('nothing is drawn once it is spent, with what is open counted, until the next day', () => {
    const budget = new ProofBudget(1);
    budget.seen(0);
    budget.spent(0.5, 1000);
    assert.ok(budget.share(1000, 0.3, 0.1, 0.01) > 0);
    budget.began();
    assert.equal(budget.share(1000, 0.3, 0.1, 0.01), 0);
    budget.ended();
    budget.spent(0.5, 2000);
    assert.equal(budget.share(2000, 0.3, 0.1, 0.01), 0);
    assert.ok(budget.share(dayMs + 1, 0.3, 0.1, 0.01) > 0);
    const again = new ProofBudget(1);
    assert.equal(again.restore({ day: 0, spentUsd: 1 }), true);
    assert.equal(again.share(3000, 0.3, 0.1, 0.01), 0, 'also after a restart');
    assert.equal(again.restore({ day: 0, spentUsd: -1 }), false);
    assert.equal(new ProofBudget(undefined).share(0, 5, 0.1, 0.01), 0.1);
  });
});

describe('a sampler', () => {
  const settings = {
    shareMax: 0.2,
    shareCertified: 0.05,
    shareMin: 0.01,
    budgetUsdPerDay: undefined,
    anchorsPerWeek: 0,
  };

  test('draws about the share that is asked for, fewer when certified, and none where all is known', () => {
    const sampler = new Sampler('auto', settings, secret);
    const count = (certified: boolean, firstCheap: number | undefined): number => {
      let drawnCount = 0;
      for (let i = 0; i < 5000; i++) {
        const draw = sampler.draw(
          { decision: decision(firstCheap), unitId: `req_${certified}_${i}`, certified },
          i,
        );
        assert.ok(draw.propensity >= draw.propensityLeast);
        if (draw.drawn) drawnCount += 1;
      }
      return drawnCount / 5000;
    };
    assert.ok(Math.abs(count(false, 3) - 0.2) < 0.03);
    assert.ok(Math.abs(count(true, 3) - 0.05) < 0.02);
    assert.equal(count(false, undefined), 0);
  });

  test('while the money of the day is spent there is no share at all, and the evidence knows', () => {
    const sampler = new Sampler('auto', { ...settings, budgetUsdPerDay: 1 }, secret);
    sampler.began();
    sampler.ended(1, 0);
    const draw = sampler.draw({ decision: decision(3), unitId: 'req_1', certified: false }, 0);
    assert.deepEqual([draw.drawn, draw.propensity, draw.propensityLeast], [false, 0, 0]);
    const again = new Sampler('auto', { ...settings, budgetUsdPerDay: 1 }, secret);
    again.restore(JSON.parse(JSON.stringify(sampler.state())));
    assert.equal(again.spentToday(0), 1);
    again.reconfigured({ ...settings, budgetUsdPerDay: 2 });
    assert.ok(again.draw({ decision: decision(3), unitId: 'req_1', certified: false }, 0).propensity > 0);
  });

  test('people are asked about as many pairs a week as they are willing to label', () => {
    const sampler = new Sampler('auto', { ...settings, anchorsPerWeek: 50 }, secret);
    let asked = 0;
    const everyMs = 600_000;
    const weeks = 8;
    for (let now = 0; now < weeks * 7 * dayMs; now += everyMs) {
      const anchor = sampler.anchor(`pair_${now}`, now);
      assert.ok(anchor!.propensity > 0 && anchor!.propensity <= 1);
      if (anchor!.drawn) asked += 1;
    }
    assert.ok(Math.abs(asked / weeks - 50) < 15, `${asked / weeks} a week`);
    assert.equal(new Sampler('auto', settings, secret).anchor('pair_1', 0), undefined);
  });
});
