import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway, twoUpstreams } from '../support/start-yumen.ts';

const ask = { messages: [{ role: 'user', content: 'Say something short.' }], max_tokens: 200 };

describe('the way of a request, over real sockets', () => {
  let openai: FakeUpstream;
  let anthropic: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    openai = await startFakeUpstream({ dialect: 'openai-chat', apiKey: 'sk-upstream-openai' });
    anthropic = await startFakeUpstream({ dialect: 'anthropic-messages', apiKey: 'sk-upstream-anthropic' });
    yumen = await startYumen(
      twoUpstreams(
        openai,
        anthropic,
        'timeouts: { first_byte_ms: 800, inter_chunk_ms: 800 }\nholdback_ms: 300\n',
      ),
    );
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

  async function recordOf(response: Response): Promise<Json> {
    const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    return body;
  }

  test('a same-dialect answer reaches the client byte for byte, with its headers and exact cost', async () => {
    const raw = {
      id: 'x',
      object: 'chat.completion',
      model: 'gpt-4o-2024-08-06',
      choices: [{ index: 0, message: { role: 'assistant', content: '好' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1000, completion_tokens: 10, total_tokens: 1010 },
      unknown_field: { kept: [1, 'two'] },
    };
    openai.setScript({ body: raw });
    const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
    assert.equal(await response.text(), JSON.stringify(raw));
    assert.equal(response.headers.get('x-yumen-deployment'), 'openai/gpt-4o');
    assert.equal(response.headers.get('x-yumen-attempts'), '1');
    // 1,000 input tokens at 2.50 and 10 output tokens at 10.00 USD per 1M.
    assert.equal(response.headers.get('x-yumen-cost-usd'), '0.002600000');
    const record = await recordOf(response);
    assert.equal(record.cost_nano_usd, '2600000');
    assert.equal(record.usage.input_tokens, 1000);
    assert.equal(record.usage_source, 'reported');
  });

  test('a same-dialect request reaches the upstream as the client wrote it, but for the model name', async () => {
    const body = `{ "model" : "openai/gpt-4o", "messages":[{"role":"user","content":"\\u4f60好"}], "seed": 12345678901234567890, "unknown": {"a" : [1 , 2]} }`;
    const response = await yumen.post('/v1/chat/completions', body);
    assert.equal(response.status, 200);
    const seen = openai.requests.at(-1)!;
    assert.equal(seen.bytes.toString(), body.replace('"openai/gpt-4o"', '"gpt-4o"'));
    assert.equal(seen.headers.authorization, 'Bearer sk-upstream-openai');
    assert.equal(seen.headers['accept-encoding'] ?? 'identity', 'identity');
  });

  test('usage that only we asked for is read and kept from the client', async () => {
    openai.setScript({ text: ['one ', 'two'], inputTokens: 40, outputTokens: 7 });
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    const text = await response.text();
    assert.doesNotMatch(text, /"usage":\{/);
    assert.match(text, /data: \[DONE\]\n\n$/);
    const record = await recordOf(response);
    assert.deepEqual(
      [record.usage.input_tokens, record.usage.output_tokens, record.usage_source],
      [40, 7, 'reported'],
    );
  });

  test('usage that the client asked for is passed on', async () => {
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      stream_options: { include_usage: true },
      ...ask,
    });
    assert.match(await response.text(), /"usage":\{/);
  });

  for (const stream of [false, true]) {
    test(`an OpenAI client reaches an Anthropic upstream${stream ? ', streamed' : ''}`, async () => {
      anthropic.setScript({ text: ['Bon', 'jour'], inputTokens: 21, outputTokens: 3 });
      const response = await yumen.post('/v1/chat/completions', {
        model: 'anthropic/claude-haiku-4-5',
        stream,
        logprobs: true,
        ...ask,
      });
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(text, stream ? /"content":"Bon"/ : /"content":"Bonjour"/);
      assert.match(response.headers.get('x-yumen-dropped-params') ?? '', /logprobs/);
      assert.equal(anthropic.requests.at(-1)!.headers['x-api-key'], 'sk-upstream-anthropic');
      const record = await recordOf(response);
      assert.deepEqual([record.usage.input_tokens, record.usage.output_tokens], [21, 3]);
      assert.equal(record.deployment, 'anthropic/claude-haiku-4-5');
    });

    test(`an Anthropic client reaches an OpenAI upstream${stream ? ', streamed' : ''}`, async () => {
      openai.setScript({ text: ['Bon', 'jour'], inputTokens: 21, outputTokens: 3 });
      const response = await yumen.post(
        '/v1/messages',
        { model: 'openai/gpt-4o', stream, ...ask },
        { 'anthropic-version': '2023-06-01' },
      );
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(text, stream ? /"text_delta","text":"Bon"/ : /"text":"Bonjour"/);
      if (stream) assert.match(text, /event: message_stop/);
      const record = await recordOf(response);
      assert.deepEqual(
        [record.usage.input_tokens, record.usage.output_tokens, record.dialect],
        [21, 3, 'anthropic-messages'],
      );
    });
  }

  test('a stream that breaks after content ends with the error event and a broken connection, and is never retried', async () => {
    openai.setScript({ text: ['a', 'b', 'c', 'd'], cut: { how: 'end', afterChunks: 2 } });
    const before = openai.requests.length;
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    const seen = await readAll(response);
    assert.match(seen.text, /"error":\{/);
    assert.doesNotMatch(seen.text, /\[DONE\]/);
    assert.equal(seen.broken, true);
    assert.equal(openai.requests.length, before + 1);
    const record = await recordOf(response);
    assert.deepEqual(
      [record.outcome, record.error, record.usage_source],
      ['failed', 'stream_interrupted', 'estimated'],
    );
  });

  test('a failure before any content moves on to the next deployment, and the client sees one clean answer', async () => {
    openai.setScript([{ status: 500, error: { message: 'boom' } }, { text: 'fine' }]);
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    assert.match(await response.text(), /"content":"fine"/);
    const record = await recordOf(response);
    assert.deepEqual(
      record.attempts.map((attempt: Json) => attempt.outcome),
      ['failed', 'answered'],
    );
    assert.equal(record.attempts[0].error, 'upstream_unavailable');
    assert.equal(record.attempts[0].usage, null);
  });

  test('an in-band error before content is a failure like any other', async () => {
    openai.setScript([
      { text: ['never'], errorEvent: { afterChunks: 0, message: 'overloaded' } },
      { text: 'fine' },
    ]);
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    assert.match(await response.text(), /"content":"fine"/);
  });

  test('a request that the provider refuses is refused once, with the provider’s words', async () => {
    openai.setScript({
      status: 400,
      error: { code: 'context_length_exceeded', type: 'invalid_request_error', message: 'too long' },
    });
    const before = openai.requests.length;
    const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get('x-should-retry'), 'false');
    const body = (await response.json()) as Json;
    assert.match(body.error.message, /too long/);
    assert.equal(openai.requests.length, before + 1);
  });

  test('silence before the head is a named timeout', async () => {
    openai.setScript({ silent: 'head' });
    const response = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o', ...ask });
    assert.equal(response.status, 504);
    assert.equal(((await response.json()) as Json).error.code, 'upstream_first_byte_timeout');
  });

  test('a stream opens after the hold-back although no content has come, and errors are then in-band', async () => {
    openai.setScript({ firstByteDelayMs: 500, text: 'late' });
    const response = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o',
      stream: true,
      ...ask,
    });
    assert.equal(response.headers.get('x-yumen-deployment'), null);
    assert.match(await response.text(), /"content":"late"/);
  });

  for (const when of ['before the first content', 'in the middle'] as const) {
    test(`when the client leaves ${when}, the upstream call is cancelled within 250 ms and recorded`, async () => {
      openai.setScript(
        when === 'in the middle'
          ? { text: Array.from({ length: 100 }, () => 'word '), chunkDelayMs: 20 }
          : { firstByteDelayMs: 700, text: 'late' },
      );
      const earlier = await yumen.api('/api/v1/requests?limit=1');
      const index = openai.requests.length;
      const controller = new AbortController();
      const promise = fetch(`${yumen.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${yumen.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'openai/gpt-4o', stream: true, ...ask }),
        signal: controller.signal,
      });
      promise.catch(() => {});
      await openai.whenReceived(index);
      let seen = '';
      if (when === 'in the middle') {
        const response = await promise;
        const reader = response.body!.getReader();
        while (seen.split('"content":"word ').length < 20) {
          const { value, done } = await reader.read();
          if (done) break;
          seen += Buffer.from(value).toString();
        }
        reader.read().catch(() => {});
      }
      const left = performance.now();
      controller.abort();
      const ms = await openai.whenCancelled(index, left);
      assert.ok(ms < 250, `cancelled after ${ms} ms`);
      const record = await eventually(async () => {
        const { body } = await yumen.api('/api/v1/requests?limit=1');
        const [newest] = body.data;
        return newest?.outcome === 'aborted' && newest.id !== earlier.body.data[0]?.id ? newest : undefined;
      });
      assert.equal(record.usage_source, 'estimated');
      const sent = openai.served[index]!.outputTokensSent;
      if (when === 'in the middle')
        assert.ok(
          Math.abs(record.usage.output_tokens - sent) <= Math.max(1, sent * 0.05),
          `${record.usage.output_tokens} against ${sent}`,
        );
      else assert.equal(record.usage.output_tokens, 0);
    });
  }

  test('a named model is never rerouted, unless the request lists fallbacks', async () => {
    openai.setScript({ status: 503, error: { message: 'down' } });
    const alone = await yumen.post('/v1/chat/completions', { model: 'openai/gpt-4o-mini', ...ask });
    assert.equal(alone.status, 502);
    const listed = await yumen.post('/v1/chat/completions', {
      model: 'openai/gpt-4o-mini',
      models: ['anthropic/claude-haiku-4-5'],
      ...ask,
    });
    assert.equal(listed.status, 200);
    assert.equal(listed.headers.get('x-yumen-deployment'), 'anthropic/claude-haiku-4-5');
    assert.equal(listed.headers.get('x-yumen-attempts'), '2');
  });

  test('in assist, auto sends some requests to each upstream, and says why', async () => {
    const prompts = [
      'Translate into French: The meeting is on Tuesday at nine.',
      'Prove that there are infinitely many primes congruent to 3 modulo 4, then generalise the argument to every modulus for which it works.',
    ];
    const served: string[] = [];
    for (const content of prompts) {
      const response = await yumen.post('/v1/chat/completions', {
        model: 'auto',
        messages: [{ role: 'user', content }],
      });
      assert.equal(response.status, 200);
      served.push(response.headers.get('x-yumen-deployment')!);
      assert.equal(response.headers.get('x-yumen-route'), 'auto');
      const record = await recordOf(response);
      assert.equal(record.decision.id, response.headers.get('x-yumen-decision'));
      assert.ok(record.decision.explanation.sentence.length > 20);
    }
    assert.notEqual(served[0], 'openai/gpt-4o', 'a translation goes to a cheaper model');
    assert.equal(served[1], 'openai/gpt-4o', 'a proof goes to the reference');
  });

  test('the ledger equals what the upstreams served, to the token', async () => {
    const from = { openai: openai.served.length, anthropic: anthropic.served.length };
    const since = new Date().toISOString();
    const counts = (request: { index: number }) => ({
      text: ['x ', 'y '],
      inputTokens: 50 + request.index,
      outputTokens: 11 + request.index,
    });
    openai.setScript(counts);
    anthropic.setScript(counts);
    const calls = Array.from({ length: 60 }, (_, i) => {
      const model = ['openai/gpt-4o', 'openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5'][i % 3];
      const path = i % 2 === 0 ? '/v1/chat/completions' : '/v1/messages';
      return yumen.post(path, { model, stream: i % 4 < 2, ...ask }).then((response) => response.text());
    });
    await Promise.all(calls);
    const truth = [...openai.served.slice(from.openai), ...anthropic.served.slice(from.anthropic)];
    const { body } = await yumen.api(`/api/v1/report?by=model&from=${encodeURIComponent(since)}`);
    const sum = (rows: Json[], field: string): number => rows.reduce((total, row) => total + row[field], 0);
    assert.equal(sum(body.rows, 'requests'), 60);
    assert.equal(sum(body.rows, 'input_tokens'), sum(truth, 'inputTokens'));
    assert.equal(sum(body.rows, 'output_tokens'), sum(truth, 'outputTokens'));
  });
});

async function readAll(response: Response): Promise<{ text: string; broken: boolean }> {
  let text = '';
  try {
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}
