import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { counter, type FourModels, startFourModels, vote, votePlan } from '../support/four-models.ts';
import type { Json } from '../support/start-yumen.ts';

const ask = { model: 'auto', messages: [{ role: 'user', content: 'How many is six times seven?' }] };
const path = '/v1/chat/completions';

describe('every ending of a plan with several calls', () => {
  let models: FourModels;
  let calls: ReturnType<typeof counter>;

  before(async () => {
    models = await startFourModels(
      '{ checks: true, votes: true, hold_ms: 60000 }',
      'timeouts: { first_byte_ms: 400, total_ms: 20000 }\nlimits: { attempts_max: 3 }\n',
    );
  });
  after(() => models.close());
  beforeEach(() => {
    for (const name of ['a', 'b', 'c', 'r'] as const) models[name].setScript({ text: '42' });
    models.yumen.force({ plan: vote });
    calls = counter(models);
  });

  const newest = async (): Promise<Json> => (await models.yumen.api('/api/v1/requests?limit=1')).body.data[0];

  for (const stream of [false, true]) {
    test(`a client that leaves in the middle of a vote cancels both calls, and both are on record (stream: ${stream})`, async () => {
      const earlier = (await newest())?.id;
      const reply = stream
        ? { text: Array<string>(50).fill('word '), chunkDelayMs: 25 }
        : { headDelayMs: 350, text: '42' };
      models.a.setScript(reply);
      models.b.setScript(reply);
      const at = { a: models.a.requests.length, b: models.b.requests.length };
      const controller = new AbortController();
      const leaving = models.yumen.post(path, { ...ask, stream }, {}, controller.signal);
      leaving.catch(() => {});
      await Promise.all([models.a.whenReceived(at.a), models.b.whenReceived(at.b)]);
      if (stream) await eventually(async () => (models.a.served[at.a]!.chunksSent > 3 ? true : undefined));
      controller.abort();
      await Promise.all([models.a.whenCancelled(at.a, 0), models.b.whenCancelled(at.b, 0)]);
      const summary = await eventually(async () => {
        const one = await newest();
        return one?.id !== earlier && one?.outcome === 'aborted' ? one : undefined;
      });
      const { body: record } = await models.yumen.api(`/api/v1/requests/${summary.id}`);
      assert.equal(record.attempts.length, 2);
      for (const attempt of record.attempts) {
        assert.deepEqual([attempt.outcome, attempt.usage_source], ['aborted', 'estimated']);
        assert.ok(attempt.usage.input_tokens > 0 && Number(attempt.cost_nano_usd) > 0);
      }
      const sum = record.attempts.reduce(
        (all: number, { cost_nano_usd }: Json) => all + Number(cost_nano_usd),
        0,
      );
      assert.equal(Number(record.cost_nano_usd), sum);
      assert.equal(record.cascade.accepted, null);
      assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
    });
  }

  test('a voter that says nothing is given up at its timeout, and the plan goes on', async () => {
    models.b.setScript({ silent: 'head' });
    const response = await models.yumen.post(path, ask);
    assert.equal(((await response.json()) as Json).choices[0].message.content, '42');
    const record = await models.yumen.recordOf(response);
    const silent = record.attempts.find((attempt: Json) => attempt.deployment === 'b/model-b');
    assert.equal(silent.error, 'upstream_first_byte_timeout');
    assert.equal(record.outcome, 'answered');
  });

  test('a plan may make as many calls as it has members, and no more than the configuration allows beyond', async () => {
    for (const name of ['a', 'b', 'c', 'r'] as const)
      models[name].setScript({ status: 500, error: { message: 'down' } });
    const response = await models.yumen.post(path, ask);
    assert.ok(response.status >= 500);
    const { a, b, c, r } = calls();
    assert.deepEqual([a, b, c, r], [1, 1, 1, 1]);
  });
});

describe('the time that a request may take', () => {
  let models: FourModels;
  before(async () => {
    models = await startFourModels(undefined, 'timeouts: { total_ms: 700 }\n');
    models.yumen.force({ plan: votePlan(['a/model-a', 'b/model-b'], 'r/model-r') });
  });
  after(() => models.close());

  test('it covers the whole plan: what is at hand is given out when it is over', async () => {
    models.b.setScript({ text: '41', headDelayMs: 400 });
    models.r.setScript({ silent: 'head' });
    const response = await models.yumen.post(path, ask);
    const text = ((await response.json()) as Json).choices[0].message.content;
    const record = await models.yumen.recordOf(response);
    assert.ok(['41', '42'].includes(text));
    assert.equal(record.cascade.escalated, true);
    assert.equal(record.cascade.verdicts.at(-1), 'all-asked');
    assert.notEqual(record.cascade.accepted, 'r/model-r');
    assert.ok(record.duration_ms < 2_000, 'the reference did not get a time of its own');
  });

  test('when it is over and nothing is at hand, nobody else is called and the client is told so', async () => {
    const calls = counter(models);
    for (const name of ['a', 'b', 'r'] as const) models[name].setScript({ silent: 'head' });
    const response = await models.yumen.post(path, ask);
    assert.equal(response.status, 504);
    assert.equal(((await response.json()) as Json).error.code, 'upstream_total_timeout');
    assert.deepEqual(calls(), { a: 1, b: 1, c: 0, r: 0 });
  });
});

describe('the money of a plan with several calls', () => {
  let models: FourModels;
  before(async () => {
    models = await startFourModels();
  });
  after(() => models.close());

  async function keyWith(budgetUsd: number): Promise<{ authorization: string }> {
    const { body } = await models.yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', limits: { budget_usd_per_day: budgetUsd } }),
    });
    return { authorization: `Bearer ${body.secret}` };
  }

  // 1,000 output tokens are 0.002 USD at a cheap model and 0.04 USD at the reference; the prompt adds less than a tenth of that.
  const bounded = { ...ask, max_tokens: 1000 };

  test('the reservation covers all members, and what is not used is given back', async () => {
    models.yumen.force({ plan: vote });
    const key = await keyWith(0.1);
    // Each holds 0.046 USD and more: two fit beside each other, three do not.
    for (const name of ['a', 'b'] as const) models[name].setScript({ text: '42', headDelayMs: 150 });
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await models.yumen.post(path, bounded, key)).status),
    );
    assert.deepEqual(statuses.toSorted(), [200, 200, 402]);
    for (let i = 0; i < 5; i++) assert.equal((await models.yumen.post(path, bounded, key)).status, 200);
  });

  test('a budget that covers the reference alone is served by it, without a look at anything', async () => {
    models.yumen.force({ plan: vote });
    const calls = counter(models);
    const key = await keyWith(0.0445);
    const response = await models.yumen.post(path, bounded, key);
    assert.equal(response.status, 200);
    assert.deepEqual(calls(), { a: 0, b: 0, c: 0, r: 1 });
    const record = await models.yumen.recordOf(response);
    assert.deepEqual([record.cascade.verdicts, record.cascade.accepted], [['over-budget'], null]);
  });

  test('what was spent is booked: the sum of all calls', async () => {
    models.yumen.force({ plan: vote });
    for (const name of ['a', 'b', 'c'] as const)
      models[name].setScript({
        text: { a: '40', b: '41', c: '42' }[name],
        inputTokens: 1000,
        outputTokens: 1000,
      });
    models.r.setScript({ text: '43', inputTokens: 1000, outputTokens: 1000 });
    const key = await keyWith(0.1);
    const response = await models.yumen.post(path, bounded, key);
    const record = await models.yumen.recordOf(response);
    assert.equal(record.cost_nano_usd, String(3 * 3_000_000 + 50_000_000));
    // 0.059 of 0.1 USD are gone: another one does not fit.
    assert.equal((await models.yumen.post(path, bounded, key)).status, 402);
  });
});

test('fifty requests at once, some of whose clients leave, end each with one record and leave no call behind', async () => {
  const models = await startFourModels('{ checks: true, votes: true, hold_ms: 150 }');
  try {
    models.yumen.force({ plan: vote });
    for (const [turn, name] of (['a', 'b', 'c', 'r'] as const).entries())
      models[name].setScript(({ index }) => ({
        text: Array.from({ length: 12 }, (_, word) => `${(index + turn + word) % 3} `),
        chunkDelayMs: 5 * ((index + turn) % 5),
        firstByteDelayMs: 7 * (index % 3),
        ...(index % 11 === turn ? { cut: { how: 'reset', afterChunks: 3 } as const } : {}),
      }));
    const leaves = (index: number): boolean => index % 4 === 3;
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const signal = leaves(index) ? AbortSignal.timeout(300 + index) : undefined;
        const body = { ...ask, stream: index % 3 !== 0 };
        const asked = models.yumen.post(
          path,
          body,
          { 'x-yumen-tags': leaves(index) ? 'leaves' : 'stays' },
          signal,
        );
        await asked.then((response) => response.text()).catch(() => {});
      }),
    );
    await eventually(async () => (models.yumen.open() === 0 ? true : undefined));
    const { body } = await models.yumen.api('/api/v1/requests?limit=100');
    const summaries: Json[] = body.data;
    const stayed = summaries.filter(({ tags }) => tags.includes('stays'));
    assert.equal(stayed.length, 38);
    // Only a stream that was on its way to the client when it broke may fail: before that others were asked.
    for (const { outcome, error, stream } of stayed)
      if (outcome !== 'answered')
        assert.deepEqual([outcome, error, stream], ['failed', 'stream_interrupted', true]);
    for (const { id } of summaries) {
      const { body: record } = await models.yumen.api(`/api/v1/requests/${id}`);
      const sum = record.attempts.reduce((all: number, one: Json) => all + Number(one.cost_nano_usd), 0);
      assert.equal(Number(record.cost_nano_usd), sum);
      assert.ok(record.attempts.length <= 4);
    }
    await eventually(async () => {
      const { body } = await models.yumen.api('/api/v1/deployments');
      return body.data.every((one: Json) => one.in_flight === 0 && one.queued === 0) ? true : undefined;
    });
  } finally {
    await models.close();
  }
});
