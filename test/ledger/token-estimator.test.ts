import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { tokensByCharacters } from '../../src/ledger/estimate/characters.ts';
import { Factor } from '../../src/ledger/estimate/factor.ts';
import { countByPieces, pieceCharsMax, piecesOf } from '../../src/ledger/estimate/pieces.ts';
import { createTokenCounter, createTokenEstimator, type TokenCounter } from '../../src/ledger/index.ts';

const sentences = [
  'The quick brown fox jumps over the lazy dog, and nobody was surprised that it did so again.',
  'function total(rows) { return rows.reduce((sum, row) => sum + row.cost * 1000, 0); }',
  '今天天气很好，我们一起去公园散步，然后回家做饭，晚上再看一部电影。',
  '{"name":"get_weather","arguments":{"city":"Paris","days":3,"unit":"celsius"}}',
  'Сегодня хорошая погода, поэтому мы пойдём гулять в парк, а потом вернёмся домой.',
  'In 2026, 1,234 of 98,765 customers (1.25 %) asked for a refund within 30 days.',
];

/** Deterministic pseudo-random numbers in 0..1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** An answer as chunks of uneven length. */
function answer(next: () => number): string[] {
  const text = Array.from(
    { length: 4 + Math.floor(next() * 20) },
    () => sentences[Math.floor(next() * sentences.length)],
  ).join(' ');
  const chunks: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + Math.floor(next() * 12);
    chunks.push(text.slice(at, at + length));
    at += length;
  }
  return chunks;
}

const upstreams: { name: string; tokens: (chunks: string[]) => number }[] = [
  { name: 'one token a chunk', tokens: (chunks) => chunks.length },
  { name: 'o200k tokens', tokens: (chunks) => countTokens(chunks.join('')) },
  { name: 'o200k tokens × 1.3', tokens: (chunks) => Math.round(countTokens(chunks.join('')) * 1.3) },
];

const counter = createTokenCounter(() => 0);
test.after(() => counter.close());

for (const { name, tokens } of upstreams) {
  test(`an aborted stream of an upstream that counts ${name} is estimated within 5 %`, async () => {
    const next = numbers(7);
    const estimator = createTokenEstimator(counter);
    for (let i = 0; i < 8; i++) {
      const chunks = answer(next);
      await estimator.observeOutput({
        deployment: 'd',
        text: () => chunks.join(''),
        contentEvents: chunks.length,
        outputTokens: tokens(chunks),
      });
    }
    for (let i = 0; i < 30; i++) {
      const whole = answer(next);
      const sent = whole.slice(0, Math.ceil(whole.length * (0.2 + 0.8 * next())));
      const estimate = await estimator.estimateOutput({
        deployment: 'd',
        text: () => sent.join(''),
        contentEvents: sent.length,
      });
      const truth = tokens(sent);
      assert.ok(Math.abs(estimate - truth) <= Math.max(1, truth * 0.05), `${estimate} for ${truth}`);
    }
  });
}

test('without experience the o200k count itself is the estimate, and nothing generated is 0', async () => {
  const estimator = createTokenEstimator(counter);
  const text = sentences.join(' ');
  assert.equal(
    await estimator.estimateOutput({ deployment: 'new', text: () => text, contentEvents: 3 }),
    countTokens(text),
  );
  assert.equal(await estimator.estimateOutput({ deployment: 'new', text: () => '', contentEvents: 0 }), 0);
  assert.equal(await estimator.estimateInput({ deployment: 'new', text: () => text }), countTokens(text));
});

test('input has a factor of its own', async () => {
  const estimator = createTokenEstimator(counter);
  const text = sentences.join(' ');
  const inputTokens = countTokens(text) * 2;
  for (let i = 0; i < 60; i++)
    await estimator.observeInput({ deployment: 'd', text: () => text, inputTokens });
  const estimate = await estimator.estimateInput({ deployment: 'd', text: () => text });
  assert.ok(Math.abs(estimate - inputTokens) <= inputTokens * 0.05, `${estimate} for ${inputTokens}`);
  assert.equal(
    await estimator.estimateOutput({ deployment: 'd', text: () => text, contentEvents: 0 }),
    countTokens(text),
  );
});

test('deployments do not learn from each other', async () => {
  const estimator = createTokenEstimator(counter);
  const text = sentences[0]!;
  await estimator.observeOutput({ deployment: 'a', text: () => text, contentEvents: 1, outputTokens: 500 });
  assert.equal(
    await estimator.estimateOutput({ deployment: 'b', text: () => text, contentEvents: 1 }),
    countTokens(text),
  );
});

function fakeCounter(count: (text: string) => number | undefined): TokenCounter & { calls: number } {
  const fake = {
    calls: 0,
    async count(text: string) {
      fake.calls += 1;
      return count(text);
    },
    async close() {},
  };
  return fake;
}

test('the first 32 answers are learned from, then one in 16', async () => {
  const fake = fakeCounter((text) => text.length);
  const estimator = createTokenEstimator(fake);
  for (let i = 0; i < 32 + 160; i++) {
    await estimator.observeOutput({ deployment: 'd', text: () => 'abc', contentEvents: 1, outputTokens: 3 });
  }
  assert.equal(fake.calls, 32 + 10);
});

test('where the counter cannot count, characters by script serve for the estimate and nothing is learned from them', async () => {
  let works = false;
  const estimator = createTokenEstimator(fakeCounter((text) => (works ? text.length : undefined)));
  const text = sentences[0]!;
  await estimator.observeOutput({ deployment: 'd', text: () => text, contentEvents: 0, outputTokens: 9999 });
  const estimate = await estimator.estimateOutput({ deployment: 'd', text: () => text, contentEvents: 0 });
  assert.equal(estimate, Math.round(tokensByCharacters(text)));
  works = true;
  assert.equal(
    await estimator.estimateOutput({ deployment: 'd', text: () => text, contentEvents: 0 }),
    text.length,
  );
});

test('characters by script are within a third of the tokenizer for everyday text', () => {
  for (const text of sentences) {
    const truth = countTokens(text);
    const estimate = tokensByCharacters(text);
    assert.ok(Math.abs(estimate - truth) <= truth / 3, `${estimate} for ${truth}: ${text}`);
  }
});

test('a factor weighs long answers more, and forgets an upstream that changed', () => {
  const factor = new Factor();
  assert.equal(factor.value, undefined);
  assert.equal(factor.relativeVariance, Number.POSITIVE_INFINITY);
  factor.observe(0, 5);
  factor.observe(5, 0);
  assert.equal(factor.observations, 0);
  factor.observe(1000, 1300);
  factor.observe(1, 2);
  assert.ok(Math.abs(factor.value! - 1.3) < 0.002);
  for (let i = 0; i < 400; i++) factor.observe(500, 1000);
  assert.ok(Math.abs(factor.value! - 2) < 0.01);
  assert.ok(factor.relativeVariance < 0.01);
});

test('a factor ignores pairs that cannot be true', () => {
  const factor = new Factor();
  factor.observe(100, 120);
  const absurd = [Number.NaN, Number.POSITIVE_INFINITY, -5, 0, 9e15, 1e300];
  for (const count of absurd) {
    factor.observe(100, count);
    factor.observe(count, 100);
    factor.observe(count, count);
  }
  factor.observe(1, 51);
  factor.observe(51, 1);
  assert.equal(factor.observations, 1);
  assert.equal(factor.value, 1.2);
});

test('short answers with constant extras do not move the estimate of a long one by more than 5 %', async () => {
  const estimator = createTokenEstimator(fakeCounter((text) => text.length));
  for (let i = 0; i < 3; i++)
    await estimator.observeOutput({ deployment: 'd', text: () => 'Yes', contentEvents: 0, outputTokens: 6 });
  const long = { deployment: 'd', text: () => 'x'.repeat(1000), contentEvents: 0 };
  const estimate = await estimator.estimateOutput(long);
  assert.ok(estimate >= 1000 && estimate <= 1050, String(estimate));
});

test('an absurd report of usage changes no later estimate', async () => {
  const estimator = createTokenEstimator(fakeCounter((text) => text.length));
  const asked = { deployment: 'd', text: () => 'x'.repeat(40) };
  for (const tokens of [9e15, Number.NaN, Number.POSITIVE_INFINITY, -5, 1e8]) {
    await estimator.observeInput({ ...asked, inputTokens: tokens });
    await estimator.observeOutput({ ...asked, contentEvents: 10, outputTokens: tokens });
  }
  assert.equal(await estimator.estimateInput(asked), 40);
  assert.equal(await estimator.estimateOutput({ ...asked, contentEvents: 10 }), 40);
});

test('pieces are the text again, none is too long, and none cuts a character', () => {
  const texts = [
    '',
    'short',
    'word '.repeat(3000),
    'a'.repeat(10_000),
    '😀'.repeat(5000),
    `a${'😀'.repeat(5000)}`,
  ];
  for (const text of texts) {
    const pieces = piecesOf(text);
    assert.equal(pieces.join(''), text);
    for (const piece of pieces) {
      assert.ok(piece.length <= pieceCharsMax);
      assert.equal(piece, piece.toWellFormed());
    }
  }
});

test('counting by pieces is close to counting the whole, also for a text of which only a part is counted', () => {
  const count = (piece: string) => countTokens(piece);
  const text = sentences.join(' ').repeat(40);
  const truth = countTokens(text);
  assert.ok(Math.abs(countByPieces(text, count) - truth) <= truth * 0.002);
  const long = text.repeat(30);
  assert.ok(Math.abs(countByPieces(long, count) - truth * 30) <= truth * 30 * 0.02);
});

test('a control token in a text counts as text', async () => {
  assert.equal(
    await counter.count('<|endoftext|>'),
    countTokens('<|endoftext|>', { disallowedSpecial: new Set() }),
  );
});

test('texts beyond what may wait are not counted, and a closed counter counts none', async () => {
  const own = createTokenCounter(() => 0);
  const counts = await Promise.all(Array.from({ length: 300 }, () => own.count('hello')));
  assert.deepEqual(counts.filter((count) => count === undefined).length, 300 - 256);
  assert.equal(await own.count('x'.repeat(17 * 1024 * 1024)), undefined);
  await own.close();
  assert.equal(await own.count('hello'), undefined);
});
