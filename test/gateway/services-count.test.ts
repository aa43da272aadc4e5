import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { type FakeServices, startFakeServices } from '../support/fake-services.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const messages = [{ role: 'user' as const, content: 'hello world' }];

describe('counting tokens', () => {
  let fake: FakeServices;
  let yumen: TestGateway;
  let client: Anthropic;

  before(async () => {
    fake = await startFakeServices({});
    yumen = await startYumen(`
providers:
  - { id: claude, vendor: anthropic, api_key: sk-upstream-anthropic, base_url: "${fake.origin}/v1" }
  - id: limited
    vendor: anthropic
    api_keys: [{ key: sk-upstream-bad, id: bad, weight: 9 }, { key: sk-upstream-good, id: good }]
    base_url: "${fake.origin}/v1"
  - { id: google, vendor: gemini, api_key: sk-upstream-gemini, base_url: "${fake.origin}/v1beta" }
  - { id: gpt, vendor: openai, api_key: sk-upstream-openai, base_url: "${fake.origin}/v1" }
deployments:
  - { model: my-claude, provider: claude, name: claude-haiku-4-5, price: { input: 1, output: 5 } }
  - { model: limited-claude, provider: limited, name: claude-haiku-4-5, limits: { requests_per_minute: 1, concurrent: 1 } }
  - { model: my-gemini, provider: google, name: gemini-2.5-flash, price: { input: 1, output: 5 } }
  - { model: my-gpt, provider: gpt, name: gpt-4o, price: { input: 1, output: 5 } }
`);
    client = new Anthropic({ apiKey: yumen.key, baseURL: yumen.url, maxRetries: 0 });
  });
  after(async () => {
    await yumen.close();
    await fake.close();
  });
  beforeEach(() => {
    fake.requests.length = 0;
    fake.answers = {};
  });

  test('a provider of the client’s dialect counts itself; only the model’s name is changed', async () => {
    fake.answers['POST /v1/messages/count_tokens'] = () => ({ json: { input_tokens: 42 } });
    const { data, response } = await client.messages
      .countTokens({ model: 'my-claude', messages, system: 's' })
      .withResponse();
    assert.equal(data.input_tokens, 42);
    assert.equal(response.headers.get('x-yumen-estimated'), null);
    assert.deepEqual(fake.requests[0]!.json, { model: 'claude-haiku-4-5', messages, system: 's' });
    assert.equal(fake.requests[0]!.headers['x-api-key'], 'sk-upstream-anthropic');
  });

  test('Gemini’s own count is asked where the client speaks Gemini', async () => {
    fake.answers['POST /v1beta/models/gemini-2.5-flash:countTokens'] = () => ({ json: { totalTokens: 9 } });
    const body = { contents: [{ role: 'user', parts: [{ text: 'hello world' }] }] };
    const response = await yumen.post('/v1beta/models/my-gemini:countTokens', body);
    assert.deepEqual(await response.json(), { totalTokens: 9 });
    assert.deepEqual(fake.requests[0]!.json, body);
  });

  test('elsewhere we estimate, and say so: text, tools, images, and an overhead for each message', async () => {
    const count = async (body: Json): Promise<number> => {
      const response = await yumen.post('/v1/messages/count_tokens', { model: 'my-gpt', ...body });
      assert.equal(response.headers.get('x-yumen-estimated'), 'true');
      return ((await response.json()) as Json).input_tokens;
    };
    const plain = await count({ messages });
    assert.equal(plain, 2 + 4);
    const tools = [{ name: 'add', description: 'adds two numbers', input_schema: { type: 'object' } }];
    assert.ok((await count({ messages, tools })) > plain + 5);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
    const withImage = [{ role: 'user', content: [{ type: 'text', text: 'hello world' }, image] }];
    assert.equal(await count({ messages: withImage }), plain + 1600);
    assert.equal(fake.requests.length, 0);
  });

  test('a provider that fails is estimated for, one that refuses is heard', async () => {
    fake.answers['POST /v1/messages/count_tokens'] = () => ({
      status: 500,
      json: { error: { message: 'down' } },
    });
    const { response } = await client.messages.countTokens({ model: 'my-claude', messages }).withResponse();
    assert.equal(response.headers.get('x-yumen-estimated'), 'true');
    fake.answers['POST /v1/messages/count_tokens'] = () => ({
      status: 400,
      json: { type: 'error', error: { type: 'invalid_request_error', message: 'messages: odd' } },
    });
    await assert.rejects(client.messages.countTokens({ model: 'my-claude', messages }), {
      status: 400,
      message: /messages: odd/,
    });
  });

  test('counts go to a key that works, and are not counted among the calls of the model', async () => {
    fake.answers['POST /v1/messages/count_tokens'] = ({ headers }) =>
      headers['x-api-key'] === 'sk-upstream-bad'
        ? { status: 401, json: { error: { message: 'bad' } } }
        : { json: { input_tokens: 42 } };
    const counts = await Promise.all(
      Array.from({ length: 5 }, () => client.messages.countTokens({ model: 'limited-claude', messages })),
    );
    assert.ok(counts.every(({ input_tokens }) => input_tokens === 42));
    const seen = fake.requests.length;
    await client.messages.countTokens({ model: 'limited-claude', messages });
    assert.deepEqual(
      fake.requests.slice(seen).map(({ headers }) => headers['x-api-key']),
      ['sk-upstream-good'],
    );
  });

  test('keys and bad input are refused in the dialect of the client', async () => {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', models: ['other'] }),
    });
    const narrow = new Anthropic({ apiKey: made.body.secret, baseURL: yumen.url, maxRetries: 0 });
    await assert.rejects(narrow.messages.countTokens({ model: 'my-claude', messages }), { status: 403 });
    const response = await yumen.post('/v1/messages/count_tokens', { model: 'my-gpt', messages: [] });
    const body = (await response.json()) as Json;
    assert.deepEqual([response.status, body.type, body.error.type], [400, 'error', 'invalid_request_error']);
  });
});
