import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OutcomeRow, TrainingError, train, trainingTasks } from '../../src/evaluation/index.ts';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { solve } from '../../src/evaluation/training/solve.ts';
import { createPredictor, decodeArtefact, readAsk } from '../../src/router/index.ts';

function rows(count: number, seed: number): OutcomeRow[] {
  const random = createRandom(seed);
  const outcome = (p: number) => ({ score: random() < p ? 1 : 0, costUsd: 0.001, inTokens: 1, outTokens: 1 });
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    source: i % 3 === 0 ? 'gsm' : i % 3 === 1 ? 'math-l5' : 'crux',
    sub: undefined,
    lang: 'en',
    prompt: i % 2 === 0 ? `Solve ${i} + 7 for zebrafish.` : `Who painted the marmalade portrait number ${i}?`,
    outcomes: new Map([
      ['gpt-4o', outcome(0.9)],
      ['qwen2-7b', outcome(i % 2 === 0 ? 0.3 : 0.85)],
    ]),
  }));
}

const options = { pairs: [], seed: 1, date: '2026-01-01', published: [], code: 'test', progress: () => {} };
const sets = () => [{ name: 'core24', rows: rows(360, 5), sha256: 'abc' }];

test('training is deterministic, and its artefact holds no words of any prompt', () => {
  const { artefact, report } = train(sets(), options);
  assert.deepEqual(train(sets(), options).artefact, artefact);
  const text = JSON.stringify(artefact);
  for (const word of ['zebrafish', 'marmalade', 'painted']) assert.ok(!text.includes(word));
  assert.deepEqual(artefact.provenance.dataSets['core24']!.rows, 360);
  assert.equal(report.evidence['maths|en'], 180);
});

test('what was learned shows: the weak model is expected to lose where it lost', () => {
  const predictor = createPredictor(decodeArtefact(train(sets(), options).artefact));
  const model = (id: string) => ({ id, aliases: [], scores: [] });
  const loss = (text: string) => {
    const reading = readAsk(text);
    const request = { ...reading, ask: predictor.read(reading.vector) };
    return predictor.predict(request, model('gpt-4o'), [model('qwen2-7b')])[0]!.loss.mean;
  };
  assert.ok(
    loss('Solve 12 + 7 for zebrafish.') > loss('Who painted the marmalade portrait number 12?') + 0.2,
  );
});

test('a set without a recorded licence is refused', () => {
  assert.throws(
    () => train([{ name: 'scraped', rows: rows(60, 1), sha256: '' }], options),
    (error: Error) =>
      error instanceof TrainingError && /No licence is recorded for the set «scraped»/.test(error.message),
  );
});

test('only what a tasks file marks «train» is read', () => {
  const tasks = trainingTasks({
    pairs: [
      { id: 'a', file: 'one', cheap: 'c', reference: 'r', use: 'train' },
      { id: 'b', file: 'two', cheap: 'c', reference: 'r', use: 'measure' },
    ],
    pools: [{ id: 'p', file: 'three', use: 'train' }],
  });
  assert.deepEqual(tasks.files, ['one', 'three']);
  assert.deepEqual(
    tasks.pairs.map((pair) => pair.id),
    ['a'],
  );
  assert.throws(() => trainingTasks({ pairs: [], pools: [] }), /marks nothing/);
});

test('the solver solves', () => {
  const a = [
    [4, 1, 0],
    [1, 3, 1],
    [0, 1, 2],
  ];
  const x = solve(
    {
      right: Float64Array.of(1, 2, 3),
      diagonal: Float64Array.of(4, 3, 2),
      multiply: (v) => Float64Array.from(a, (line) => line.reduce((sum, value, j) => sum + value * v[j]!, 0)),
    },
    20,
    1e-20,
  );
  const residual = a.map((line, i) => line.reduce((sum, value, j) => sum + value * x[j]!, 0) - (i + 1));
  for (const value of residual) assert.ok(Math.abs(value) < 1e-9);
});
