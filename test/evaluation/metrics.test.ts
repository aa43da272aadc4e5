import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bootstrap, pairedDifference, replicate } from '../../src/evaluation/metrics/bootstrap.ts';
import { calibrationError } from '../../src/evaluation/metrics/calibration.ts';
import { choicePicks, honestOf, pairPicks } from '../../src/evaluation/metrics/honest.ts';
import { averageQuality, costAt, upperHull } from '../../src/evaluation/metrics/hull.ts';
import { type ManySample, manyMetrics, pointOf, singles, sweep } from '../../src/evaluation/metrics/many.ts';
import {
  orderByScore,
  type PairMetrics,
  type PairSample,
  pairMetrics,
} from '../../src/evaluation/metrics/pair.ts';
import { oracleApgr, simulate, type World } from './simulate.ts';

const world: World = { onlyReference: 0.2, onlyCheap: 0.08, both: 0.8, prompts: 20_000, seed: 1, skill: 0 };

const measure = (sample: PairSample, weight?: Float64Array): PairMetrics =>
  pairMetrics(sample, orderByScore(sample.routerScore), weight);

function near(actual: number | undefined, expected: number, tolerance: number, what: string): void {
  assert.ok(actual !== undefined, `${what} is undefined`);
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual} is not within ${tolerance} of ${expected}`,
  );
}

test('a constant score is the random mix: APGR one half, CPT at its level', () => {
  const sample = simulate(world);
  sample.routerScore.fill(0);
  const { apgr, cpt50, cpt80 } = measure(sample);
  near(apgr, 0.5, 1e-9, 'APGR');
  near(cpt50, 0.5, 1e-9, 'CPT50');
  near(cpt80, 0.8, 1e-9, 'CPT80');
});

test('a router without skill has APGR one half on average', () => {
  let sum = 0;
  for (let seed = 1; seed <= 40; seed++)
    sum += measure(simulate({ ...world, prompts: 4000, seed })).apgr! / 40;
  near(sum, 0.5, 0.02, 'mean APGR');
});

test('a router that knows the gain has the closed form’s APGR', () => {
  near(measure(simulate({ ...world, skill: 1 })).apgr, oracleApgr(0.2, 0.08), 0.05, 'APGR');
});

test('a router that is always wrong mirrors one that is always right', () => {
  const sample = simulate({ ...world, skill: 1 });
  const right = measure(sample).apgr!;
  const wrong = measure({ ...sample, routerScore: sample.routerScore.map((score) => -score) }).apgr!;
  near(right + wrong, 1, 1e-9, 'sum');
});

test('the random mix saves what arithmetic says: share cheap times price gap', () => {
  const sample = simulate(world);
  sample.routerScore.fill(0);
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const strong = mean(sample.reference);
  const weak = mean(sample.cheap);
  const share = (0.95 * strong - weak) / (strong - weak);
  near(measure(sample).save[95], (1 - share) * 0.9, 1e-6, 'save@95');
  near(measure(sample).save[100], 0, 1e-6, 'save@100');
});

test('the metrics equal a slow count over every cut', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: 4 }),
          fc.integer({ min: 0, max: 4 }),
          fc.integer({ min: 0, max: 40 }),
        ),
        {
          minLength: 3,
          maxLength: 40,
        },
      ),
      (rows) => {
        // Distinct scores: with ties the slow count would depend on their order.
        const sample: PairSample = {
          cheap: Float64Array.from(rows, ([w]) => w / 4),
          reference: Float64Array.from(rows, ([, s]) => s / 4),
          cheapUsd: Float64Array.from(rows, () => 1),
          referenceUsd: Float64Array.from(rows, ([, , c]) => 2 + c),
          routerScore: Float64Array.from(rows, ([, , c], i) => c + i / 1000),
        };
        const n = rows.length;
        const order = orderByScore(sample.routerScore);
        const quality = (k: number) => {
          let sum = 0;
          for (const [at, row] of order.entries())
            sum += at < k ? sample.reference[row]! : sample.cheap[row]!;
          return sum / n;
        };
        const cost = (k: number) => {
          let sum = 0;
          for (const [at, row] of order.entries())
            sum += at < k ? sample.referenceUsd[row]! : sample.cheapUsd[row]!;
          return sum;
        };
        const metrics = pairMetrics(sample, order);
        const gap = quality(n) - quality(0);
        if (Math.abs(gap) < 1e-12) {
          assert.equal(metrics.apgr, undefined);
          return;
        }
        const pgr = (k: number) => (quality(k) - quality(0)) / gap;
        let area = 0;
        for (let k = 1; k <= n; k++) area += (pgr(k) + pgr(k - 1)) / (2 * n);
        near(metrics.apgr, area, 1e-6, 'APGR');
        let least = Number.POSITIVE_INFINITY;
        for (let k = 0; k <= n; k++)
          if (quality(k) >= 0.95 * quality(n) - 1e-9) least = Math.min(least, cost(k));
        near(metrics.save[95], 1 - least / cost(n), 1e-9, 'save@95');
        let cut = 0;
        while (cut < n && pgr(cut) < 0.5 - 1e-9) cut += 1;
        near(metrics.cpt50, cut / n, 1e-9, 'CPT50');
      },
    ),
  );
});

test('weights are multiplicities: doubling rows equals weighing them twice', () => {
  const sample = simulate({ ...world, prompts: 300, skill: 0.3 });
  const twice = (values: Float64Array) => Float64Array.from([...values, ...values.subarray(0, 100)]);
  const doubled: PairSample = {
    cheap: twice(sample.cheap),
    reference: twice(sample.reference),
    cheapUsd: twice(sample.cheapUsd),
    referenceUsd: twice(sample.referenceUsd),
    routerScore: twice(sample.routerScore),
  };
  const weight = new Float64Array(300).fill(1).fill(2, 0, 100);
  const weighed = measure(sample, weight);
  const plain = measure(doubled);
  near(weighed.apgr, plain.apgr!, 1e-9, 'APGR');
  near(weighed.save[98], plain.save[98], 1e-9, 'save@98');
});

test('the bootstrap’s 95 % interval covers the true APGR about 95 times in 100', () => {
  const runs = 120;
  const skilled: World = { ...world, skill: 0.35 };
  const truth = measure(simulate({ ...skilled, prompts: 400_000, seed: 99 })).apgr!;
  let covered = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const sample = simulate({ ...skilled, prompts: 1500, seed });
    const order = orderByScore(sample.routerScore);
    const { apgr } = bootstrap(1500, 200, seed, (weight) => ({
      apgr: pairMetrics(sample, order, weight).apgr,
    }));
    if (apgr![0] <= truth && truth <= apgr![1]) covered += 1;
  }
  // Binomial: 120 runs at 95 % give 107 or more, and not all, in more than 99 of 100 repetitions.
  assert.ok(covered >= 106 && covered <= 120, `covered ${covered} of ${runs}`);
});

test('the bootstrap is the same for the same seed and another for another', () => {
  const run = (seed: number) => bootstrap(50, 100, seed, (weight) => ({ first: weight[0] }));
  assert.deepEqual(run(3), run(3));
  assert.notDeepEqual(
    bootstrap(50, 100, 3, (weight) => ({ mean: weight.reduce((a, w, i) => a + w * i, 0) })),
    bootstrap(50, 100, 4, (weight) => ({ mean: weight.reduce((a, w, i) => a + w * i, 0) })),
  );
});

const asMany = (sample: PairSample): ManySample => ({
  score: [sample.reference, sample.cheap],
  usd: [sample.referenceUsd, sample.cheapUsd],
  reference: 0,
});
const fifths = (sample: PairSample) => Int32Array.from(sample.cheap, (_, i) => i % 5);

test('honest thresholds come from other folds and land near their target', () => {
  const sample = simulate({ ...world, skill: 0.4 });
  const picks = pairPicks(sample, fifths(sample))!;
  const honest = (target: 95 | 98 | 100) => honestOf(asMany(sample), picks[target]);
  near(honest(95).qualityRatio, 0.95, 0.01, 'quality kept');
  assert.ok(honest(95).save > honest(98).save && honest(98).save > honest(100).save);
  assert.ok(honest(95).save > honest(95).randomSave! + 0.1, 'skill beats the random mix of equal quality');
});

test('an honest threshold of a router without skill does not beat the random mix', () => {
  const sample = simulate(world);
  const { save, randomSave } = honestOf(asMany(sample), pairPicks(sample, fifths(sample))![95]);
  near(save, randomSave!, 0.02, 'saving against the mix of equal quality');
  const random = { ...sample, routerScore: new Float64Array(sample.cheap.length) };
  near(save, measure(random).save[95], 0.03, 'saving against the mix at the target');
});

test('the outcomes of a fold do not choose its own threshold', () => {
  const sample = simulate({ ...world, prompts: 500, skill: 0.4 });
  const before = pairPicks(sample, fifths(sample))!;
  // Fold 0 turned upside down: its own picks stay, whatever became of them.
  const turned = {
    ...sample,
    cheap: sample.cheap.map((score, i) => (i % 5 === 0 ? 1 - score : score)),
    reference: sample.reference.map((score, i) => (i % 5 === 0 ? 1 - score : score)),
  };
  const after = pairPicks(turned, fifths(sample))!;
  const ofFold = (picks: Uint8Array) => picks.filter((_, i) => i % 5 === 0);
  assert.deepEqual(ofFold(after[98]), ofFold(before[98]));
  assert.equal(pairPicks(sample, new Int32Array(500)), undefined, 'one fold has no others');
});

test('many models: the setting chosen on other folds equals the threshold of a pair with the same policies', () => {
  const sample = simulate({ ...world, prompts: 400, skill: 0.5 });
  sample.routerScore = sample.routerScore.map((score) => Math.round(10 * score));
  const cuts = [...new Set(sample.routerScore)].sort((a, b) => a - b);
  const choices = [...cuts, Number.POSITIVE_INFINITY].map((cut) =>
    Uint8Array.from(sample.routerScore, (score) => (score >= cut ? 0 : 1)),
  );
  const fold = fifths(sample);
  const many = asMany(sample);
  for (const target of [95, 98, 100] as const) {
    assert.deepEqual(choicePicks(many, choices, fold)![target], pairPicks(sample, fold)![target]);
  }
  const onlyCheap = [new Uint8Array(400).fill(1)];
  assert.ok(
    choicePicks(many, onlyCheap, fold)![100].every((model) => model === 0),
    'where no setting keeps the target, the reference answers',
  );
});

test('paired differences are narrower than two intervals, and cover the truth', () => {
  const skilled = simulate({ ...world, prompts: 1500, skill: 0.5, seed: 5 });
  const noisy = {
    ...skilled,
    routerScore: skilled.routerScore.map((score, i) => score + 0.02 * ((i * 7919) % 13)),
  };
  const of = (sample: PairSample) => {
    const order = orderByScore(sample.routerScore);
    const apgr = (weight?: Float64Array) => pairMetrics(sample, order, weight).apgr;
    const replicates = replicate(1500, 300, 1, (weight) => ({ apgr: apgr(weight) }));
    return { value: apgr(), replicates: replicates.get('apgr') };
  };
  const { difference, ci } = pairedDifference(of(skilled), of(noisy))!;
  near(difference, of(skilled).value! - of(noisy).value!, 1e-12, 'difference');
  assert.ok(ci[0] <= difference && difference <= ci[1]);
  const alone = bootstrap(1500, 300, 1, (weight) => ({
    apgr: pairMetrics(skilled, orderByScore(skilled.routerScore), weight).apgr,
  }))['apgr']!;
  assert.ok(ci[1] - ci[0] < (alone[1] - alone[0]) / 2);
  assert.equal(pairedDifference({ value: undefined, replicates: undefined }, of(noisy)), undefined);
});

test('calibration error is zero for the truth and the distance for a constant lie', () => {
  const n = 10_000;
  const truth = Float64Array.from({ length: n }, (_, i) => i / n);
  const recorded = truth.map((p, i) => (((i * 7919) % n) / n < p ? 1 : 0));
  const told = calibrationError(truth, recorded);
  assert.ok(told.ece < 0.02 && told.brier < told.constant, `${told.ece}`);
  near(calibrationError(new Float64Array(n).fill(0.9), recorded).ece, 0.4, 0.02, 'error of saying 0.9');
  near(
    calibrationError(
      truth.map((p) => p + 5),
      recorded,
    ).brier,
    0.5,
    0.02,
    'predictions beyond 1 count as 1',
  );
});

test('the hull is what mixing reaches', () => {
  const hull = upperHull([
    { cost: 1, quality: 0.5 },
    { cost: 2, quality: 0.55 },
    { cost: 3, quality: 0.9 },
    { cost: 4, quality: 0.8 },
  ]);
  assert.deepEqual(hull, [
    { cost: 1, quality: 0.5 },
    { cost: 3, quality: 0.9 },
  ]);
  near(costAt(hull, 0.7), 2, 1e-9, 'cost at 0.7');
  assert.equal(costAt(hull, 0.95), undefined);
  near(averageQuality(hull, 1, 5), (0.7 * 2 + 0.9 * 2) / 4, 1e-9, 'AIQ');
});

test('a sweep over models that knows the scores reaches the oracle’s quality, and its cheap end the cheapest model', () => {
  const sample = {
    score: [Float64Array.of(1, 0, 1), Float64Array.of(0, 1, 1)],
    usd: [Float64Array.of(2, 2, 2), Float64Array.of(1, 1, 1)],
    reference: 0,
  };
  const choices = sweep(sample.score, sample.usd);
  assert.deepEqual(pointOf(sample, choices[0]!), { cost: 4 / 3, quality: 1 });
  assert.deepEqual(pointOf(sample, choices.at(-1)!), singles(sample)[1]);
  const metrics = manyMetrics(
    choices.map((picked) => pointOf(sample, picked)),
    singles(sample),
    0,
  );
  near(metrics.save[100], 0.5, 1e-9, 'save@100: the cheap model alone keeps the reference’s two thirds');
});
