import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

describe('the admin API', () => {
  let yumen: TestGateway;
  before(async () => {
    yumen = await startYumen();
  });
  after(() => yumen.close());

  async function createKey(body: Json): Promise<Json> {
    const made = await yumen.api('/api/v1/keys', { method: 'POST', body: JSON.stringify(body) });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  }

  function chat(key: string, content = 'hi', model = 'auto'): Promise<Response> {
    return fetch(`${yumen.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
    });
  }

  test('a key works from the moment it is made until it is revoked, and its secret is never shown again', async () => {
    const key = await createKey({ name: 'app' });
    assert.match(key.secret, /^sk-yumen-/);
    assert.equal((await chat(key.secret)).status, 200);
    const listed = await yumen.api('/api/v1/keys');
    assert.ok(listed.body.data.some((one: Json) => one.id === key.id));
    assert.doesNotMatch(JSON.stringify(listed.body), new RegExp(key.secret));
    assert.equal((await yumen.api(`/api/v1/keys/${key.id}`, { method: 'DELETE' })).status, 200);
    assert.equal((await chat(key.secret)).status, 401);
  });

  test('a caller’s key sees its own requests and nothing of the administration', async () => {
    const mine = await createKey({ name: 'mine' });
    const other = await createKey({ name: 'other' });
    const response = await chat(mine.secret);
    const id = response.headers.get('x-request-id');
    const as = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
    assert.equal((await yumen.api(`/api/v1/requests/${id}`, as(mine.secret))).status, 200);
    const foreign = await yumen.api(`/api/v1/requests/${id}`, as(other.secret));
    const absent = await yumen.api('/api/v1/requests/req_absent', as(other.secret));
    assert.deepEqual([foreign.status, foreign.body], [404, absent.body]);
    for (const path of ['/api/v1/keys', '/api/v1/report']) {
      assert.equal((await yumen.api(path, as(mine.secret))).status, 403, path);
    }
    const page = await yumen.api('/api/v1/requests', as(mine.secret));
    assert.deepEqual(
      page.body.data.map((one: Json) => one.key_id),
      [mine.id],
    );
  });

  test('a key that may call only some models is refused the others with a 403 that says which', async () => {
    const key = await createKey({ name: 'narrow', models: ['sandbox/mini*'] });
    const refused = await chat(key.secret, 'hi', 'sandbox/frontier');
    assert.equal(refused.status, 403);
    assert.match(((await refused.json()) as Json).error.message, /sandbox\/mini\*/);
    assert.equal((await chat(key.secret, 'hi', 'sandbox/mini-open')).status, 200);
  });

  test('a rate holds, with retry-after', async () => {
    const key = await createKey({ name: 'slow', limits: { requests_per_minute: 2 } });
    assert.equal((await chat(key.secret)).headers.get('x-ratelimit-limit-requests'), '2');
    await chat(key.secret);
    const third = await chat(key.secret);
    assert.equal(third.status, 429);
    assert.ok(Number(third.headers.get('retry-after')) >= 1);
  });

  test('a budget refuses what it might not cover, before anything is called', async () => {
    const key = await createKey({ name: 'poor', limits: { budget_usd_per_day: 0.0001 } });
    const refused = await chat(key.secret, 'Write a novel.', 'sandbox/frontier');
    assert.equal(refused.status, 402);
    assert.equal(refused.headers.get('x-should-retry'), 'false');
    assert.match(((await refused.json()) as Json).error.message, /day/);
  });

  test('decide is a dry run: a decision with reasons, and no request in the ledger', async () => {
    const before = await yumen.api('/api/v1/requests?limit=1');
    const decided = await yumen.api('/api/v1/decide', {
      method: 'POST',
      body: JSON.stringify({
        model: 'auto',
        messages: [{ role: 'user', content: '把这句话翻译成英文：会议在周二上午九点。' }],
      }),
    });
    assert.equal(decided.status, 200, JSON.stringify(decided.body));
    assert.equal(decided.body.shape.language, 'zh');
    assert.ok(decided.body.explanation.sentence.length > 20);
    assert.ok(decided.body.candidates.length > 1);
    const after = await yumen.api('/api/v1/requests?limit=1');
    assert.deepEqual(after.body.data[0]?.id, before.body.data[0]?.id);
  });

  test('the decision header of a real request leads to the same decision in the API', async () => {
    const response = await chat(yumen.key);
    const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    assert.equal(body.decision.id, response.headers.get('x-yumen-decision'));
    assert.equal(body.decision.reason, response.headers.get('x-yumen-reason'));
    assert.equal(body.simulated, true);
    assert.equal(response.headers.get('x-yumen-simulated'), 'true');
  });

  test('reports keep simulated figures apart from savings', async () => {
    const { body } = await yumen.api('/api/v1/report?by=model');
    const answered = body.rows.filter((row: Json) => row.answered > 0);
    assert.ok(answered.length > 0);
    assert.ok(answered.every((row: Json) => row.simulated === true));
  });

  test('OpenAPI lists the endpoints', async () => {
    const { body } = await yumen.api('/api/openapi.json');
    assert.equal(body.openapi, '3.1.0');
    for (const path of [
      '/api/v1/requests',
      '/api/v1/requests/{id}',
      '/api/v1/report',
      '/api/v1/decide',
      '/api/v1/keys',
      '/api/v1/keys/{id}',
    ]) {
      assert.ok(path in body.paths, path);
    }
  });

  test('models are listed in the shape of the caller’s dialect', async () => {
    const openai = await yumen.api('/v1/models');
    assert.equal(openai.body.object, 'list');
    assert.equal(openai.body.data[0].id, 'auto');
    assert.ok(openai.body.data.every((model: Json) => model.simulated === true));
    const anthropic = await yumen.api('/v1/models', { headers: { 'anthropic-version': '2023-06-01' } });
    assert.equal(anthropic.body.data[0].type, 'model');
    const one = await yumen.api('/v1/models/sandbox/frontier');
    assert.deepEqual([one.status, one.body.id], [200, 'sandbox/frontier']);
    assert.equal((await yumen.api('/v1/models/nope')).status, 404);
  });

  test('health endpoints need no key', async () => {
    for (const path of ['/livez', '/readyz', '/'])
      assert.equal((await fetch(`${yumen.url}${path}`)).status, 200, path);
    assert.equal((await fetch(`${yumen.url}/v1/models`)).status, 401);
  });
});
