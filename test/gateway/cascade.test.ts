import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { check, checkPlan, counter, type FourModels, startFourModels, vote } from '../support/four-models.ts';
import type { Json } from '../support/start-yumen.ts';

const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };
const path = '/v1/chat/completions';

describe('plans in which answers are looked at before one is given out', () => {
  let models: FourModels;
  let calls: ReturnType<typeof counter>;

  before(async () => {
    models = await startFourModels();
  });
  after(() => models.close());
  beforeEach(() => {
    for (const name of ['a', 'b', 'c', 'r'] as const) models[name].setScript({ text: '42' });
    models.yumen.force({ plan: vote });
    calls = counter(models);
  });

  const answer = async (body: Json = ask): Promise<{ response: Response; text: string; record: Json }> => {
    const response = await models.yumen.post(path, body);
    const document = (await response.json()) as Json;
    const text = document.choices?.[0]?.message.content ?? document.error?.message;
    return { response, text, record: await models.yumen.recordOf(response) };
  };

  test('a good answer of the first is given out, and nobody else is called', async () => {
    models.yumen.force({ plan: check });
    const { response, text, record } = await answer();
    assert.equal(text, '42');
    assert.deepEqual(calls(), { a: 1, b: 0, c: 0, r: 0 });
    assert.equal(response.headers.get('x-yumen-reason'), 'cascade');
    assert.equal(response.headers.get('x-yumen-deployment'), 'a/model-a');
    assert.equal(response.headers.get('x-yumen-attempts'), '1');
    assert.deepEqual(
      [record.cascade.plan, record.cascade.verdicts, record.cascade.escalated, record.cascade.accepted],
      ['a/model-a>r/model-r', ['good-enough'], false, 'a/model-a'],
    );
    assert.equal(record.decision.cascade.plan, 'a/model-a>r/model-r');
  });

  test('an answer that fails a check is asked for again from the last member, and both are paid', async () => {
    models.yumen.force({ plan: check });
    models.a.setScript({ text: '', inputTokens: 100, outputTokens: 10 });
    models.r.setScript({ text: 'forty-two', inputTokens: 100, outputTokens: 20 });
    const { response, text, record } = await answer();
    assert.equal(text, 'forty-two');
    assert.deepEqual(calls(), { a: 1, b: 0, c: 0, r: 1 });
    assert.equal(response.headers.get('x-yumen-deployment'), 'r/model-r');
    assert.equal(response.headers.get('x-yumen-attempts'), '2');
    assert.deepEqual(record.cascade.faults, { 'a/model-a': ['empty'] });
    assert.deepEqual(record.cascade.verdicts, ['faulty', 'all-asked']);
    assert.equal(record.cascade.escalated, true);
    assert.deepEqual(
      record.attempts.map((attempt: Json) => [attempt.outcome, attempt.role, attempt.cost_nano_usd]),
      [
        ['answered', null, String(100 * 1000 + 10 * 2000)],
        ['answered', 'escalation', String(100 * 10_000 + 20 * 40_000)],
      ],
    );
    assert.equal(record.cost_nano_usd, String(120_000 + 1_800_000));
    assert.equal(response.headers.get('x-yumen-cost-usd'), '0.001920000');
    assert.deepEqual([record.usage.output_tokens, record.deployment], [20, 'r/model-r']);
  });

  test('two cheap models that agree make the reference unnecessary', async () => {
    models.a.setScript({ text: 'It is 42.', inputTokens: 50, outputTokens: 5 });
    models.b.setScript({ text: 'The answer: **42**', inputTokens: 50, outputTokens: 7 });
    const { response, text, record } = await answer();
    assert.equal(text, 'It is 42.');
    assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
    assert.deepEqual(record.cascade.agreement, { agreed: 2, compared: 2 });
    assert.deepEqual(record.cascade.verdicts, ['agreed']);
    assert.deepEqual(
      record.attempts.map((attempt: Json) => attempt.role),
      ['voter', 'voter'],
    );
    assert.equal(record.cost_nano_usd, String(2 * 50_000 + 12 * 2_000));
    assert.equal(response.headers.get('x-yumen-attempts'), '2');
    assert.equal(record.usage.output_tokens, 5, 'the answer has its own usage');
  });

  test('where two differ a third is asked, and where none agree the reference', async () => {
    models.b.setScript({ text: '41' });
    const third = await answer();
    assert.deepEqual(calls(), { a: 1, b: 1, c: 1, r: 0 });
    assert.equal(third.text, '42');
    assert.equal(third.record.cascade.accepted, 'a/model-a');
    models.c.setScript({ text: '40' });
    models.r.setScript({ text: '43' });
    const reference = await answer();
    assert.deepEqual(calls(), { a: 1, b: 1, c: 1, r: 1 });
    assert.equal(reference.text, '43');
    assert.deepEqual(reference.record.cascade.agreement, { agreed: 1, compared: 4 });
    assert.equal(reference.record.cascade.escalated, true);
    assert.equal(reference.response.headers.get('x-yumen-attempts'), '4');
  });

  test('the reference that bears out a cheap answer is the one that is given out', async () => {
    models.b.setScript({ text: '41' });
    models.c.setScript({ text: '40' });
    models.r.setScript({ text: 'It must be 41.' });
    const { text, record } = await answer();
    assert.equal(text, 'It must be 41.');
    assert.equal(record.cascade.accepted, 'r/model-r');
  });

  test('a voter that fails is one that said nothing: the plan goes on', async () => {
    models.b.setScript({ status: 500, error: { message: 'down' } });
    const { text, record } = await answer();
    assert.equal(text, '42');
    assert.equal(calls().c, 1);
    assert.equal(record.outcome, 'answered');
    assert.equal(
      record.attempts.find((attempt: Json) => attempt.deployment === 'b/model-b').outcome,
      'failed',
    );
  });

  test('when every member fails, the client is told once, and all is on record', async () => {
    for (const name of ['a', 'b', 'c', 'r'] as const)
      models[name].setScript({ status: 400, error: { message: 'no' } });
    const { response, record } = await answer();
    assert.equal(response.status, 400);
    assert.deepEqual(calls(), { a: 1, b: 1, c: 1, r: 1 });
    assert.equal(record.cascade.accepted, null);
    assert.deepEqual([record.attempts_count, record.cost_nano_usd], [4, '0']);
  });

  test('when the members of a plan fail, those after them in the decision are tried', async () => {
    models.yumen.force({ plan: checkPlan('a/model-a', 'b/model-b') });
    for (const name of ['a', 'b'] as const) models[name].setScript({ status: 400, error: { message: 'no' } });
    const { text, record } = await answer();
    assert.equal(text, '42');
    assert.equal(record.cascade.accepted, null);
    assert.ok(['c/model-c', 'r/model-r'].includes(record.deployment));
  });

  test('a request for several answers at once is not compared with anything', async () => {
    models.yumen.force({ plan: check });
    await answer({ ...ask, n: 2 });
    assert.deepEqual(calls(), { a: 0, b: 0, c: 0, r: 1 });
  });

  const dialects: [string, string, Json][] = [
    ['openai-chat', path, ask],
    ['openai-responses', '/v1/responses', { model: 'auto', input: 'How many is six times seven?' }],
    ['anthropic-messages', '/v1/messages', { ...ask, max_tokens: 500 }],
    [
      'gemini',
      '/v1beta/models/auto:generateContent',
      { contents: [{ role: 'user', parts: [{ text: 'How many is six times seven?' }] }] },
    ],
    ['openai-completions', '/v1/completions', { model: 'auto', prompt: 'How many is six times seven?' }],
  ];
  for (const [dialect, to, body] of dialects) {
    test(`the accepted answer is the answer, in ${dialect}`, async () => {
      models.a.setScript({ text: 'The sum is 41.' });
      models.b.setScript({ text: 'The sum is 40.' });
      models.c.setScript({ text: 'The sum is 39.' });
      models.r.setScript({ text: 'The product is 42.', outputTokens: 9 });
      const response = await models.yumen.post(to, body);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(text, /The product is 42\./);
      assert.doesNotMatch(text, /The sum/);
      assert.equal(response.headers.get('x-yumen-deployment'), 'r/model-r');
      const record = await models.yumen.recordOf(response);
      assert.deepEqual([record.dialect, record.usage.output_tokens], [dialect, 9]);
    });
  }

  test('fifty requests at once each get their own answer, and the ledger has every token', async () => {
    models.a.setScript((request) => ({
      text: `It is ${numberIn(request.bytes)}.`,
      inputTokens: 20,
      outputTokens: 4,
      headDelayMs: request.index % 7,
    }));
    models.b.setScript((request) => ({
      text: numberIn(request.bytes) % 2 === 0 ? `= ${numberIn(request.bytes)}` : '0',
      inputTokens: 20,
      outputTokens: 3,
    }));
    models.c.setScript((request) => ({
      text: `= ${numberIn(request.bytes)}`,
      inputTokens: 20,
      outputTokens: 2,
    }));
    const done = await Promise.all(
      Array.from({ length: 50 }, (_, index) => 1000 + index).map(async (number) => {
        const { text, record } = await answer({
          model: 'auto',
          messages: [{ role: 'user', content: `What is ${number}?` }],
        });
        return { number, text, record };
      }),
    );
    for (const { number, text, record } of done) {
      assert.equal(text, `It is ${number}.`);
      const output = number % 2 === 0 ? 7 : 9;
      const input = number % 2 === 0 ? 40 : 60;
      assert.equal(record.cost_nano_usd, String(input * 1000 + output * 2000));
    }
    assert.deepEqual(calls(), { a: 50, b: 50, c: 25, r: 0 });
  });
});

function numberIn(bytes: Buffer): number {
  return Number(/What is (\d+)/.exec(bytes.toString())?.[1]);
}
