import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { eventually } from '../support/eventually.ts';
import { type FakeServices, type ServiceRequest, startFakeServices } from '../support/fake-services.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const embedding = (tokens: number) => ({
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
  model: 'm',
  usage: { prompt_tokens: tokens, total_tokens: tokens },
});

const vendorKey = ({ headers }: ServiceRequest): string =>
  String(headers.authorization).slice('Bearer '.length);

function config(one: FakeServices, two: FakeServices, keys: string): string {
  return `
providers:
  - { id: oa, vendor: openai, base_url: "${one.origin}/v1", api_keys: [${keys}] }
  - { id: two, vendor: openai-compatible, api_key: sk-second-secret, base_url: "${two.origin}/v1" }
  - { id: co, vendor: cohere, api_key: sk-cohere-secret, base_url: "${two.origin}" }
deployments:
  - { model: shared, provider: oa, kind: embedding, weight: 3, price: { input: 2, output: 0 } }
  - { model: shared, provider: two, kind: embedding, weight: 1, price: { input: 1, output: 0 } }
  - { model: narrow, provider: two, kind: embedding, limits: { concurrent: 1, requests_per_minute: 100 } }
  - { model: voice, provider: oa, name: tts-1, kind: audio }
balance: weight
`;
}

const bothKeys = '{ key: sk-a-secret, id: a }, { key: sk-b-secret, id: b }';

describe('endpoints beside chat share keys, limits and deployments as chats do', () => {
  let one: FakeServices;
  let two: FakeServices;
  let yumen: TestGateway;

  before(async () => {
    [one, two] = await Promise.all([startFakeServices({}), startFakeServices({})]);
    yumen = await startYumen(config(one, two, bothKeys));
  });
  after(async () => {
    await yumen.close();
    await Promise.all([one.close(), two.close()]);
  });
  beforeEach(() => {
    for (const fake of [one, two]) {
      fake.requests.length = 0;
      fake.answers = { 'POST /v1/embeddings': () => ({ json: embedding(5) }) };
    }
  });

  const embed = (model: string) => yumen.post('/v1/embeddings', { model, input: 'hello' });

  async function recordOf(response: Response): Promise<Json> {
    return (await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body;
  }

  async function deployment(id: string): Promise<Json> {
    const { body } = await yumen.api('/api/v1/deployments');
    return body.data.find((each: Json) => each.id === id);
  }

  test('the deployments of one embedding model are called by weight, their keys by turns', async () => {
    for (let at = 0; at < 16; at++) assert.equal((await embed('shared')).status, 200);
    assert.equal(one.requests.length, 12);
    assert.equal(two.requests.length, 4);
    const used = one.requests.map(vendorKey);
    assert.equal(used.filter((key) => key === 'sk-a-secret').length, 6);
  });

  test('a refused key is followed by another at once; the record and the admin API name them and show neither', async () => {
    one.answers['POST /v1/embeddings'] = (request) =>
      vendorKey(request) === 'sk-a-secret'
        ? { status: 401, json: { error: { message: 'bad key sk-a-secret' } } }
        : { json: embedding(5) };
    const attempts: Json[] = [];
    for (let at = 0; at < 4; at++) {
      const record = await recordOf(await embed('oa/shared'));
      assert.equal(record.outcome, 'answered');
      attempts.push(...record.attempts);
    }
    assert.deepEqual(
      attempts.filter(({ error }) => error !== null).map(({ credential, error }) => [credential, error]),
      [['a', 'upstream_auth']],
    );
    assert.ok(attempts.slice(-3).every(({ credential }) => credential === 'b'));
    const shown = await deployment('oa/shared');
    assert.deepEqual(
      shown.keys.map((key: Json) => [key.id, key.in_flight, key.cooling_until === null]),
      [
        ['a', 0, false],
        ['b', 0, true],
      ],
    );
    const seconds = (Date.parse(shown.keys[0].cooling_until) - Date.now()) / 1000;
    assert.ok(seconds > 0 && seconds <= 15, `${seconds}`);
    assert.equal(shown.circuit.state, 'closed');
    const { body } = await yumen.api('/api/v1/deployments');
    assert.doesNotMatch(JSON.stringify([body, attempts]), /secret/);
  });

  test('calls under way, the queue and an open circuit are shown', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const text = JSON.stringify(embedding(1));
    two.answers['POST /v1/embeddings'] = () => ({
      headers: { 'content-type': 'application/json' },
      chunks: [text.slice(0, 5), text.slice(5)],
      gate: () => opened,
    });
    const waiting = [embed('narrow'), embed('narrow')];
    const busy = await eventually(async () => {
      const shown = await deployment('two/narrow');
      return shown.queued === 1 ? shown : undefined;
    });
    assert.equal(busy.in_flight, 1);
    assert.equal(two.requests.length, 1);
    assert.deepEqual(busy.limits, { requests_per_minute: 100, concurrent: 1 });
    open();
    for (const response of await Promise.all(waiting)) assert.equal(response.status, 200);
    two.answers['POST /v1/embeddings'] = () => ({ status: 500, json: { error: { message: 'down' } } });
    for (let at = 0; at < 2; at++) await embed('narrow');
    const broken = await deployment('two/narrow');
    assert.deepEqual([broken.circuit.state, broken.circuit.reason], ['open', 'upstream_unavailable']);
    assert.ok(Date.parse(broken.circuit.until) > Date.now());
    assert.equal(broken.in_flight, 0);
  });

  test('only admins see the deployments', async () => {
    const made = await yumen.api('/api/v1/keys', { method: 'POST', body: JSON.stringify({ name: 'k' }) });
    const headers = { authorization: `Bearer ${made.body.secret}` };
    assert.equal((await yumen.api('/api/v1/deployments', { headers })).status, 403);
  });

  test('reranking is billed by the search: as the answer says, else one for each hundred documents', async () => {
    const results = [{ index: 0, relevance_score: 0.5 }];
    const documents = Array.from({ length: 101 }, (_, index) => `document ${index}`);
    const ask = { model: 'co/rerank-v3.5', query: 'q', documents };
    two.answers['POST /v2/rerank'] = () => ({
      json: { id: 'x', results, meta: { billed_units: { search_units: 3 } } },
    });
    const said = await recordOf(await yumen.post('/v1/rerank', ask));
    assert.deepEqual([said.units, said.cost_nano_usd], [{ searches: 3 }, '6000000']);
    two.answers['POST /v2/rerank'] = () => ({ json: { id: 'x', results } });
    const unsaid = await recordOf(await yumen.post('/v1/rerank', ask));
    assert.equal(unsaid.cost_nano_usd, '4000000');
    // Each of these long documents may count as more than one: the worst case is more than the budget.
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'k', limits: { budget_usd_per_day: 0.003 } }),
    });
    const budget = { authorization: `Bearer ${made.body.secret}` };
    const long = { ...ask, documents: Array.from({ length: 60 }, () => 'x'.repeat(1000)) };
    assert.equal((await yumen.post('/v1/rerank', long, budget)).status, 402);
    const short = { ...ask, documents: documents.slice(0, 60) };
    assert.equal((await yumen.post('/v1/rerank', short, budget)).status, 200);
  });

  test('speech keeps its place to its last byte', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    one.answers['POST /v1/audio/speech'] = () => ({
      headers: { 'content-type': 'audio/mpeg' },
      chunks: ['half', 'whole'],
      gate: () => opened,
    });
    const response = await yumen.post('/v1/audio/speech', { model: 'voice', voice: 'v', input: 'x' });
    assert.equal((await deployment('oa/voice')).in_flight, 1);
    open();
    assert.equal(await response.text(), 'halfwhole');
    assert.equal((await deployment('oa/voice')).in_flight, 0);
  });
});

describe('files and batches are bound to the key that made them', () => {
  let one: FakeServices;
  let two: FakeServices;
  let yumen: TestGateway;
  let client: OpenAI;
  /** Key → what its account has, newest last. */
  const accounts = new Map<string, Json[]>();

  before(async () => {
    [one, two] = await Promise.all([startFakeServices({}), startFakeServices({})]);
    let made = 0;
    const objectsOf = (request: ServiceRequest): Json[] => accounts.get(vendorKey(request)) ?? [];
    const create = (object: string) => (request: ServiceRequest) => {
      made += 1;
      const created = { id: `${object}-${made}`, object };
      const look = (asked: ServiceRequest) => {
        const found = objectsOf(asked).find(({ id }) => id === created.id);
        return found === undefined
          ? { status: 404, json: { error: { message: 'No such object in this account' } } }
          : { json: found };
      };
      one.answers[`GET /v1/${object === 'file' ? 'files' : 'batches'}/${created.id}`] = look;
      if (object === 'batch' && !objectsOf(request).some(({ id }) => id === request.json.input_file_id))
        return { status: 400, json: { error: { message: 'No such file in this account' } } };
      accounts.set(vendorKey(request), [...objectsOf(request), created]);
      return { json: created };
    };
    one.answers = {
      'POST /v1/files': create('file'),
      'POST /v1/batches': create('batch'),
      'GET /v1/files': (request) => {
        const all = objectsOf(request)
          .filter(({ object }) => object === 'file')
          .reverse();
        const from = all.findIndex(({ id }) => id === request.query.get('after')) + 1;
        return {
          json: { object: 'list', data: all.slice(from, from + 2), has_more: from + 2 < all.length },
        };
      },
    };
    yumen = await startYumen(config(one, two, bothKeys));
    client = new OpenAI({
      apiKey: yumen.key,
      baseURL: `${yumen.url}/v1`,
      maxRetries: 0,
      defaultHeaders: { 'x-yumen-provider': 'oa' },
    });
  });
  after(async () => {
    await yumen.close();
    await Promise.all([one.close(), two.close()]);
  });

  const upload = async () =>
    client.files.create({ file: await toFile(Buffer.from('{}\n'), 'in.jsonl'), purpose: 'batch' });

  test('uploads go to the keys by turns, and each is found again where it is', async () => {
    const files: string[] = [];
    for (let at = 0; at < 6; at++) files.push((await upload()).id);
    assert.deepEqual(
      [...accounts.values()].map(({ length }) => length),
      [3, 3],
    );
    for (const id of files) {
      const { data, response } = await client.files.retrieve(id).withResponse();
      assert.equal(data.id, id);
      const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
      const holder = [...accounts].find(([, objects]) => objects.some((object) => object.id === id))!;
      assert.deepEqual(
        body.attempts.map(({ credential }: Json) => `sk-${credential}-secret`),
        [holder[0]],
      );
    }
  });

  test('a listing goes through all accounts, page by page, and finds each file once', async () => {
    const seen: string[] = [];
    for await (const file of client.files.list({ limit: 2 })) seen.push(file.id);
    const all = [...accounts.values()].flat().map(({ id }) => id);
    assert.deepEqual(seen.toSorted(), all.toSorted());
  });

  test('a batch runs in the account of its file', async () => {
    const file = await upload();
    const batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    assert.equal((await client.batches.retrieve(batch.id)).id, batch.id);
  });

  test('an upload is sent once, whatever the key', async () => {
    const before = one.requests.length;
    const works = one.answers['POST /v1/files']!;
    one.answers['POST /v1/files'] = () => ({ status: 503, json: { error: { message: 'busy' } } });
    await assert.rejects(upload(), { status: 502 });
    assert.equal(one.requests.length, before + 1);
    one.answers['POST /v1/files'] = works;
  });

  test('what is in the account of a key that was taken out says so, and comes back with the key', async () => {
    const lost = accounts.get('sk-a-secret')!.find(({ object }) => object === 'file').id;
    const kept = accounts.get('sk-b-secret')!.find(({ object }) => object === 'file').id;
    const retrieve = (id: string) => client.files.retrieve(id);
    await yumen.stop();
    yumen = await startYumen(config(one, two, '{ key: sk-b-secret, id: b }'), yumen.folder);
    client = client.withOptions({ baseURL: `${yumen.url}/v1` });
    assert.equal((await retrieve(kept)).id, kept);
    const calls = one.requests.length;
    const gone = /account of the key «a» of the provider «oa», which is not configured any more/;
    await assert.rejects(retrieve(lost), { status: 404, message: gone });
    const run = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    await assert.rejects(client.batches.create({ input_file_id: lost, ...run }), { message: gone });
    assert.equal(one.requests.length, calls);
    await yumen.stop();
    yumen = await startYumen(config(one, two, bothKeys), yumen.folder);
    client = client.withOptions({ baseURL: `${yumen.url}/v1` });
    assert.equal((await retrieve(lost)).id, lost);
  });
});
