import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lengthLimit, lengthQuestion } from '../../src/router/index.ts';
import { cappedMean, logNormalMean, meanBeyond } from '../../src/router/lengths/log-normal.ts';
import {
  type LengthQuestion,
  lengthModelsMax,
  OutputLengths,
} from '../../src/router/lengths/output-lengths.ts';
import { candidate, chat, read } from './fixtures.ts';
import { randomSource } from './random-source.ts';

const question: LengthQuestion = {
  model: 'm',
  task: 'code',
  thinking: 'off',
  format: 'free',
  askChars: 400,
};

/** Draws answers whose logarithm has this mean and spread, and has them learned; `cut` decides where the client leaves. */
function teach(
  lengths: OutputLengths,
  about: LengthQuestion,
  draws: { count: number; location: number; spread: number; seed?: number; cut?: (random: number) => number },
): number {
  const random = randomSource(draws.seed ?? 7);
  let sum = 0;
  for (let i = 0; i < draws.count; i++) {
    const tokens = Math.max(1, Math.round(Math.exp(draws.location + draws.spread * random.normal())));
    sum += tokens;
    const limit = draws.cut?.(random.uniform()) ?? Number.POSITIVE_INFINITY;
    lengths.observe({ ...about, tokens: Math.min(tokens, limit), whole: tokens <= limit });
  }
  return sum / draws.count;
}

function near(actual: number, expected: number, share: number): void {
  assert.ok(
    Math.abs(actual - expected) <= share * expected,
    `${actual} is not within ${share} of ${expected}`,
  );
}

describe('output lengths', () => {
  test('nothing is learned yet: the usual length of the kind of work, more for those that think', () => {
    const lengths = new OutputLengths();
    const plain = lengths.expected(question);
    assert.ok(plain > 300 && plain < 3000, String(plain));
    assert.ok(lengths.expected({ ...question, task: 'utility' }) < plain / 3);
    assert.ok(lengths.expected({ ...question, thinking: 'high' }) > 4 * plain);
    assert.ok(lengths.expected({ ...question, format: 'short' }) < plain);
    const long = { ...question, task: 'translate' as const, askChars: 8000 };
    assert.ok(lengths.expected(long) > 4 * lengths.expected({ ...long, askChars: 400 }));
  });

  test('the mean is learned, not the median, however skewed the lengths are', () => {
    for (const spread of [0.3, 0.8, 1.3]) {
      const lengths = new OutputLengths();
      const mean = teach(lengths, question, { count: 1500, location: 5, spread });
      near(lengths.expected(question), mean, 0.15);
    }
  });

  test('the mean is right where lengths are not log-normal at all', () => {
    const lengths = new OutputLengths();
    // Nine tool calls of 40 tokens, then one essay of 3,000.
    for (let i = 0; i < 1000; i++)
      lengths.observe({ ...question, tokens: i % 10 === 9 ? 3000 : 40, whole: true });
    near(lengths.expected(question), 336, 0.15);
  });

  test('a model without answers of a kind inherits from its other answers and from other models', () => {
    const lengths = new OutputLengths();
    for (const model of ['a', 'b', 'c'])
      for (const [task, location] of [
        ['code', 6],
        ['lookup', 3],
      ] as const)
        teach(lengths, { ...question, model, task }, { count: 200, location, spread: 0.5 });
    teach(lengths, { ...question, model: 'wordy', task: 'lookup' }, { count: 200, location: 4, spread: 0.5 });
    const unseen = lengths.expected({ ...question, model: 'wordy', task: 'code' });
    const usual = lengths.expected({ ...question, model: 'a', task: 'code' });
    assert.ok(unseen > 1.3 * usual, `${unseen} against ${usual}`);
    near(lengths.expected({ ...question, model: 'new', task: 'lookup' }), Math.exp(3.25 + 0.125), 0.5);
  });

  test('thinking and form are learned for each model', () => {
    const lengths = new OutputLengths();
    teach(lengths, question, { count: 300, location: 5, spread: 0.5 });
    teach(lengths, { ...question, thinking: 'high' }, { count: 300, location: 9, spread: 0.5, seed: 2 });
    teach(lengths, { ...question, format: 'json-schema' }, { count: 300, location: 4, spread: 0.5, seed: 3 });
    near(lengths.expected({ ...question, thinking: 'high' }), Math.exp(9.125), 0.25);
    near(lengths.expected({ ...question, format: 'json-schema' }), Math.exp(4.125), 0.25);
    near(lengths.expected(question), Math.exp(5.125), 0.25);
  });

  test('an output limit caps the expectation below its own height', () => {
    const lengths = new OutputLengths();
    teach(lengths, question, { count: 500, location: 6, spread: 0.8 });
    const free = lengths.expected(question);
    const capped = lengths.expected(question, 400);
    assert.ok(capped < 400 && capped > 200, String(capped));
    assert.ok(lengths.expected(question, 1_000_000) >= free - 1);
    assert.equal(lengths.expected(question, 1), 1);
  });

  test('answers that were cut do not make the estimate low', () => {
    const truth = { count: 2500, location: 6, spread: 0.7 };
    const whole = logNormalMean(truth.location, truth.spread);
    // Clients leave at a moment of their own: four in ten before the end.
    const leave = (random: number) => Math.exp(4.5 + 3 * random);
    const lengths = new OutputLengths();
    teach(lengths, question, { ...truth, cut: leave });
    near(lengths.expected(question), whole, 0.15);
    // An output limit cuts every long answer at the same place.
    const limited = new OutputLengths();
    teach(limited, question, { ...truth, cut: () => 500 });
    near(limited.expected(question), whole, 0.25);
    near(limited.expected(question, 500), cappedMean(truth.location, truth.spread, 500), 0.08);
    // Taken at their length they would: this is what the difference is.
    const naive = new OutputLengths();
    const random = randomSource(3);
    for (let i = 0; i < truth.count; i++) {
      const tokens = Math.exp(truth.location + truth.spread * random.normal());
      naive.observe({ ...question, tokens: Math.min(tokens, leave(random.uniform())), whole: true });
    }
    assert.ok(naive.expected(question) < 0.8 * whole);
  });

  test('a model that changed is learned again', () => {
    const lengths = new OutputLengths();
    teach(lengths, question, { count: 2000, location: 4, spread: 0.5 });
    teach(lengths, question, { count: 1000, location: 7, spread: 0.5, seed: 9 });
    near(lengths.expected(question), Math.exp(7.125), 0.3);
  });

  test('absurd reports move little, and no observation gives an estimate that is no number', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ tokens: fc.oneof(fc.double(), fc.integer({ min: 1, max: 1e7 })), whole: fc.boolean() }),
          { maxLength: 60 },
        ),
        fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
        (reports, limit) => {
          const lengths = new OutputLengths();
          for (const report of reports) lengths.observe({ ...question, ...report });
          const expected = lengths.expected(question, limit);
          assert.ok(Number.isFinite(expected) && expected >= 1);
          assert.ok(limit === undefined || expected <= limit);
        },
      ),
      { numRuns: 200 },
    );
    const lengths = new OutputLengths();
    teach(lengths, question, { count: 300, location: 5, spread: 0.5 });
    const before = lengths.expected(question);
    lengths.observe({ ...question, tokens: 1e12, whole: true });
    assert.equal(lengths.expected(question), before);
  });

  test('the state survives JSON, and what is no state changes nothing', () => {
    const lengths = new OutputLengths();
    teach(lengths, question, { count: 100, location: 6, spread: 0.5 });
    const copy = new OutputLengths();
    assert.equal(copy.restore(JSON.parse(JSON.stringify(lengths.state()))), true);
    assert.equal(copy.expected(question), lengths.expected(question));
    assert.deepEqual(copy.state(), lengths.state());
    const before = copy.state();
    const damaged = structuredClone(before) as unknown as { models: [string, { terms: unknown }][] };
    damaged.models[0]![1].terms = { model: [1, null] };
    for (const value of [
      undefined,
      null,
      1,
      [],
      {},
      { ...before, version: 2 },
      { ...before, models: [1] },
      damaged,
    ])
      assert.equal(copy.restore(value), false);
    assert.deepEqual(copy.state(), before);
  });

  test('the models remembered are bounded; the one that answered longest ago goes first', () => {
    const lengths = new OutputLengths();
    for (let i = 0; i <= lengthModelsMax; i++) {
      lengths.observe({ ...question, model: 'kept', tokens: 10, whole: true });
      lengths.observe({ ...question, model: `m${i}`, tokens: 10, whole: true });
    }
    const names = lengths.state().models.map(([id]) => id);
    assert.equal(names.length, lengthModelsMax);
    assert.ok(names.includes('kept') && !names.includes('m0'));
  });
});

describe('what a length is asked of', () => {
  const { shape } = read(chat(['Which port? Answer with one word only.']));

  test('effort, capability and the request decide how it thinks', () => {
    const none = candidate({ id: 'none', capabilities: { reasoning: 'none' } });
    const always = candidate({ id: 'always', capabilities: { reasoning: 'always' } });
    const optional = candidate({ id: 'optional' });
    const thinking = (one: typeof none, wantsReasoning = false) =>
      lengthQuestion(one, { ...shape, wantsReasoning }).thinking;
    assert.equal(thinking(none, true), 'off');
    assert.equal(thinking(always), 'always');
    assert.equal(thinking(optional), 'default');
    assert.equal(thinking(optional, true), 'asked');
    assert.equal(thinking({ ...optional, effort: 'high' }), 'high');
    assert.equal(thinking({ ...optional, effort: 'off' }, true), 'off');
  });

  test('the form is read from the request', () => {
    const one = candidate({ id: 'x' });
    assert.equal(lengthQuestion(one, shape).format, 'short');
    assert.equal(lengthQuestion(one, { ...shape, wantsJsonSchema: true }).format, 'json-schema');
    const free = read(chat(['Explain how ports are assigned.'])).shape;
    assert.equal(lengthQuestion(one, free).format, 'free');
    const { shape: zh } = read(chat(['下列哪项正确？只输出选项字母，不要解释。']));
    assert.equal(lengthQuestion(one, zh).format, 'short');
  });

  test('the limit is the smaller of the client’s and the model’s, and none where thinking is beside it', () => {
    const one = candidate({ id: 'x', outputTokensMax: 500 });
    assert.equal(lengthLimit(one, { ...shape, outputTokensMax: 100 }), 100);
    assert.equal(lengthLimit(one, { ...shape, outputTokensMax: 900 }), 500);
    const { deployment } = one;
    const quirks = { ...deployment.provider.quirks, thinkingOutsideMaxTokens: true };
    const beside = { ...one, deployment: { ...deployment, provider: { ...deployment.provider, quirks } } };
    assert.equal(lengthLimit(beside, { ...shape, outputTokensMax: 100 }), undefined);
    assert.equal(lengthLimit({ ...beside, effort: 'off' }, { ...shape, outputTokensMax: 100 }), 100);
  });
});

test('the means of cut log-normals agree with drawn ones', () => {
  const random = randomSource(11);
  const drawn = Array.from({ length: 200_000 }, () => Math.exp(5 + 0.9 * random.normal()));
  for (const at of [20, 150, 900]) {
    const capped = drawn.reduce((sum, value) => sum + Math.min(value, at), 0) / drawn.length;
    near(cappedMean(5, 0.9, at), capped, 0.02);
    const beyond = drawn.filter((value) => value > at);
    near(meanBeyond(5, 0.9, at), beyond.reduce((sum, value) => sum + value, 0) / beyond.length, 0.03);
  }
});
