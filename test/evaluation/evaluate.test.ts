import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { EvaluationError, evaluate, type OutcomeRow, readOutcomes } from '../../src/evaluation/index.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { foldOf, promptHash } from '../../src/evaluation/training/row.ts';

const options = {
  reference: 'big',
  candidates: ['small'],
  folds: 5,
  seed: 1,
  bootstrap: 200,
  progress: () => {},
};

/** Two kinds of prompts: on one only the big model is right, on the other both are. */
function world(rows: number, seed = 7): OutcomeRow[] {
  const random = createRandom(seed);
  const pick = (words: string[]) => words[Math.floor(random() * words.length)]!;
  return Array.from({ length: rows }, (_, i) => {
    const hard = random() < 0.4;
    const noun = pick(['river', 'castle', 'engine', 'garden', 'violin', 'planet']);
    const prompt = hard
      ? `Prove that the ${noun} sequence ${i} converges and derive its limit step by step.`
      : `What colour is the ${noun} number ${i}?`;
    const lucky = random() < 0.1;
    const small = hard === lucky ? 1 : 0;
    return {
      id: String(i),
      source: i % 2 === 0 ? 'even' : 'odd',
      sub: undefined,
      lang: 'en',
      prompt,
      outcomes: new Map([
        ['big', { score: random() < 0.95 ? 1 : 0, costUsd: 0.01, inTokens: 1, outTokens: 1 }],
        ['small', { score: small, costUsd: 0.001, inTokens: 1, outTokens: 1 }],
        ['middle', { score: hard ? (random() < 0.6 ? 1 : 0) : 1, costUsd: 0.003, inTokens: 1, outTokens: 1 }],
      ]),
    };
  });
}

const row = (rows: { name: string; split: string }[], name: string, split?: string) =>
  rows.find((one) => one.name === name && (split === undefined || one.split === split)) as never as {
    apgr: number;
    quality: number;
    cost_usd: number;
    aiq: number;
    save: { '95': number | null; '98': number | null; '100': number | null };
    ci: { [metric: string]: [number, number] };
  };

test('a signal in the prompts is found: ours beats random with its whole interval and stays below the oracle', () => {
  const { rows, n, excluded } = evaluate([{ name: 'w', rows: world(600) }], {
    ...options,
    leaveOut: 'source',
  });
  assert.deepEqual([n, excluded], [600, 0]);
  assert.deepEqual(
    rows.map((one) => `${one.name} ${one.split}`),
    [
      'always-cheap all',
      'always-reference all',
      'random all',
      'ours in-domain',
      'ours left-out',
      'oracle all',
    ],
  );
  assert.equal(row(rows, 'random').apgr.toFixed(6), '0.500000');
  for (const split of ['in-domain', 'left-out']) {
    const ours = row(rows, 'ours', split);
    assert.ok(ours.ci['apgr']![0] > 0.6, `${split} ${ours.apgr}`);
    assert.ok(ours.apgr < row(rows, 'oracle').apgr);
    assert.ok(ours.save['95']! > row(rows, 'random').save['95']!);
  }
  assert.equal(row(rows, 'always-cheap').save['95'], null);
  assert.equal(row(rows, 'always-reference').save['100'], 0);
});

test('noise stays noise: without a signal the interval holds one half', () => {
  const random = createRandom(3);
  const rows = world(600).map((one) => ({
    ...one,
    outcomes: new Map([
      ['big', { score: random() < 0.9 ? 1 : 0, costUsd: 0.01, inTokens: 1, outTokens: 1 }],
      ['small', { score: random() < 0.6 ? 1 : 0, costUsd: 0.001, inTokens: 1, outTokens: 1 }],
    ]),
  }));
  const [low, high] = row(evaluate([{ name: 'w', rows }], options).rows, 'ours').ci['apgr']!;
  assert.ok(low < 0.5 && high > 0.5 && high - low < 0.2, `${low} ${high}`);
});

test('several candidates are compared by AIQ and saving, and three models beat two', () => {
  const files = [{ name: 'w', rows: world(600) }];
  const two = evaluate(files, options).rows;
  const three = evaluate(files, { ...options, candidates: ['small', 'middle'] }).rows;
  assert.ok(row(three, 'ours').aiq > row(three, 'hull of single models').aiq);
  assert.ok(row(three, 'ours').save['95']! > row(two, 'ours').save['95']! - 0.02);
  assert.ok(row(three, 'oracle').aiq >= row(three, 'ours').aiq);
});

test('the result is the same for the same seed', () => {
  const files = [{ name: 'w', rows: world(200) }];
  assert.deepEqual(evaluate(files, options), evaluate(files, options));
});

test('training elsewhere carries over, and prompts of the tested file are not trained on', () => {
  const tested = { name: 'tested', rows: world(300, 1) };
  const train = [{ name: 'other', rows: world(600, 2) }];
  const { rows } = evaluate([tested], { ...options, train });
  assert.ok(row(rows, 'ours', 'trained-elsewhere').apgr > 0.65);
  assert.throws(
    () => evaluate([tested], { ...options, train: [tested] }),
    /hold no prompt that the tested files do not/,
  );
});

test('rows without an outcome or a cost are excluded and counted', () => {
  const rows = world(100);
  rows[0]!.outcomes.delete('small');
  rows[1]!.outcomes.set('small', { score: 1, costUsd: undefined, inTokens: 1, outTokens: 1 });
  const { n, excluded, excluded_because } = evaluate([{ name: 'w', rows }], options);
  assert.deepEqual([n, excluded, excluded_because], [98, 2, { missing_outcome: 1, missing_cost: 1 }]);
});

test('an unknown model is refused with the names there are', () => {
  const files = [{ name: 'w', rows: world(100) }];
  assert.throws(
    () => evaluate(files, { ...options, reference: 'huge' }),
    (error: Error) =>
      error instanceof EvaluationError && /«huge»; the files have big, middle, small/.test(error.message),
  );
  assert.throws(() => evaluate(files, { ...options, candidates: ['big'] }), /must be different models/);
});

test('a prompt has one fold, whatever its case, blanks and file', () => {
  const a = promptHash('What is  2 + 2?');
  assert.equal(a, promptHash('what is 2 + 2?\n'));
  assert.equal(foldOf(a, 5, 1), foldOf(promptHash('What is 2+2?'), 5, 1));
  assert.notEqual(a, promptHash('What is 2 + 3?'));
});

const core24 = new URL('../../../shared/data/routing/core24.jsonl.gz', import.meta.url).pathname;

test('on recorded outcomes of exams, in domain, ours beats random with its whole interval', {
  skip: existsSync(core24) ? false : 'the recorded outcomes are not beside this checkout',
}, async () => {
  const { rows } = await readOutcomes(core24);
  const result = evaluate([{ name: 'core24', rows }], {
    ...options,
    reference: 'gpt-4o-2024-08-06',
    candidates: ['deepseek-v2.5'],
  });
  assert.equal(result.n, 1864);
  const ours = row(result.rows, 'ours');
  assert.ok(ours.ci['apgr']![0] > 0.6 && ours.apgr > 0.68, String(ours.apgr));
});
