import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { benchCascades } from '../../src/evaluation/cascades/bench.ts';
import { honestPoint, honestSettings, rehearsedSettings } from '../../src/evaluation/cascades/honest.ts';
import {
  comparisonBySource,
  groupOf,
  noAnswer,
  pricedModels,
  recordedAnswers,
} from '../../src/evaluation/cascades/recorded.ts';
import { playPolicy, type SweptTask } from '../../src/evaluation/cascades/simulate.ts';
import { cascadeTasks } from '../../src/evaluation/cascades/tasks.ts';
import { playSingle, playVote } from '../../src/evaluation/cascades/votes.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import type { OutcomeRow } from '../../src/evaluation/outcomes/outcome.ts';
import { readOutcomes } from '../../src/evaluation/outcomes/read.ts';
import { ourRouter } from '../../src/evaluation/routers/ours.ts';
import { fitAcceptance } from '../../src/evaluation/training/acceptance.ts';
import { minimise } from '../../src/evaluation/training/minimise.ts';
import { answerWorld, parameters } from '../router/answer/acceptance-world.ts';

type Answer = [answer: string | undefined, score: number];

const usd: { [model: string]: number } = { a: 1, b: 1, c: 2, strong: 20 };

function rowOf(answers: { [model: string]: Answer }, id = '', source = 'quiz'): OutcomeRow {
  const outcomes = Object.entries(answers).map(
    ([model, [answer, score]]) =>
      [model, { score, costUsd: usd[model], inTokens: undefined, outTokens: undefined, answer }] as const,
  );
  return { id, source, sub: undefined, lang: 'en', prompt: `question ${id}`, outcomes: new Map(outcomes) };
}

/** A file of choice questions from a world of known rules. */
function world(name: string, n: number, seed: number, source: (i: number) => string = () => 'quiz') {
  const models = ['a', 'b', 'c', 'strong'];
  const priors = [0.75, 0.7, 0.65, 0.9];
  const draw = answerWorld(priors, 'choice', parameters, seed);
  const rows = Array.from({ length: n }, (_, i) => {
    const { right, group } = draw();
    const letter = (g: number | undefined) =>
      g === undefined ? undefined : String.fromCharCode(65 + (g % 26));
    const answers = models.map((model, m): [string, Answer] => [
      model,
      [letter(group[m]), right[m]! ? 1 : 0],
    ]);
    return rowOf(Object.fromEntries(answers), `${name} ${seed} ${i}`, source(i));
  });
  return { file: { name, rows }, models, priors };
}

describe('recorded answers', () => {
  it('number equal answers alike, and hold an empty one for an answer, but not a missing one', () => {
    const numbers = new Map<string, number>();
    const groups = ['B', undefined, 'C', 'B', '', ''].map((answer) => groupOf(answer, numbers));
    assert.deepEqual(groups, [0, noAnswer, 1, 0, 2, 2]);
  });

  it('tell what kind of answer a source asks for', () => {
    const kind = (answer: string) =>
      comparisonBySource([rowOf({ a: [answer, 1], b: [answer, 1] })]).get('quiz');
    assert.equal(kind('B'), 'choice');
    assert.equal(kind('1,250.5'), 'number');
    assert.equal(kind('[["lookup", "{}"]]'), 'tool-call');
    assert.equal(kind("['x', 'y']"), 'short-text');
    assert.equal(comparisonBySource([rowOf({ a: [undefined, 1] })]).get('quiz'), 'text');
  });

  it('leave out rows on which a model has no cost, and models that have one too rarely', () => {
    const whole = rowOf({ a: ['A', 1], b: ['A', 1] });
    const unpriced = rowOf({ a: ['A', 1], other: ['A', 1] });
    assert.equal(recordedAnswers({ name: 'f', rows: [whole, unpriced] }, ['a', 'b']).rows.length, 1);
    assert.deepEqual(pricedModels([whole, unpriced]), ['a']);
  });
});

describe('a fixed vote', () => {
  const rows = [
    rowOf({ a: ['A', 1], b: ['A', 1], c: ['B', 0], strong: ['A', 1] }),
    rowOf({ a: ['A', 0], b: ['B', 1], c: ['B', 1], strong: ['A', 0] }),
    rowOf({ a: ['A', 0], b: ['B', 0], c: ['C', 0], strong: ['D', 1] }),
    rowOf({ a: [undefined, 0], b: [undefined, 0], c: ['C', 1], strong: ['C', 1] }),
  ];
  const recorded = recordedAnswers({ name: 'f', rows }, ['a', 'b', 'c', 'strong']);

  it('gives out what two say, asks the third where two differ, and the strong model where nobody agrees', () => {
    const { score, usd: paid } = playVote(recorded, [0, 1, 2], 3);
    assert.deepEqual([...score], [1, 1, 1, 1]);
    assert.deepEqual([...paid], [2, 4, 24, 24]);
  });

  it('goes straight to the strong model with two voters', () => {
    const { score, usd: paid } = playVote(recorded, [0, 1], 3);
    assert.deepEqual([...score], [1, 0, 1, 1]);
    assert.deepEqual([...paid], [2, 22, 22, 22]);
  });
});

describe('honest settings', () => {
  const swept = (scores: number[][], costs: number[][], held: string[]): SweptTask => ({
    id: 't',
    file: 'f',
    rows: held.map((_, i) => rowOf({ a: ['A', 1] }, String(i))),
    played: scores.map((score, k) => ({
      score: Float64Array.from(score),
      usd: Float64Array.from(costs[k]!),
    })),
    reference: {
      score: Float64Array.from(held, () => 1),
      usd: Float64Array.from(held, () => 10),
    },
    held,
  });

  it('are read off the other groups and used on the one held out', () => {
    // The cheap setting does well on y only: held out, x is judged by y and fails; y is judged by x and stays safe.
    const task = swept(
      [
        [0, 0, 1, 1],
        [1, 1, 1, 1],
      ],
      [
        [1, 1, 1, 1],
        [5, 5, 5, 5],
      ],
      ['x', 'x', 'y', 'y'],
    );
    const chosen = honestSettings([task], 0.98);
    assert.deepEqual(chosen, [[0, 0, 1, 1]]);
    assert.deepEqual(honestPoint([task], chosen), { qualityRatio: 0.5, save: 1 - 12 / 40 });
  });

  it('do not change with what the held rows are', () => {
    const bits = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(bits, bits, bits, (one, other, heldScores) => {
        const held = ['x', 'x', 'y', 'y'];
        const costs = [
          [1, 1, 1, 1],
          [5, 5, 5, 5],
        ];
        const before = honestSettings([swept([one, other], costs, held)], 0.9)[0]!;
        const changed = [one, other].map((scores) => [
          heldScores[0]!,
          heldScores[1]!,
          scores[2]!,
          scores[3]!,
        ]);
        const after = honestSettings([swept(changed, costs, held)], 0.9)[0]!;
        assert.equal(before[0], after[0]);
      }),
    );
  });

  it('rehearsed on the others, stay where these are alike, and are given up where one of them could not be foreseen', () => {
    const keys = ['v', 'w', 'x', 'y', 'z'];
    const held = keys.flatMap((key) => [key, key]);
    const at = (usdEach: number) => held.map(() => usdEach);
    const world = (onX: number) =>
      swept([held.map((key) => (key === 'x' ? onX : 1)), at(0.99)], [at(1), at(5)], held);
    assert.equal(rehearsedSettings([world(1)], 0.92)[0]![0], 0);
    // Whoever has not seen x takes the cheap setting, and x pays: plainly chosen it looks fine, rehearsed it does not.
    assert.equal(honestSettings([world(0.7)], 0.92)[0]![0], 0);
    assert.equal(rehearsedSettings([world(0.7)], 0.92)[0]![0], undefined);
    // For x itself the others are alike.
    assert.equal(rehearsedSettings([world(0.7)], 0.92)[0]![4], 0);
  });

  it('fall back to the reference where nothing keeps the target', () => {
    const task = swept([[0, 0]], [[1, 1]], ['x', 'y']);
    assert.deepEqual(honestSettings([task], 0.98), [[undefined, undefined]]);
    assert.deepEqual(honestPoint([task], [[undefined, undefined]]), { qualityRatio: 1, save: 0 });
  });
});

describe('fitAcceptance', () => {
  it('finds the rules of a world that it sees through priors and answers only', () => {
    const random = createRandom(11);
    const asks = Array.from({ length: 6_000 }, () => {
      const priors = Array.from({ length: 4 }, () => 0.3 + 0.6 * random());
      const { right, group } = answerWorld(priors, 'choice', parameters, Math.floor(random() * 1e9))();
      const models = priors.map((prior, m) => ({ prior, right: right[m]!, group: group[m] }));
      return { comparison: 'choice' as const, models };
    });
    const found = fitAcceptance(asks, { drawsPerComparison: 4_000, seed: 5 });
    const near = (actual: number, expected: number, by: number) =>
      assert.ok(Math.abs(actual - expected) < by, `${actual} is not within ${by} of ${expected}`);
    near(found.difficulty, parameters.difficulty, 0.35);
    near(found.prior.slope, parameters.prior.slope, 0.15);
    near(found.prior.intercept, parameters.prior.intercept, 0.12);
    near(found.comparisons.choice!.suggestion, parameters.comparisons.choice!.suggestion, 0.25);
    near(found.suggestionPerLogit, parameters.suggestionPerLogit, 0.4);
    assert.ok(found.comparisons.choice!.rewording < 0.02);
    near(found.faults.wrong, parameters.faults.wrong, 0.02);
    assert.deepEqual(JSON.parse(JSON.stringify(found)), found);
  });

  it('stays with what is expected of any models while there are no rows', () => {
    const { prior, comparisons, difficulty } = fitAcceptance([]);
    assert.deepEqual({ prior, comparisons }, { prior: { intercept: 0, slope: 1 }, comparisons: {} });
    assert.ok(difficulty > 0.5);
  });
});

describe('minimise', () => {
  it('finds the bottom of a bent valley', () => {
    const valley = ([x, y]: Float64Array) => (1 - x!) ** 2 + 20 * (y! - x! ** 2) ** 2;
    const [x, y] = minimise(valley, Float64Array.of(-1, 1), 100);
    assert.ok(Math.abs(x! - 1) < 0.05 && Math.abs(y! - 1) < 0.05, `${x} ${y}`);
  });
});

describe('playPolicy', () => {
  it('saves most of the cost at nearly the quality of the strong model, and each call is paid', () => {
    const { file, models, priors } = world('quiz', 1_500, 21);
    const recorded = recordedAnswers(file, models);
    const terms = () => ({
      quality: Float64Array.from(priors),
      costUsd: Float64Array.from(models, (model) => usd[model]!),
      parameters,
      unitUsd: usd['strong']!,
    });
    const play = (votes: boolean) =>
      playPolicy(recorded, terms, { members: [0, 1, 2], last: 3, votes }).map(({ score, usd: paid }) => ({
        quality: score.reduce((x, y) => x + y, 0) / 1_500,
        usd: paid.reduce((x, y) => x + y, 0) / 1_500,
      }));
    const strong = playSingle(recorded, 3).score.reduce((x, y) => x + y, 0) / 1_500;
    const kept = play(true).filter(({ quality }) => quality >= 0.96 * strong);
    assert.ok(Math.min(...kept.map((one) => one.usd)) < 0.5 * 20);
    // Without votes nothing tells one row from another: only single models are left.
    for (const one of play(false)) assert.ok([1, 2, 20].some((price) => Math.abs(one.usd - price) < 1e-9));
    const cheapest = play(true)[0]!;
    assert.ok(cheapest.usd <= 2);
  });
});

describe('cascadeTasks', () => {
  it('reads cascades, and of the pools those of mixed traffic', () => {
    const { cascades, pools } = cascadeTasks({
      cascades: [{ id: 'v', file: 'f', cheap: ['a', 'b'], reference: 'strong' }],
      pools: [
        { id: 'core-pool', file: 'f', models: 'all complete' },
        { id: 'mmlupro-pool', file: 'g', models: ['a', 'b'] },
        { id: 'agents-pool', file: 'h', models: 'all complete' },
      ],
    });
    assert.equal(cascades.length, 1);
    assert.deepEqual(
      pools.map(({ id, models }) => [id, models]),
      [
        ['core-pool', undefined],
        ['mmlupro-pool', ['a', 'b']],
      ],
    );
  });

  it('says what a line lacks', () => {
    assert.throws(() => cascadeTasks({ cascades: [{ id: 'v', file: 'f', cheap: ['a'], reference: 'b' }] }), {
      message: /`cheap`/,
    });
    assert.throws(() => cascadeTasks([]), { message: /JSON object/ });
  });
});

describe('benchCascades', () => {
  it('gives rows for votes, plans and mixed traffic, with quality chosen elsewhere near what was aimed at', () => {
    const { file } = world('quiz', 450, 31, (i) => `part ${i % 3}`);
    const bench = benchCascades(
      [file],
      { cascades: [{ id: 'v', file: 'quiz', cheap: ['a', 'b', 'c'], reference: 'strong' }], pools: [] },
      { router: ourRouter, folds: 3, seed: 1, bootstrap: 20, fittedFiles: ['quiz'], progress: () => {} },
    );
    const vote = bench.rows.find((row) => row.plans === 'vote of 3')!;
    assert.ok(vote.honest['100']!.save > 0.3);
    for (const split of ['in-domain', 'left-out']) {
      const row = bench.rows.find((one) => one.split === split && one.plans === 'any model')!;
      assert.equal(row.n, 450);
      assert.ok(row.honest['95']!.qualityRatio > 0.9);
      assert.ok(row.save!['95'] > 0.3);
      const [low, high] = row.honest['95']!.ci.save;
      assert.ok(low <= row.honest['95']!.save && row.honest['95']!.save <= high);
    }
    assert.ok(bench.claim.length > 0);
    for (const { figures } of bench.calibration) assert.ok(figures.posteriorBrier < figures.priorBrier);
  });
});

const folder = new URL('../../../shared/data/routing/', import.meta.url);

describe('votes on recorded answers', () => {
  it('come to the published figures of the same files', {
    skip: existsSync(folder) ? false : 'the recorded outcomes are not on this machine',
  }, async () => {
    const { rows } = await readOutcomes(new URL('core24.jsonl.gz', folder).pathname);
    const models = ['deepseek-v2.5', 'llama-3.1-70b', 'qwen2-72b', 'gpt-4o-2024-08-06'];
    const recorded = recordedAnswers({ name: 'core24', rows }, models);
    const mean = (values: Float64Array) => values.reduce((x, y) => x + y, 0) / values.length;
    const reference = playSingle(recorded, 3);
    const figures = [2, 3].map((voters) => {
      const played = playVote(recorded, [0, 1, 2].slice(0, voters), 3);
      return [mean(played.score) / mean(reference.score), 1 - mean(played.usd) / mean(reference.usd)];
    });
    for (const [k, [quality, save]] of [
      [0.995, 0.43],
      [0.981, 0.54],
    ].entries()) {
      assert.ok(Math.abs(figures[k]![0]! - quality!) < 0.003, `${figures[k]}`);
      assert.ok(Math.abs(figures[k]![1]! - save!) < 0.01, `${figures[k]}`);
    }
  });
});
