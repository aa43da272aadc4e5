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
    assert.equal((await yumen.api('/v1/models/sandbox%2Ffrontier%23nonsense')).status, 404);
  });

  test('a key is listed the models that it may call, by whichever of their names it may', async () => {
    const listed = async (models: string[]) => {
      const { secret } = await createKey({ name: 'narrow', models });
      const { body } = await yumen.api('/v1/models', { headers: { authorization: `Bearer ${secret}` } });
      const ids: string[] = body.data.map((model: Json) => model.id);
      for (const id of ids) assert.equal((await chat(secret, 'hi', id)).status, 200, id);
      return ids;
    };
    const { body } = await yumen.api('/api/v1/catalog/models');
    const frontier = body.data.find((model: Json) => model.deployments.includes('sandbox/frontier'));
    assert.deepEqual(await listed(['sandbox/frontier']), ['auto', 'sandbox/frontier']);
    assert.deepEqual(await listed([frontier.id]), ['auto', 'sandbox/frontier']);
    assert.deepEqual(await listed(['absent']), []);
    assert.ok((await listed(['auto'])).includes('auto'));
  });

  test('a misspelt limit is refused, for it would be a limit that does not hold', async () => {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'typo', limits: { requests_per_min: 5 } }),
    });
    assert.equal(made.status, 400);
    assert.match(made.body.error.message, /limits.*requests_per_min/);
  });

  test('decisions count against the rate of the key, and errors say when to come back', async () => {
    const key = await createKey({ name: 'asker', limits: { requests_per_minute: 2 } });
    const ask = () =>
      fetch(`${yumen.url}/api/v1/decide`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hi' }] }),
      });
    assert.deepEqual([(await ask()).status, (await chat(key.secret)).status], [200, 200]);
    const third = await ask();
    assert.equal(third.status, 429);
    assert.equal(third.headers.get('x-should-retry'), 'true');
    assert.ok(Number(third.headers.get('retry-after')) >= 1);
    assert.equal(((await third.json()) as Json).error.code, 'rate_limited');
  });

  test('a decision gives its place among the concurrent requests back, also when it is refused', async () => {
    const key = await createKey({ name: 'one at a time', limits: { concurrent_requests: 1 } });
    for (const body of [
      '{',
      '{"model":"nope"}',
      '{"model":"auto","messages":[{"role":"user","content":"hi"}]}',
    ]) {
      const headers = { authorization: `Bearer ${key.secret}` };
      const { status } = await yumen.api('/api/v1/decide', { method: 'POST', headers, body });
      assert.notEqual(status, 429, body);
    }
    assert.equal((await chat(key.secret)).status, 200);
  });

  test('health endpoints need no key', async () => {
    for (const path of ['/livez', '/readyz', '/'])
      assert.equal((await fetch(`${yumen.url}${path}`)).status, 200, path);
    assert.equal((await fetch(`${yumen.url}/v1/models`)).status, 401);
  });
});

test('a body of the admin API is bounded as on the request path, announced or not', async () => {
  const yumen = await startYumen(
    'providers:\n  - { id: sandbox, vendor: sandbox }\nlimits: { body_bytes_max: 2000 }\n',
  );
  const whole = JSON.stringify({
    model: 'sandbox/frontier',
    messages: [{ role: 'user', content: 'z'.repeat(5000) }],
  });
  const pieces = () => new Blob([whole]).stream();
  const post = (path: string, body: string | ReadableStream) =>
    fetch(`${yumen.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${yumen.key}`, 'content-type': 'application/json' },
      body,
      ...(typeof body === 'string' ? {} : { duplex: 'half' as const }),
    });
  try {
    for (const path of ['/api/v1/decide', '/api/v1/keys', '/v1/chat/completions']) {
      for (const body of [whole, pieces()]) {
        const refused = await post(path, body);
        assert.equal(refused.status, 413, path);
        assert.equal(refused.headers.get('x-should-retry'), 'false');
        assert.match(((await refused.json()) as Json).error.message, /2000 bytes/);
      }
    }
    const short = new Blob([whole.replace(/z+/, 'hi')]).stream();
    assert.equal((await post('/api/v1/decide', short)).status, 200);
  } finally {
    await yumen.close();
  }
});
