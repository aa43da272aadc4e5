import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { check, counter, type FourModels, startFourModels, vote } from '../support/four-models.ts';
import type { Json } from '../support/start-yumen.ts';

const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };
const streamed = { ...ask, stream: true };
const path = '/v1/chat/completions';
/** Longer than any test waits. */
const never = 600_000;

describe('streams that are held back to be looked at', () => {
  let models: FourModels;
  let calls: ReturnType<typeof counter>;

  before(async () => {
    models = await startFourModels('{ checks: true, votes: true, hold_ms: 400 }');
  });
  after(() => models.close());
  beforeEach(() => {
    for (const name of ['a', 'b', 'c', 'r'] as const) models[name].setScript({ text: ['It ', 'is ', '42'] });
    models.yumen.force({ plan: check });
    calls = counter(models);
  });

  const stream = async (
    body: Json = streamed,
    to = path,
  ): Promise<{ response: Response; text: string; record: Json }> => {
    const response = await models.yumen.post(to, body);
    const text = await response.text();
    return { response, text, record: await models.yumen.recordOf(response) };
  };

  test('a beginning that is fine is relayed while the rest still comes', async () => {
    models.a.setScript({ text: ['The product is ', 'forty', '-two.'], chunkDelayMs: 300, outputTokens: 9 });
    const response = await models.yumen.post(path, streamed);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    assert.match(Buffer.from(value!).toString(), /The product is/);
    assert.equal(models.a.served.at(-1)!.finished, false, 'the upstream is still writing');
    let rest = '';
    for (;;) {
      const { value: more, done } = await reader.read();
      if (done) break;
      rest += Buffer.from(more).toString();
    }
    assert.match(rest, /-two\.[\s\S]*data: \[DONE\]\n\n$/);
    const record = await models.yumen.recordOf(response);
    assert.deepEqual(calls(), { a: 1, b: 0, c: 0, r: 0 });
    assert.deepEqual(
      [record.cascade.verdicts, record.cascade.accepted, record.usage.output_tokens, record.usage_source],
      [['fine-so-far'], 'a/model-a', 9, 'reported'],
    );
  });

  test('a beginning that is at fault never reaches the client: the reference streams instead, and both are paid', async () => {
    const refusal = ['I’m sorry, but I ', 'can’t help ', 'with that request.', ...Array(40).fill(' No.')];
    models.a.setScript({ text: refusal, chunkDelayMs: 30 });
    models.r.setScript({ text: ['It is ', 'forty-two.'], inputTokens: 100, outputTokens: 20 });
    const { response, text, record } = await stream();
    assert.doesNotMatch(text, /sorry/);
    assert.match(text, /forty-two[\s\S]*data: \[DONE\]\n\n$/);
    assert.deepEqual(calls(), { a: 1, b: 0, c: 0, r: 1 });
    assert.equal(response.headers.get('x-yumen-deployment'), 'r/model-r');
    assert.equal(response.headers.get('x-yumen-attempts'), '2');
    assert.deepEqual(record.cascade.faults, { 'a/model-a': ['refused'] });
    const [first, second] = record.attempts;
    assert.deepEqual(
      [first.outcome, first.usage_source, second.outcome],
      ['aborted', 'estimated', 'answered'],
    );
    assert.ok(Number(first.cost_nano_usd) > 0, 'what was generated in vain was paid');
    assert.equal(second.cost_nano_usd, String(100 * 10_000 + 20 * 40_000));
    assert.equal(Number(record.cost_nano_usd), Number(first.cost_nano_usd) + Number(second.cost_nano_usd));
  });

  test('voters that agree within the time are given out as the stream of the first', async () => {
    models.yumen.force({ plan: vote });
    models.b.setScript({ text: 'The answer is 42.' });
    const { text, record } = await stream();
    assert.match(text, /"content":"It "[\s\S]*data: \[DONE\]\n\n$/);
    assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
    assert.deepEqual([record.cascade.verdicts, record.cascade.accepted], [['agreed'], 'a/model-a']);
  });

  test('voters that differ lead to the reference, whose first words leave as they come', async () => {
    models.yumen.force({ plan: vote });
    models.b.setScript({ text: '41' });
    models.c.setScript({ text: '40' });
    models.r.setScript({ text: ['It must be ', '43'] });
    const { text, record } = await stream();
    assert.match(text, /It must be /);
    assert.doesNotMatch(text, /"content":"4[012]"/);
    assert.deepEqual(calls(), { a: 1, b: 1, c: 1, r: 1 });
    assert.equal(record.cascade.accepted, 'r/model-r');
  });

  test('when the time is over, the best whole answer at hand is given out and the others are let go', async () => {
    models.yumen.force({ plan: vote });
    models.a.setScript({ text: ['It is', ' 42'], chunkDelayMs: never });
    models.b.setScript({ text: 'The answer is 41.' });
    const { text, record } = await stream();
    assert.match(text, /The answer is 41\./);
    assert.deepEqual(
      [record.cascade.verdicts.at(-1), record.cascade.accepted, record.deployment],
      ['hold-over', 'b/model-b', 'b/model-b'],
    );
    const first = record.attempts.find((attempt: Json) => attempt.deployment === 'a/model-a');
    assert.deepEqual([first.outcome, first.usage_source], ['aborted', 'estimated']);
    await models.a.whenCancelled(models.a.requests.length - 1, 0);
  });

  test('when the time is over and nothing is whole, the first member’s stream goes on live', async () => {
    models.yumen.force({ plan: vote });
    models.a.setScript({ text: ['It', ' is', ' 42'], chunkDelayMs: 450 });
    models.b.setScript({ text: ['It', ' is', ' 41'], chunkDelayMs: never });
    const { text, record } = await stream();
    assert.match(text, /"content":"It"[\s\S]*"content":" is"[\s\S]*"content":" 42"[\s\S]*\[DONE\]/);
    assert.deepEqual([record.cascade.verdicts.at(-1), record.cascade.accepted], ['hold-over', 'a/model-a']);
    assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
  });

  test('a held stream that breaks is a member that failed', async () => {
    models.yumen.force({ plan: vote });
    models.a.setScript({ text: ['It ', 'is ', '42'], cut: { how: 'end', afterChunks: 2 } });
    const { text, record } = await stream();
    assert.match(text, /data: \[DONE\]\n\n$/);
    const broken = record.attempts.find((attempt: Json) => attempt.deployment === 'a/model-a');
    assert.deepEqual([broken.outcome, broken.error], ['failed', 'stream_interrupted']);
    assert.notEqual(record.cascade.accepted, 'a/model-a');
    assert.equal(record.outcome, 'answered');
  });

  const dialects: [string, string, Json, RegExp][] = [
    ['openai-chat', path, streamed, /data: \[DONE\]\n\n$/],
    [
      'openai-responses',
      '/v1/responses',
      { model: 'auto', input: 'How many is six times seven?', stream: true },
      /response\.completed/,
    ],
    ['anthropic-messages', '/v1/messages', { ...streamed, max_tokens: 500 }, /event: message_stop/],
    [
      'gemini',
      '/v1beta/models/auto:streamGenerateContent?alt=sse',
      { contents: [{ role: 'user', parts: [{ text: 'How many is six times seven?' }] }] },
      /"finishReason":"STOP"/,
    ],
    [
      'openai-completions',
      '/v1/completions',
      { model: 'auto', prompt: 'How many is six times seven?', stream: true },
      /data: \[DONE\]\n\n$/,
    ],
  ];
  for (const [dialect, to, body, end] of dialects) {
    test(`what was held is delivered whole and in order, in ${dialect}`, async () => {
      models.yumen.force({ plan: vote });
      models.a.setScript({ text: ['The ', 'product ', 'is ', '42.'], outputTokens: 9 });
      const { response, text, record } = await stream(body, to);
      assert.equal(response.status, 200, text);
      assert.match(text, /The [\s\S]*product [\s\S]*is [\s\S]*42\./);
      assert.match(text, end);
      assert.deepEqual(
        [record.dialect, record.usage.output_tokens, record.cascade.accepted],
        [dialect, 9, 'a/model-a'],
      );
    });
  }
});

test('without a time to hold them back, streams are not looked at, and whole answers are', async () => {
  const models = await startFourModels('{ checks: true, votes: true }');
  try {
    const calls = counter(models);
    models.yumen.force({ plan: check });
    await (await models.yumen.post(path, streamed)).text();
    assert.deepEqual(calls(), { a: 0, b: 0, c: 0, r: 1 });
    await (await models.yumen.post(path, ask)).text();
    assert.deepEqual(calls(), { a: 1, b: 0, c: 0, r: 0 });
  } finally {
    await models.close();
  }
});
