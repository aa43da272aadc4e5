import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judged } from '../../src/router/predictor/judged.ts';
import type { Prediction } from '../../src/router/predictor/predictor.ts';
import { projectEmbedding, signalSizes } from '../../src/router/predictor/signals.ts';

const ability = (value: number): Prediction['ability'] => ({
  value,
  sd: 0.1,
  source: 'scores',
  known: undefined,
});

function prediction(quality: number, loss: number, half = 0.1): Prediction {
  return {
    quality: { mean: quality, low: Math.max(0, quality - half), high: Math.min(1, quality + half) },
    loss: { mean: loss, low: loss - half, high: loss + half },
    evidence: 0,
    evidenceCell: 'maths × en',
    contributions: [
      { feature: 'ability', label: 'a', value: 1, effect: 0.2 },
      { feature: 'length', label: 'b', value: 1, effect: -0.001 },
    ],
    ability: ability(-1),
  };
}

const strong = { ability: ability(1.5) };

test('a rating moves a weaker candidate by a bounded amount, the usual rating and an equal not at all', () => {
  const one = prediction(0.6, 0.25);
  const up = judged(one, strong, 0.95);
  const down = judged(one, strong, 0.05);
  assert.ok(up.loss.mean < one.loss.mean && down.loss.mean > one.loss.mean);
  assert.ok(one.loss.mean - up.loss.mean < 0.175, 'at most 0.7 logits where the odds move most');
  assert.deepEqual(judged(one, strong, 0.5), one);
  assert.deepEqual(judged(one, { ability: ability(-1) }, 0.95), one, 'no gap, no difference between the two');
  assert.deepEqual(judged(one, { ability: ability(-3) }, 0.95), one, 'nor for one that is the abler');
  assert.deepEqual(judged(one, strong, 0.95, 0), one, 'what is learned by now needs no assumption');
});

test('the rating is a contribution that adds up, in the place that its size gives it', () => {
  const one = prediction(0.6, 0.25);
  const { loss, contributions } = judged(one, strong, 0.9);
  assert.deepEqual(
    contributions.map(({ feature }) => feature),
    ['ability', 'judge', 'length'],
  );
  assert.equal(contributions[1]!.effect, loss.mean - one.loss.mean);
  assert.equal(contributions[1]!.value, 0.9);
});

test('a favourable rating never makes the weaker model the better one, and no rating leaves the scale', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -0.5, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 6, noNaN: true }),
      (quality, loss, rating, gap) => {
        const one = prediction(quality, loss);
        const after = judged(one, { ability: ability(-1 + gap) }, rating);
        assert.ok(after.loss.mean >= Math.min(0, loss) - 1e-12);
        for (const value of [after.quality.low, after.quality.mean, after.quality.high])
          assert.ok(value >= 0 && value <= 1);
        assert.ok(after.loss.low <= after.loss.mean && after.loss.mean <= after.loss.high);
        assert.ok(Math.abs(after.loss.mean - loss) <= 0.175);
        const less = judged(one, { ability: ability(-1 + gap) }, rating / 2);
        assert.ok(less.loss.mean >= after.loss.mean - 1e-12, 'a lower rating is never more favourable');
      },
    ),
  );
});

test('an embedding of any length becomes 32 numbers of length 1 that keep angles about', () => {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  let worst = 0;
  let sum = 0;
  const pairs = 200;
  for (let i = 0; i < pairs; i++) {
    const a = Array.from({ length: 768 }, random);
    const other = Array.from({ length: 768 }, random);
    const b = a.map((x, j) => 0.7 * x + 0.7 * other[j]!);
    const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const kept = dot(projectEmbedding(a)!, projectEmbedding(b)!);
    sum += kept - cosine;
    worst = Math.max(worst, Math.abs(kept - cosine));
  }
  // The standard error of one cosine in 32 dimensions is about (1 − .5) / √32 = .09.
  assert.ok(Math.abs(sum / pairs) < 0.03, `biased by ${sum / pairs}`);
  assert.ok(worst < 0.5, `off by ${worst}`);
  const small = projectEmbedding([3, 4])!;
  assert.equal(small.length, signalSizes.embedding);
  assert.ok(Math.abs(Math.hypot(...small) - 1) < 1e-9);
  assert.deepEqual(projectEmbedding([6, 8]), small, 'its length says nothing');
});

test('the projection never changes: what was learned of one vector holds for the next', () => {
  const vector = Array.from({ length: 64 }, (_, i) => Math.sin(i + 1));
  const first = projectEmbedding(vector)!.slice(0, 4);
  assert.deepEqual(
    first.map((x) => x.toFixed(6)),
    ['-0.201766', '-0.115790', '-0.209534', '-0.000504'],
  );
});

test('what is no vector is no signal', () => {
  for (const vector of [
    [],
    [0, 0],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
    ['1', 2],
    [null],
    Array(20_000).fill(1),
  ])
    assert.equal(projectEmbedding(vector), undefined);
});
