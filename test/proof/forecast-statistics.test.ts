import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JudgedRow, judgedForecast } from '../../src/proof/forecast/statistics/judged.ts';
import { ladderOf, picksAt } from '../../src/proof/forecast/statistics/ladder.ts';
import { priorForecast, transferFactor } from '../../src/proof/forecast/statistics/priors.ts';
import {
  normalBelow,
  normalQuantile,
  studentQuantile,
} from '../../src/proof/forecast/statistics/quantiles.ts';
import type { ForecastRow } from '../../src/proof/forecast/statistics/row.ts';
import { drawStrata } from '../../src/proof/forecast/statistics/sample.ts';
import { quantileOfMaximum } from '../../src/proof/forecast/statistics/simultaneous.ts';

const near = (value: number, wanted: number, by: number): void =>
  assert.ok(Math.abs(value - wanted) <= by, `${value} is not within ${by} of ${wanted}`);

function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 12_345) % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test('quantiles are those of the printed tables', () => {
  near(normalQuantile(0.975), 1.959964, 1e-5);
  near(normalBelow(1.644854), 0.95, 1e-6);
  near(studentQuantile(0.975, 1), 12.7062, 1e-2);
  near(studentQuantile(0.975, 9), 2.26216, 1e-3);
  near(studentQuantile(0.9875, 4), 3.4954, 1e-2);
  near(studentQuantile(0.025, 9), -2.26216, 1e-3);
  near(studentQuantile(0.975, 5000), 1.959964, 1e-3);
});

test('the largest of equal errors needs no more room than one, that of many independent ones as much as Bonferroni says', () => {
  const same = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const options = { confidence: 0.95, replicates: 4000, random: randomOf(3) };
  near(quantileOfMaximum([same, same, same.map((each) => 5 * each)], options), 1.96, 0.1);
  const apart = Array.from({ length: 20 }, (_, k) =>
    Float64Array.from({ length: 20 }, (_, i) => (i === k ? 2 : 0)),
  );
  near(quantileOfMaximum(apart, options), normalQuantile(1 - 0.05 / 40), 0.12);
  assert.equal(quantileOfMaximum([new Float64Array(5)], options), 0);
});

test('strata get draws by size and for themselves, never more than they have, and each row of one is as likely', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 150 }),
      fc.nat(),
      (keys, draws, seed) => {
        const strata = drawStrata(keys, draws, randomOf(seed + 1));
        const all = strata.flatMap(({ drawn }) => drawn);
        assert.equal(new Set(all).size, all.length);
        assert.ok(all.length >= Math.min(draws, keys.length));
        assert.ok(all.length <= Math.max(draws, 2 * strata.length));
        for (const { rows, drawn } of strata) {
          assert.ok(drawn.every((row) => rows.includes(row)));
          assert.ok(drawn.length >= Math.min(2, rows.length));
        }
      },
    ),
  );
  const hits = [0, 0, 0, 0];
  for (let run = 0; run < 2000; run++)
    for (const row of drawStrata(['a', 'a', 'a', 'a'], 2, randomOf(run))[0]!.drawn) hits[row]! += 1;
  for (const count of hits) near(count, 1000, 120);
});

const rowOf = (i: number, options: Partial<ForecastRow['options'][number]>[]): ForecastRow => ({
  referenceUsd: 0.01,
  referenceQuality: 0.8,
  referenceKnown: true,
  session: String(i),
  options: options.map((option, candidate) => ({
    candidate,
    loss: 0,
    lossHalf: 0.1,
    quality: 0.7,
    usd: 0.001,
    savedUsd: 0.009,
    ...option,
  })),
});

test('the ladder is nested, reaches known shares, and ends with everything that saves', () => {
  const rows = Array.from({ length: 100 }, (_, i) => rowOf(i, [{ loss: (i - 20) / 100 }]));
  rows.push(rowOf(100, [{ savedUsd: -0.001 }]), rowOf(101, []));
  const { picks, allowances } = ladderOf(rows);
  assert.equal(picks.length, 20);
  assert.deepEqual(
    [...allowances].sort((a, b) => a - b),
    allowances,
  );
  const shares = picks.map((rung) => rung.filter((pick) => pick >= 0).length);
  assert.equal(shares[0], 5);
  assert.equal(shares.at(-1), 100);
  for (let rung = 1; rung < picks.length; rung++)
    for (let i = 0; i < rows.length; i++) if (picks[rung - 1]![i]! >= 0) assert.ok(picks[rung]![i]! >= 0);
  assert.deepEqual(ladderOf([rowOf(0, [])]).allowances, []);
});

test('of several cheaper candidates the ladder calls the better one until saving more is worth it', () => {
  const rows = [
    rowOf(0, [
      { loss: 0.2, savedUsd: 0.0099 },
      { loss: 0.05, savedUsd: 0.005 },
    ]),
  ];
  assert.deepEqual([...picksAt(rows, 9)], [-1]);
  assert.deepEqual([...picksAt(rows, 15)], [1]);
  assert.deepEqual([...picksAt(rows, 1e9)], [0]);
});

test('an interval by priors is as wide as the errors on unseen benchmarks make it, however long the log', () => {
  const rows = Array.from({ length: 4000 }, (_, i) => rowOf(i, [{ loss: 0.05 }]));
  const errors = { loss: { a: 0.5, b: 1, c: 0.7 }, cost: { a: 0.3, b: 0.2, c: 0.4 } };
  const forecast = (many: ForecastRow[]) =>
    priorForecast({ rows: many, ladder: ladderOf(many), errors, next: many.length, confidence: 0.95 }).at(
      -1,
    )!;
  const [short, long] = [forecast(rows.slice(0, 200)), forecast(rows)];
  const transfer = transferFactor([0.5, 1, 0.7], 0.9875) * 0.1;
  assert.ok(long.quality.mean - long.quality.low > transfer);
  near(long.quality.mean - long.quality.low, transfer, 0.05 * transfer);
  assert.ok(short.quality.low < long.quality.low);
  near(long.quality.mean, 0.95, 1e-9);
  near(long.saving.mean, 0.9, 1e-9);
  assert.ok(long.saving.low < 0.9 && long.saving.high > 0.9 && long.saving.high <= 1);
});

interface World {
  rows: ForecastRow[];
  losses: number[];
  costs: number[];
}

/** Requests whose true loss has little to do with what the router expects, and costs that it is wrong about by a third. */
function worldOf(n: number, random: () => number): World {
  const world: World = { rows: [], losses: [], costs: [] };
  for (let i = 0; i < n; i++) {
    const hard = random();
    const draw = random();
    world.losses.push(draw < 0.25 * hard ? 1 : draw > 0.95 ? -1 : 0);
    const size = 0.2 + 2 * random();
    world.costs.push(0.0015 * size);
    world.rows.push({
      ...rowOf(i, [{ loss: 0.1 + 0.1 * hard + 0.1 * random(), usd: 0.001 * size, savedUsd: 0.009 * size }]),
      referenceUsd: 0.01 * size,
    });
  }
  return world;
}

test('judged pairs make up for a router that is wrong: the next traffic is within the joint interval in 95 of 100 worlds, and the interval is narrow', () => {
  const runs = 120;
  let covered = 0;
  let width = 0;
  for (let run = 0; run < runs; run++) {
    const random = randomOf(run + 1);
    const log = worldOf(1200, random);
    const next = worldOf(1200, random);
    const ladder = ladderOf(log.rows);
    const strata = drawStrata(
      log.rows.map((_, i) => (i % 3 === 0 ? 'a' : 'b')),
      250,
      random,
    );
    const judged = strata.flatMap(({ drawn }) => drawn.map((row) => judgedOf(log, row)));
    const curve = judgedForecast({
      rows: log.rows,
      ladder,
      strata,
      judged,
      next: 1200,
      confidence: 0.95,
      random,
    });
    const rung = 9;
    const truth = truthOf(next, picksAt(next.rows, ladder.allowances[rung]!));
    const { saving, quality } = curve[rung]!;
    if (
      truth.saving >= saving.low &&
      truth.saving <= saving.high &&
      truth.quality >= quality.low &&
      truth.quality <= quality.high
    )
      covered += 1;
    width += (quality.high - quality.low) / runs;
  }
  // 114 of 120 would be 95 %; fewer than 108 has a chance below 1 in 100 then.
  assert.ok(covered >= 108, `${covered} of ${runs}`);
  assert.ok(width < 0.2, String(width));
});

const judgedOf = ({ rows, losses, costs }: World, row: number): JudgedRow => ({
  row,
  referenceUsd: rows[row]!.referenceUsd,
  options: [{ loss: losses[row]!, usd: costs[row]! }],
});

function truthOf({ rows, losses, costs }: World, picks: Int16Array): { saving: number; quality: number } {
  let [loss, saved, reference] = [0, 0, 0];
  for (const [i, row] of rows.entries()) {
    reference += row.referenceUsd;
    if (picks[i]! < 0) continue;
    loss += losses[i]!;
    saved += row.referenceUsd - costs[i]!;
  }
  return { saving: saved / reference, quality: 1 - loss / rows.length };
}

test('requests that could not be judged are represented by others of their stratum, and those that nobody would send away count as kept', () => {
  const random = randomOf(5);
  const world = worldOf(600, random);
  world.rows.push(...Array.from({ length: 200 }, (_, i) => rowOf(600 + i, [])));
  const ladder = ladderOf(world.rows);
  const strata = drawStrata(
    world.rows.map(({ options }) => String(options.length)),
    400,
    random,
  );
  const judged = strata.flatMap(({ drawn }) =>
    drawn.map((row, k): JudgedRow => {
      if (world.rows[row]!.options.length === 0) return { row, referenceUsd: 0.01, options: [] };
      return k % 5 === 0 ? { row, referenceUsd: 0.01, options: [undefined] } : judgedOf(world, row);
    }),
  );
  const last = judgedForecast({
    rows: world.rows,
    ladder,
    strata,
    judged,
    next: 800,
    confidence: 0.95,
    random,
  }).at(-1)!;
  const truth = world.losses.reduce((sum, each) => sum + each, 0) / 800;
  near(last.cheapShare, 600 / 800, 1e-9);
  assert.ok(last.quality.low < 1 - truth && last.quality.high > 1 - truth);
});

test('requests of one session make the interval wider than the same requests each by itself', () => {
  const random = randomOf(8);
  const world = worldOf(400, random);
  const blocked = world.rows.map((row, i) => ({
    ...row,
    options: row.options.map((option) => ({ ...option, loss: Math.floor(i / 40) % 2 === 0 ? 0.3 : 0 })),
  }));
  const errors = { loss: { a: 0, b: 0 }, cost: { a: 0, b: 0 } };
  const widthOf = (rows: ForecastRow[]): number => {
    const { quality } = priorForecast({
      rows,
      ladder: ladderOf(rows),
      errors,
      next: 400,
      confidence: 0.95,
    }).at(-1)!;
    return quality.high - quality.low;
  };
  const together = blocked.map((row, i) => ({ ...row, session: String(Math.floor(i / 40)) }));
  assert.ok(widthOf(together) > 1.5 * widthOf(blocked));
});
