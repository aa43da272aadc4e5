import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { type FakeServices, startFakeServices } from '../support/fake-services.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const vector = [0.5, -0.25, 0.125];
const base64 = Buffer.from(new Float32Array(vector).buffer).toString('base64');

function embedded(encoding: 'float' | 'base64', count: number, usage: unknown = undefined) {
  const row = (index: number) => ({
    object: 'embedding',
    index,
    embedding: encoding === 'float' ? vector : base64,
  });
  return { object: 'list', data: Array.from({ length: count }, (_, i) => row(i)), model: 'bge-m3', usage };
}

const ranked = {
  id: 'rerank-1',
  model: 'bge-reranker',
  usage: { total_tokens: 40 },
  results: [
    { index: 1, document: { text: 'two' }, relevance_score: 0.9 },
    { index: 0, document: { text: 'one' }, relevance_score: 0.1 },
  ],
};

function config(vllm: FakeServices, second: FakeServices, dashscope: FakeServices): string {
  return `
providers:
  - { id: gpu, vendor: vllm, base_url: "${vllm.origin}/v1" }
  - { id: gpu2, vendor: vllm, base_url: "${second.origin}/v1" }
  - { id: qwen, vendor: dashscope, api_key: sk-upstream-qwen, base_url: "${dashscope.origin}/compatible-mode/v1" }
  - { id: co, vendor: cohere, api_key: sk-upstream-cohere, base_url: "${dashscope.origin}" }
  - { id: chatty, vendor: deepseek, api_key: sk-upstream-deepseek, base_url: "${vllm.origin}/v1" }
deployments:
  - { model: my-embedder, provider: gpu, name: BAAI/bge-m3, kind: embedding, price: { input: 0.5, output: 0 } }
  - { model: my-embedder, provider: gpu2, name: bge-m3-copy, kind: embedding, price: { input: 0.5, output: 0 } }
  - { model: plain-embedder, provider: gpu, price: { input: 2, output: 0 } }
  - { model: my-ranker, provider: gpu, name: BAAI/bge-reranker, kind: rerank, price: { input: 0.5, output: 0 } }
  - { model: text-embedding-v4, provider: qwen, kind: embedding, price: { input: 0.07, output: 0 } }
  - { model: qwen3-rerank, provider: qwen, kind: rerank, price: { input: 0.1, output: 0 } }
  - { model: embed-v4.0, provider: co, kind: embedding, price: { input: 0.12, output: 0 } }
  - { model: no-price, provider: gpu, kind: embedding }
  - { model: chat-only, provider: chatty, kind: embedding, price: { input: 1, output: 1 } }
`;
}

describe('embeddings and rerank', () => {
  let vllm: FakeServices;
  let second: FakeServices;
  let dashscope: FakeServices;
  let yumen: TestGateway;
  let client: OpenAI;

  before(async () => {
    [vllm, second, dashscope] = await Promise.all([
      startFakeServices({}),
      startFakeServices({}),
      startFakeServices({}),
    ]);
    yumen = await startYumen(config(vllm, second, dashscope));
    client = new OpenAI({ apiKey: yumen.key, baseURL: `${yumen.url}/v1`, maxRetries: 0 });
  });
  after(async () => {
    await yumen.close();
    await Promise.all([vllm.close(), second.close(), dashscope.close()]);
  });
  beforeEach(() => {
    for (const fake of [vllm, second, dashscope]) {
      fake.requests.length = 0;
      fake.answers = {};
    }
    vllm.answers = {
      'POST /v1/embeddings': ({ json }) => ({
        json: embedded(json.encoding_format ?? 'float', Array.isArray(json.input) ? json.input.length : 1, {
          prompt_tokens: 7,
          total_tokens: 7,
        }),
      }),
      'POST /v1/rerank': () => ({ json: ranked }),
    };
  });

  async function recordOf(response: Response): Promise<Json> {
    const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    return body;
  }

  async function keyWith(body: Json): Promise<{ authorization: string }> {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', ...body }),
    });
    return { authorization: `Bearer ${made.body.secret}` };
  }

  test('the official client gets its vectors from vLLM, and only the model name is changed on the way', async () => {
    const made = await client.embeddings.create({ model: 'my-embedder', input: ['a', 'b'], user: 'u' });
    assert.deepEqual(
      made.data.map(({ embedding }) => embedding),
      [vector, vector],
    );
    assert.equal(made.usage.prompt_tokens, 7);
    assert.deepEqual(vllm.requests[0]!.json, {
      model: 'BAAI/bge-m3',
      input: ['a', 'b'],
      user: 'u',
      encoding_format: 'base64',
    });
    assert.equal(vllm.requests[0]!.headers.authorization, undefined);
  });

  test('answers pass byte for byte where nothing has to change', async () => {
    const text =
      '{ "object":"list", "data":[ {"embedding": [1.50, 2e0], "index":0} ],\n "usage":{"prompt_tokens":3,"total_tokens":3}, "x": 12345678901234567890 }';
    vllm.answers['POST /v1/embeddings'] = () => ({
      headers: { 'content-type': 'application/json' },
      chunks: [text],
    });
    const response = await yumen.post(
      '/v1/embeddings',
      '{"model":"my-embedder","input":[1,2,3],"big":12345678901234567890}',
    );
    assert.equal(await response.text(), text);
    assert.equal(
      vllm.requests[0]!.bytes.toString(),
      '{"model":"BAAI/bge-m3","input":[1,2,3],"big":12345678901234567890}',
    );
  });

  test('usage and cost are exact in the ledger, by the price row', async () => {
    const response = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'hello' });
    assert.equal(response.headers.get('x-yumen-deployment'), 'gpu/my-embedder');
    assert.equal(response.headers.get('x-yumen-cost-usd'), '0.000003500');
    const record = await recordOf(response);
    assert.equal(record.service, 'embeddings');
    assert.equal(record.usage.input_tokens, 7);
    assert.equal(record.usage_source, 'reported');
    assert.equal(record.cost_nano_usd, '3500');
    assert.equal(record.attempts.length, 1);
    assert.match(record.attempts[0].price_row, /in 0\.5/);
    const { body } = await yumen.api('/api/v1/requests?service=embeddings&limit=1');
    assert.equal(body.data[0].id, record.id);
  });

  test('usage that is not reported is estimated from the text, and counted where tokens were sent', async () => {
    vllm.answers['POST /v1/embeddings'] = () => ({ json: embedded('float', 1) });
    const text = await recordOf(
      await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'hello world' }),
    );
    assert.deepEqual([text.usage_source, text.usage.input_tokens], ['estimated', 2]);
    assert.equal(text.cost_nano_usd, '1000');
    const tokens = await recordOf(
      await yumen.post('/v1/embeddings', {
        model: 'my-embedder',
        input: [
          [1, 2],
          [3, 4, 5],
        ],
      }),
    );
    assert.deepEqual([tokens.usage_source, tokens.usage.input_tokens], ['estimated', 5]);
  });

  test('an upstream that ignores base64 is converted for, and one that knows only floats is not asked', async () => {
    vllm.answers['POST /v1/embeddings'] = () => ({ json: embedded('float', 1) });
    const body = { model: 'my-embedder', input: 'a', encoding_format: 'base64' };
    const converted = (await (await yumen.post('/v1/embeddings', body)).json()) as Json;
    assert.equal(converted.data[0].embedding, base64);
    dashscope.answers['POST /compatible-mode/v1/embeddings'] = ({ json }) =>
      'encoding_format' in json
        ? { status: 400, json: { error: { message: 'encoding_format must be float' } } }
        : { json: embedded('float', 1, { prompt_tokens: 2, total_tokens: 2 }) };
    const made = await client.embeddings.create({ model: 'text-embedding-v4', input: 'a' });
    assert.deepEqual(made.data[0]!.embedding, vector);
    assert.equal(dashscope.requests[0]!.headers.authorization, 'Bearer sk-upstream-qwen');
    assert.equal(dashscope.requests[0]!.json.model, 'text-embedding-v4');
  });

  test('base64 is turned into floats for a client that asked for floats', async () => {
    vllm.answers['POST /v1/embeddings'] = () => ({ json: embedded('base64', 2) });
    const response = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: ['a', 'b'] });
    const body = (await response.json()) as Json;
    assert.deepEqual(
      body.data.map((row: Json) => row.embedding),
      [vector, vector],
    );
  });

  test('Cohere is asked in its own form and answers in OpenAI’s', async () => {
    dashscope.answers['POST /v2/embed'] = () => ({
      json: { id: 'x', embeddings: { float: [vector, vector] }, meta: { billed_units: { input_tokens: 4 } } },
    });
    const made = await client.embeddings.create({ model: 'embed-v4.0', input: ['a', 'b'], dimensions: 3 });
    assert.deepEqual(made.data[1]!.embedding, vector);
    assert.equal(made.usage.total_tokens, 4);
    assert.deepEqual(dashscope.requests[0]!.json, {
      input_type: 'search_document',
      model: 'embed-v4.0',
      texts: ['a', 'b'],
      embedding_types: ['float'],
      output_dimension: 3,
    });
    const refused = await yumen.post('/v1/embeddings', { model: 'embed-v4.0', input: [1, 2] });
    assert.equal(refused.status, 400);
    assert.match(((await refused.json()) as Json).error.message, /takes texts only/);
  });

  test('a failing deployment is followed by the next of the same model, each attempt on record', async () => {
    vllm.answers['POST /v1/embeddings'] = () => ({ status: 503, json: { error: { message: 'loading' } } });
    second.answers['POST /v1/embeddings'] = () => ({
      json: embedded('float', 1, { prompt_tokens: 4, total_tokens: 4 }),
    });
    const response = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-yumen-deployment'), 'gpu2/my-embedder');
    assert.equal(response.headers.get('x-yumen-attempts'), '2');
    const record = await recordOf(response);
    assert.deepEqual(
      record.attempts.map((attempt: Json) => [attempt.deployment, attempt.outcome, attempt.cost_nano_usd]),
      [
        ['gpu/my-embedder', 'failed', '0'],
        ['gpu2/my-embedder', 'answered', '2000'],
      ],
    );
    assert.equal(second.requests[0]!.json.model, 'bge-m3-copy');
  });

  test('an answer that is not of the format counts as a failure of its deployment', async () => {
    vllm.answers['POST /v1/embeddings'] = () => ({ json: { hello: 'world' } });
    second.answers['POST /v1/embeddings'] = () => ({
      json: embedded('float', 1, { prompt_tokens: 4, total_tokens: 4 }),
    });
    const response = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' });
    assert.equal(response.headers.get('x-yumen-deployment'), 'gpu2/my-embedder');
    const error = { error: { message: 'input is too long', code: 'context_length_exceeded' } };
    vllm.answers['POST /v1/embeddings'] = () => ({ status: 400, json: error });
    const refused = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' });
    assert.equal(refused.status, 400);
    assert.equal(((await refused.json()) as Json).error.code, 'context_length_exceeded');
    assert.equal((await recordOf(refused)).error, 'upstream_rejected');
  });

  test('a model that nobody described is taken at its operator’s word, and any provider/model at the caller’s', async () => {
    assert.equal((await yumen.post('/v1/embeddings', { model: 'plain-embedder', input: 'a' })).status, 200);
    const response = await yumen.post('/v1/embeddings', { model: 'gpu/some/new-model', input: 'a' });
    assert.equal(response.status, 200);
    assert.equal(vllm.requests.at(-1)!.json.model, 'some/new-model');
    assert.equal((await recordOf(response)).cost_usd, null);
  });

  const refusals: [string, string, Json, number, RegExp][] = [
    ['no model', '/v1/embeddings', { input: 'a' }, 400, /model must name/],
    ['no input', '/v1/embeddings', { model: 'my-embedder' }, 400, /input must be a text/],
    ['an empty list', '/v1/embeddings', { model: 'my-embedder', input: [] }, 400, /input must be a text/],
    ['a mixed list', '/v1/embeddings', { model: 'my-embedder', input: ['a', {}] }, 400, /input\[1\] must be/],
    [
      'odd encoding',
      '/v1/embeddings',
      { model: 'my-embedder', input: 'a', encoding_format: 'int8' },
      400,
      /float or base64/,
    ],
    [
      'odd dimensions',
      '/v1/embeddings',
      { model: 'my-embedder', input: 'a', dimensions: 0 },
      400,
      /dimensions must be/,
    ],
    [
      'other models',
      '/v1/embeddings',
      { model: 'my-embedder', input: 'a', models: ['x'] },
      400,
      /cannot be compared/,
    ],
    ['an unknown model', '/v1/embeddings', { model: 'my-embeder', input: 'a' }, 404, /Did you mean/],
    ['a rerank model', '/v1/embeddings', { model: 'my-ranker', input: 'a' }, 400, /is a model for rerank/],
    [
      'a provider without it',
      '/v1/embeddings',
      { model: 'chat-only', input: 'a' },
      400,
      /at chatty, which has no endpoint for embeddings/,
    ],
    ['no query', '/v1/rerank', { model: 'my-ranker', documents: ['a'] }, 400, /query must be/],
    [
      'no documents',
      '/v1/rerank',
      { model: 'my-ranker', query: 'q', documents: [] },
      400,
      /documents must be/,
    ],
    [
      'an odd document',
      '/v1/rerank',
      { model: 'my-ranker', query: 'q', documents: [1] },
      400,
      /documents\[0\] must be/,
    ],
    [
      'odd top_n',
      '/v1/rerank',
      { model: 'my-ranker', query: 'q', documents: ['a'], top_n: 0 },
      400,
      /top_n must be/,
    ],
  ];
  for (const [what, path, body, status, message] of refusals) {
    test(`${path} refuses ${what} with a sentence, in OpenAI’s form`, async () => {
      const response = await yumen.post(path, body);
      const { error } = (await response.json()) as Json;
      assert.equal(response.status, status);
      assert.match(error.message, message);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(vllm.requests.length, 0);
    });
  }

  test('a key’s models and budget hold here too', async () => {
    const limited = await keyWith({ models: ['my-ranker'] });
    assert.equal(
      (await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' }, limited)).status,
      403,
    );
    const budget = await keyWith({ limits: { budget_usd_per_day: 0.0001 } });
    assert.equal((await yumen.post('/v1/embeddings', { model: 'no-price', input: 'a' }, budget)).status, 403);
    assert.equal(
      (await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' }, budget)).status,
      200,
    );
    // 400 bytes at 0.5 USD per 1M are more than the 0.0001 USD that are nearly all left; 200 are not.
    const long = { model: 'my-embedder', input: 'x'.repeat(400) };
    assert.equal((await yumen.post('/v1/embeddings', long, budget)).status, 402);
    assert.equal(
      (await yumen.post('/v1/embeddings', { ...long, input: 'x'.repeat(100) }, budget)).status,
      200,
    );
    assert.equal((await fetch(`${yumen.url}/v1/embeddings`, { method: 'POST' })).status, 401);
  });

  test('a dry run is refused before anything is called', async () => {
    const wish = { 'x-yumen-dry-run': 'true' };
    const response = await yumen.post('/v1/embeddings', { model: 'my-embedder', input: 'a' }, wish);
    assert.equal(response.status, 501);
    assert.equal(vllm.requests.length, 0);
  });

  test('rerank over vLLM: bytes pass, cost and tokens are exact, at each of its paths', async () => {
    const body = {
      model: 'my-ranker',
      query: 'q',
      documents: ['one', { text: 'two' }],
      top_n: 2,
      extra: true,
    };
    for (const path of ['/v1/rerank', '/v2/rerank', '/rerank']) {
      const response = await yumen.post(path, body);
      assert.deepEqual(await response.json(), ranked);
      const record = await recordOf(response);
      assert.deepEqual(
        [record.service, record.usage.input_tokens, record.cost_nano_usd],
        ['rerank', 40, '20000'],
      );
    }
    assert.deepEqual(vllm.requests[0]!.json, {
      model: 'BAAI/bge-reranker',
      query: 'q',
      documents: ['one', 'two'],
      top_n: 2,
      extra: true,
    });
  });

  test('documents come back exactly where they were asked for', async () => {
    const body = { model: 'my-ranker', query: 'q', documents: ['one', 'two'] };
    const without = (await (
      await yumen.post('/v1/rerank', { ...body, return_documents: false })
    ).json()) as Json;
    assert.deepEqual(without.results, [
      { index: 1, relevance_score: 0.9 },
      { index: 0, relevance_score: 0.1 },
    ]);
    dashscope.answers['POST /compatible-api/v1/reranks'] = () => ({
      json: { object: 'list', results: [{ index: 1, relevance_score: 0.7 }], usage: { total_tokens: 12 } },
    });
    const response = await yumen.post('/v1/rerank', {
      ...body,
      model: 'qwen3-rerank',
      return_documents: true,
    });
    const filled = (await response.json()) as Json;
    assert.deepEqual(filled.results, [{ index: 1, relevance_score: 0.7, document: { text: 'two' } }]);
    assert.equal(filled.model, 'qwen3-rerank');
    assert.equal(filled.id, response.headers.get('x-request-id'));
    const record = await recordOf(response);
    assert.deepEqual([record.usage.input_tokens, record.cost_nano_usd], [12, '1200']);
  });

  test('a result that belongs to no document is not passed on', async () => {
    vllm.answers['POST /v1/rerank'] = () => ({
      json: { ...ranked, results: [{ index: 2, relevance_score: 1 }] },
    });
    const response = await yumen.post('/v1/rerank', {
      model: 'my-ranker',
      query: 'q',
      documents: ['one', 'two'],
    });
    assert.equal(response.status, 502);
    assert.equal(((await response.json()) as Json).error.code, 'upstream_protocol');
  });
});
