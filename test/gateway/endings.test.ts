import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway, twoUpstreams } from '../support/start-yumen.ts';

const ask = { messages: [{ role: 'user', content: 'Say something short.' }], max_tokens: 200 };

describe('money, access and evidence on every ending', () => {
  let openai: FakeUpstream;
  let anthropic: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    openai = await startFakeUpstream({ dialect: 'openai-chat' });
    anthropic = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(twoUpstreams(openai, anthropic));
  });
  after(async () => {
    await yumen.close();
    await openai.close();
    await anthropic.close();
  });
  beforeEach(() => {
    openai.setScript({});
    anthropic.setScript({});
  });

  async function keyWith(body: Json): Promise<{ authorization: string }> {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', ...body }),
    });
    return { authorization: `Bearer ${made.body.secret}` };
  }

  test('a fallback list does not widen what a key may call', async () => {
    const key = await keyWith({ models: ['openai/gpt-4o-mini'] });
    openai.setScript({ status: 500, error: { message: 'down' } });
    const listed = {
      model: 'openai/gpt-4o-mini',
      models: ['openai/gpt-4o', 'anthropic/claude-haiku-4-5'],
      ...ask,
    };
    assert.equal((await yumen.post('/v1/chat/completions', listed, key)).status, 502);
    openai.setScript({});
    const foreign = { model: 'openai/gpt-4o', models: ['openai/gpt-4o-mini'], ...ask };
    const served = await yumen.post('/v1/chat/completions', foreign, key);
    assert.equal(served.headers.get('x-yumen-deployment'), 'openai/gpt-4o-mini');
    assert.equal(
      (await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask }, key)).status,
      403,
    );
  });

  test('the reservation covers every choice that is asked for', async () => {
    // 4,000 output tokens at 10 USD per 1M are 0.04 USD; ten times that does not fit.
    const key = await keyWith({ limits: { budget_usd_per_day: 0.1 } });
    const body = { model: 'openai/gpt-4o', messages: ask.messages, max_tokens: 4000 };
    assert.equal((await yumen.post('/v1/chat/completions', { ...body, n: 10 }, key)).status, 402);
    assert.equal((await yumen.post('/v1/chat/completions', body, key)).status, 200);
  });

  for (const [path, model] of [
    ['/v1/chat/completions', 'openai/gpt-4o'],
    ['/v1/messages', 'openai/gpt-4o'],
  ] as const) {
    test(`a whole answer without usage is estimated, never free (${path})`, async () => {
      const text = Array.from({ length: 100 }, (_, i) => `word${i} `).join('');
      openai.setScript({ text, usage: 'never' });
      const response = await yumen.post(path, { model, ...ask });
      const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
      assert.equal(body.usage_source, 'estimated');
      const served = openai.served.at(-1)!.outputTokens;
      assert.ok(
        Math.abs(body.usage.output_tokens - served) <= 0.05 * served,
        `${body.usage.output_tokens}, ${served}`,
      );
      assert.ok(body.cost_usd > 0);
    });
  }

  test('an absurd usage figure costs neither the record nor the budget', async () => {
    const key = await keyWith({ limits: { budget_usd_per_day: 1 } });
    openai.setScript({ text: 'fine', inputTokens: 9e15, outputTokens: 3 });
    for (let i = 0; i < 8; i++) {
      const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o-mini', ...ask }, key);
      assert.equal(response.status, 200);
      const { status } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
      assert.equal(status, 200);
    }
  });

  test('a dry run answers in the form of /api/v1/decide, calls nobody and leaves no record', async () => {
    const calls = openai.requests.length + anthropic.requests.length;
    const dry = await yumen.post(
      '/v1/chat/completions',
      { model: 'auto', ...ask },
      { 'x-yumen-dry-run': 'true' },
    );
    const decided = await yumen.api('/api/v1/decide', {
      method: 'POST',
      body: JSON.stringify({ model: 'auto', ...ask }),
    });
    const shown = (await dry.json()) as Json;
    assert.deepEqual(Object.keys(shown), Object.keys(decided.body));
    assert.equal(shown.reason, decided.body.reason);
    assert.equal(openai.requests.length + anthropic.requests.length, calls);
    assert.equal((await yumen.api(`/api/v1/requests/${dry.headers.get('x-request-id')}`)).status, 404);
  });
});

test('a recovered deployment takes requests from its first content on, not from the end of a long answer', async () => {
  const upstream = await startFakeUpstream({
    dialect: 'openai-chat',
    script: { status: 500, error: { message: 'down' } },
  });
  const yumen = await startYumen(oneUpstream(upstream));
  try {
    const body = { model: 'up/m', ...ask };
    for (let i = 0; i < 6; i++) await yumen.post('/v1/chat/completions', body);
    assert.equal((await yumen.post('/v1/chat/completions', body)).status, 503);
    upstream.setScript({ text: Array.from({ length: 60 }, () => 'word '), chunkDelayMs: 50 });
    const probe = await eventually(async () => {
      const response = await yumen.post('/v1/chat/completions', { ...body, stream: true });
      return response.status === 200 ? response : undefined;
    });
    const reader = probe.body!.getReader();
    await reader.read();
    upstream.setScript({ text: 'quick' });
    assert.equal((await yumen.post('/v1/chat/completions', body)).status, 200);
    await reader.cancel();
  } finally {
    await yumen.close();
    await upstream.close();
  }
});

test('streams that outlast the drain deadline end with the error event, and each has its record', async () => {
  const upstream = await startFakeUpstream({
    dialect: 'openai-chat',
    script: { text: Array.from({ length: 200 }, () => 'word '), chunkDelayMs: 50 },
  });
  const first = await startYumen(oneUpstream(upstream));
  const streams = await Promise.all(
    Array.from({ length: 10 }, () =>
      first.post('/v1/chat/completions', { model: 'up/m', stream: true, ...ask }),
    ),
  );
  const texts = streams.map(async (response) => {
    let text = '';
    try {
      for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    } catch {
      text += '<broken>';
    }
    return text;
  });
  await first.stop();
  for (const text of await Promise.all(texts)) {
    assert.match(text, /"code":"shutting_down"/);
    assert.match(text, /<broken>$/);
    assert.doesNotMatch(text, /\[DONE\]/);
  }
  const second = await startYumen(oneUpstream(upstream), first.folder);
  for (const response of streams) {
    const { status, body } = await second.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    assert.deepEqual(
      [status, body.outcome, body.error, body.usage_source],
      [200, 'failed', 'shutting_down', 'estimated'],
    );
  }
  await second.close();
  await upstream.close();
});

test('while it drains, readiness says so and new work is refused with a reason', async () => {
  const upstream = await startFakeUpstream({ dialect: 'openai-chat' });
  const yumen = await startYumen(oneUpstream(upstream));
  const closing = yumen.stop(600);
  const ready = await fetch(`${yumen.url}/readyz`);
  assert.equal(ready.status, 503);
  const refused = await yumen.post('/v1/chat/completions', { model: 'up/m', ...ask });
  assert.deepEqual([refused.status, refused.headers.get('x-should-retry')], [503, 'true']);
  await closing;
  await upstream.close();
});

function oneUpstream(upstream: FakeUpstream): string {
  return `providers:\n  - { id: up, vendor: openai-compatible, base_url: "${upstream.baseUrl}" }\ndeployments:\n  - { model: m, provider: up, price: { input: 1, output: 2 } }\n`;
}
