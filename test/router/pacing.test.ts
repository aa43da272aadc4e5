import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BudgetPacer } from '../../src/router/pacing/budget-pacer.ts';
import { CostBias } from '../../src/router/pacing/cost-bias.ts';
import { readPacerMemory } from '../../src/router/pacing/pacer-memory.ts';
import { ResponseCurve } from '../../src/router/pacing/response-curve.ts';
import { TrafficForecast } from '../../src/router/pacing/traffic-forecast.ts';
import {
  type Arrival,
  arrivalsOf,
  carefulRule,
  choiceResult,
  expectedRule,
  experiencedPacer,
  fixedDay,
  greedyDay,
  hindsightLambda,
  normalOf,
  ordinaryDay,
  pacedDay,
  type Rule,
  randomOf,
  type SimulatedAsk,
  type TrafficPlan,
} from './pacing-simulation.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const firstDayMs = 20_000 * dayMs;

const options = (cheapNano: number, referenceNano: number, loss: number) => [
  { id: 'cheap', costNano: cheapNano, likelyNano: cheapNano, loss },
  { id: 'reference', costNano: referenceNano, likelyNano: referenceNano, loss: 0 },
];

describe('the response curve', () => {
  test('the price it gives for a spending spends that, and more is never cheaper', () => {
    const request = fc.record({
      cheap: fc.integer({ min: 1_000, max: 1_000_000 }),
      more: fc.integer({ min: 1_000, max: 100_000_000 }),
      loss: fc.double({ min: 0.001, max: 0.6, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 5, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (asks, part) => {
          const curve = new ResponseCurve();
          for (const { cheap, more, loss } of asks) curve.note(options(cheap, cheap + more, loss));
          const wanted = curve.cheapestNano + part * (curve.dearestNano - curve.cheapestNano);
          const lambda = curve.lambdaFor(wanted);
          assert.ok(
            Math.abs(curve.spendAt(lambda) - wanted) <= 1e-6 * curve.dearestNano + 1,
            `${curve.spendAt(lambda)} for ${wanted}`,
          );
          assert.ok(curve.lambdaFor(wanted * 1.1) >= lambda * (1 - 1e-9));
        },
      ),
    );
  });

  test('beyond what can be spent quality may cost anything, and below the cheapest nothing', () => {
    const curve = new ResponseCurve();
    for (let i = 0; i < 50; i++) curve.note(options(1_000, 100_000, 0.1));
    assert.equal(curve.lambdaFor(500), 0);
    const all = curve.lambdaFor(1e12);
    assert.equal(Math.round(curve.spendAt(all)), 100_000);
    assert.ok(all > 1, `${all}`);
  });

  test('it forgets: after other requests the price is theirs', () => {
    const curve = new ResponseCurve();
    for (let i = 0; i < 3_000; i++) curve.note(options(1_000, 10_000, 0.1));
    for (let i = 0; i < 6_000; i++) curve.note(options(1_000, 50_000, 0.1));
    assert.ok(Math.abs(curve.dearestNano - 50_000) < 500, `${curve.dearestNano}`);
  });
});

describe('what answers cost beyond what was expected', () => {
  test('is learned per way of answering, and one answer does not settle it', () => {
    const bias = new CostBias();
    bias.note('a', 100, 1_000);
    assert.ok(bias.of('a') < 3);
    for (let i = 0; i < 300; i++) bias.note('a', 100, 150);
    assert.ok(Math.abs(bias.of('a') - 1.5) < 0.1, `${bias.of('a')}`);
    assert.equal(bias.of('b'), 1);
  });

  test('is kept for 64 ways of answering, the longest unused forgotten first', () => {
    const bias = new CostBias();
    for (let i = 0; i < 65; i++) bias.note(`c${i}`, 100, 200);
    assert.equal(bias.memory().options.length, 64);
    assert.equal(bias.of('c0'), 1);
  });
});

describe('the traffic forecast', () => {
  const even = (forecast: TrafficForecast, fromMs: number, toMs: number, perHour: number) => {
    for (let at = fromMs; at < toMs; at += hourMs / perHour) forecast.note(at);
  };

  test('on a first day it is the rate of late times what is left', () => {
    const forecast = new TrafficForecast(firstDayMs);
    even(forecast, firstDayMs, firstDayMs + 6 * hourMs, 100);
    const left = forecast.remaining(firstDayMs + 6 * hourMs);
    assert.ok(Math.abs(left - 1_800) < 270, `${left}`);
  });

  test('after a day it knows the course of one, and a doubling within two hours', () => {
    const forecast = new TrafficForecast(firstDayMs);
    even(forecast, firstDayMs + 12 * hourMs, firstDayMs + 18 * hourMs, 100);
    const next = firstDayMs + dayMs;
    assert.ok(Math.abs(forecast.remaining(next) - 600) < 10, `${forecast.remaining(next)}`);
    assert.ok(forecast.remaining(next + 20 * hourMs) < 10);
    const doubled = new TrafficForecast(next, forecast.memory());
    even(doubled, next + 12 * hourMs, next + 14 * hourMs, 200);
    const left = doubled.remaining(next + 14 * hourMs);
    assert.ok(left > 600 && left < 900, `${left}`);
  });

  test('a burst in a quiet night is not taken for another kind of day', () => {
    const forecast = new TrafficForecast(firstDayMs);
    even(forecast, firstDayMs, firstDayMs + 6 * hourMs, 20);
    even(forecast, firstDayMs + 6 * hourMs, firstDayMs + dayMs, 400);
    const next = firstDayMs + dayMs;
    const usual = forecast.remaining(next + 3 * hourMs);
    even(forecast, next + 2 * hourMs, next + 2 * hourMs + 600_000, 400);
    const left = forecast.remaining(next + 2 * hourMs + 600_000);
    assert.ok(left < 1.7 * usual && left > 0.7 * usual, `${left} against ${usual}`);
  });

  test('a clock that goes back changes nothing of the day', () => {
    const forecast = new TrafficForecast(firstDayMs + hourMs);
    even(forecast, firstDayMs + hourMs, firstDayMs + 2 * hourMs, 100);
    forecast.note(firstDayMs - hourMs);
    assert.equal(forecast.memory().dayStartMs, firstDayMs);
    assert.ok(Number.isFinite(forecast.remaining(firstDayMs - hourMs)));
  });
});

describe('the budget pacer', () => {
  const ask = (lambdaUsd: number | undefined) => ({
    options: [
      { id: 'cheap', costNano: 100_000, loss: 0.05 },
      { id: 'reference', costNano: 3_000_000, loss: 0 },
    ],
    chosen: 'reference',
    lambdaUsd,
  });

  test('without a decision there is no price; with the budget gone the price is nothing', () => {
    const pacer = new BudgetPacer(30_000_000, firstDayMs);
    assert.equal(pacer.lambdaUsd(firstDayMs), undefined);
    for (let i = 0; i < 20; i++) {
      pacer.began(`r${i}`, ask(undefined), firstDayMs + i * 1_000);
      pacer.settled(`r${i}`, 3_000_000, firstDayMs + i * 1_000 + 500);
    }
    assert.equal(pacer.lambdaUsd(firstDayMs + 60_000), 0);
    const view = pacer.view(firstDayMs + 60_000);
    assert.equal(view.reach, 'over');
    assert.equal(view.spentNano, 60_000_000);
  });

  test('money in flight counts before it is known', () => {
    const pacer = new BudgetPacer(1e9, firstDayMs);
    for (let i = 0; i < 10; i++) pacer.began(`r${i}`, ask(undefined), firstDayMs + i);
    const view = pacer.view(firstDayMs + 20);
    assert.equal(view.spentNano, 0);
    assert.equal(view.inFlightNano, 30_000_000);
    pacer.settled('r0', 1_000_000, firstDayMs + 30);
    assert.equal(pacer.view(firstDayMs + 40).spentNano, 1_000_000);
    assert.equal(pacer.view(firstDayMs + 40).inFlightNano, 27_000_000);
  });

  test('what began before midnight belongs to the day before', () => {
    const pacer = new BudgetPacer(1e9, firstDayMs);
    pacer.began('late', ask(undefined), firstDayMs + dayMs - 1_000);
    pacer.settled('late', 3_000_000, firstDayMs + dayMs + 2_000);
    const view = pacer.view(firstDayMs + dayMs + 3_000);
    assert.equal(view.spentNano, 0);
    assert.equal(view.inFlightNano, 0);
    assert.equal(view.dayStartMs, firstDayMs + dayMs);
  });

  test('at most 10,000 decisions are in flight: of more the oldest counts as expected', () => {
    const pacer = new BudgetPacer(1e12, firstDayMs);
    for (let i = 0; i < 10_001; i++) pacer.began(`r${i}`, ask(undefined), firstDayMs + i);
    assert.equal(pacer.view(firstDayMs + 20_000).spentNano, 3_000_000);
  });

  test('an unknown cost counts as expected, and a request nobody answered teaches nothing', () => {
    const pacer = new BudgetPacer(1e9, firstDayMs);
    pacer.began('a', ask(undefined), firstDayMs);
    pacer.settled('a', undefined, firstDayMs + 1);
    assert.equal(pacer.view(firstDayMs + 1).spentNano, 3_000_000);
    for (let i = 0; i < 50; i++) {
      pacer.began(`f${i}`, ask(undefined), firstDayMs + 2);
      pacer.settled(`f${i}`, 0, firstDayMs + 3, false);
    }
    pacer.began('b', ask(undefined), firstDayMs + 4);
    assert.equal(pacer.view(firstDayMs + 4).inFlightNano, 3_000_000);
  });

  test('what the ledger knows of today counts, what it knows of yesterday does not', () => {
    const pacer = new BudgetPacer(1e9, firstDayMs);
    pacer.learnSpent(firstDayMs, 5_000_000);
    pacer.learnSpent(firstDayMs, 4_000_000);
    pacer.learnSpent(firstDayMs - dayMs, 9_000_000);
    assert.equal(pacer.view(firstDayMs).spentNano, 5_000_000);
  });

  test('its memory is read back whole, and anything else not at all', () => {
    const pacer = new BudgetPacer(1e9, firstDayMs);
    for (let i = 0; i < 5; i++) pacer.began(`r${i}`, ask(undefined), firstDayMs + i);
    const memory = readPacerMemory(JSON.parse(JSON.stringify(pacer.memory())));
    const again = new BudgetPacer(1e9, firstDayMs + 1_000, memory);
    assert.equal(again.view(firstDayMs + 1_000).spentNano, 15_000_000);
    assert.equal(again.lambdaUsd(firstDayMs + 1_000) !== undefined, true);
    for (const bad of [
      undefined,
      null,
      3,
      {},
      { ...memory, version: 2 },
      { ...memory, curve: { weight: 'x' } },
      { ...memory, traffic: { counts: [null] } },
    ])
      assert.equal(readPacerMemory(bad), undefined);
  });
});

describe('a simulated day', () => {
  /** Losses that grow with difficulty, noisy estimates, costs that estimates get wrong by a factor and by a heavy tail. */
  function asks(random: () => number): (hardness: number | undefined) => SimulatedAsk {
    const tail = () => Math.exp(0.6 * normalOf(random) - 0.18);
    return (hardness) => {
      const hard = hardness === undefined ? random() : 0.3 * random() + 0.7 * hardness;
      const lossTrue = 0.35 * hard * hard + 0.02;
      const loss = Math.max(-0.05, lossTrue + 0.08 * normalOf(random));
      const right = random() < 0.85 ? 1 : 0;
      const cheapRight = right === 1 && random() < lossTrue / 0.85 ? 0 : right;
      const known = 5_000_000 * Math.exp(normalOf(random) - 0.5);
      return {
        options: [
          {
            expectedNano: known / 25,
            actualNano: (1.4 * known * tail()) / 25,
            loss,
            lossHigh: loss + 0.15,
            score: cheapRight,
          },
          { expectedNano: known, actualNano: 0.8 * known * tail(), loss: 0, lossHigh: 0, score: right },
        ],
      };
    };
  }

  interface Lived {
    day: Arrival[];
    budgetNano: number;
    spentShare: number;
    quality: number;
  }

  function live(
    seed: number,
    share: number,
    plan: Partial<TrafficPlan>,
    { before = 2, rule = expectedRule }: { before?: number; rule?: Rule } = {},
  ): Lived {
    const random = randomOf(seed);
    const draw = asks(random);
    const at = (day: number) => firstDayMs + day * dayMs;
    const past = Array.from({ length: before }, (_, i) =>
      arrivalsOf({ ...ordinaryDay, requests: 5_000 }, at(i), random, draw),
    );
    const day = arrivalsOf({ ...ordinaryDay, requests: 5_000, ...plan }, at(before), random, draw);
    const low = fixedDay(day, 0).spentNano;
    const high = choiceResult(day, (one) => rule(one.ask, 1e9)).spentNano;
    const budgetNano = low + share * (high - low);
    const pacer = experiencedPacer(past, budgetNano, at(before), rule);
    const { spentNano, quality } = pacedDay(pacer, day, rule);
    return { day, budgetNano, spentShare: spentNano / budgetNano, quality };
  }

  const within = ({ spentShare }: Lived, under = 0.02) =>
    assert.ok(spentShare > 1 - under && spentShare < 1.02, `spent ${spentShare} of the budget`);

  for (const share of [0.15, 0.4, 0.7]) {
    test(`lands within 2 % of a budget at ${share} of the way from always cheap to always reference`, () => {
      for (const seed of [1, 2]) within(live(seed, share, {}));
      within(live(3, share, { bursts: 15 }));
      within(live(4, share, { drift: true }));
    });
    test(`does not overshoot at ${share} when traffic doubles at noon, or from the start`, () => {
      within(live(5, share, { change: { atHour: 12, factor: 2 } }));
      within(live(6, share, { change: { atHour: 0, factor: 2 } }));
    });
  }

  test('lands where traffic is half of the usual from the start, and at noon where the rest can still spend it', () => {
    within(live(7, 0.4, { change: { atHour: 0, factor: 0.5 } }));
    within(live(8, 0.4, { change: { atHour: 12, factor: 0.5 } }));
  });

  test('lands although decisions demand more than the pacer foresees', () => {
    within(live(9, 0.4, {}, { rule: carefulRule }));
  });

  test('lands on a first day, of which it knows nothing, within 5 %', () => {
    within(live(10, 0.4, {}, { before: 0 }), 0.05);
  });

  test('is better than the reference until the money is gone, and near the best single price', () => {
    const { day, budgetNano, quality } = live(11, 0.4, {});
    const greedy = greedyDay(day, budgetNano).quality;
    const lambda = hindsightLambda(day, budgetNano);
    const best = choiceResult(day, ({ ask }) => expectedRule(ask, lambda)).quality;
    assert.ok(quality > greedy + 0.5 * (best - greedy), `${quality} between ${greedy} and ${best}`);
  });

  test('where even the best answers cost less than the budget, it says so and gives them', () => {
    const random = randomOf(12);
    const day = arrivalsOf({ ...ordinaryDay, requests: 2_000 }, firstDayMs, random, asks(random));
    const high = choiceResult(day, (one) => expectedRule(one.ask, 1e9));
    const pacer = new BudgetPacer(3 * high.spentNano, firstDayMs);
    const { spentNano } = pacedDay(pacer, day);
    assert.ok(spentNano > 0.97 * high.spentNano, `${spentNano / high.spentNano}`);
    assert.equal(pacer.view(firstDayMs + 23 * hourMs).reach, 'under');
  });
});
