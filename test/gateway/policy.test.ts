import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

type Place = 'fr' | 'us' | 'cn' | 'nowhere';
const places: readonly Place[] = ['fr', 'us', 'cn', 'nowhere'];

interface World {
  upstreams: { [place in Place]: FakeUpstream };
  yumen: TestGateway;
  config: string;
  close(): Promise<void>;
}

const endpoints: { [place in Place]: string } = {
  fr: 'endpoint: { processing: FR, storage: FR, headquarters: FR, operator: Rent SA }',
  us: 'endpoint: { processing: US, storage: US, headquarters: US, operator: Acme Inc }',
  cn: 'endpoint: { processing: CN, storage: CN, headquarters: CN, operator: Yun Co }',
  nowhere: 'endpoint: { self_hosted: false }',
};

/** The same model in France, the United States, China, and at a place that nobody stated. */
async function startWorld(more: string): Promise<World> {
  const start = () => startFakeUpstream({ dialect: 'openai-chat', script: { text: 'Yes.' } });
  const [fr, us, cn, nowhere] = await Promise.all([start(), start(), start(), start()]);
  const upstreams = { fr, us, cn, nowhere };
  const config = `
providers:
${places.map((place) => `  - { id: ${place}, vendor: openai-compatible, base_url: "${upstreams[place].baseUrl}", ${endpoints[place]} }`).join('\n')}
deployments:
${places.map((place, i) => `  - { model: qwen2.5-72b-instruct, provider: ${place}, price: { input: ${4 - i}, output: ${4 - i} } }`).join('\n')}
  - { model: gpt-4o, provider: cn }
${more}`;
  const yumen = await startYumen(config);
  return {
    upstreams,
    yumen,
    config,
    async close() {
      await yumen.close();
      await Promise.all(places.map((place) => upstreams[place].close()));
    },
  };
}

const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'Is the gate open?' }] });
const chat = '/v1/chat/completions';
const route = `routes:
  auto:
    reference: fr/qwen2.5-72b-instruct
    candidates: [${places.map((place) => `${place}/qwen2.5-72b-instruct`).join(', ')}]
    mode: assist
`;
async function statusOf(yumen: TestGateway, place: Place): Promise<number> {
  const response = await yumen.post(chat, ask(`${place}/qwen2.5-72b-instruct`));
  await response.arrayBuffer();
  return response.status;
}
/** A turn of a conversation that goes on from an answer that was just given. */
async function secondTurn({ yumen }: World): Promise<Response> {
  const first = await yumen.post('/v1/responses', { model: 'auto', input: 'Is the gate open?' });
  const { id } = (await first.json()) as Json;
  return yumen.post('/v1/responses', { model: 'auto', input: 'And now?', previous_response_id: id });
}

const called = ({ upstreams }: World): Place[] =>
  places.filter((place) => upstreams[place].requests.length > 0);

describe('a residency pack', () => {
  let world: World;
  before(async () => {
    world = await startWorld(`${route}policies: [{ use: eu-only }]\n`);
  });
  after(() => world.close());

  test('keeps a request in its places, however cheap others are, and records who was left out and why', async () => {
    const response = await world.yumen.post(chat, ask('auto'));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-yumen-deployment'), 'fr/qwen2.5-72b-instruct');
    const id = response.headers.get('x-request-id');
    const { body } = await world.yumen.api(`/api/v1/requests/${id}`);
    assert.match(body.policy.version, /^[0-9a-f]{16}$/);
    const excluded = body.decision.excluded.map(({ candidate, rule, facts }: Json) => [
      candidate,
      rule,
      facts,
    ]);
    assert.deepEqual(excluded, [
      ['us/qwen2.5-72b-instruct', 'policy.eu-only/processing', { 'endpoint.processing': 'US' }],
      ['cn/qwen2.5-72b-instruct', 'policy.eu-only/processing', { 'endpoint.processing': 'CN' }],
      ['nowhere/qwen2.5-72b-instruct', 'policy.eu-only/processing', { 'endpoint.processing': null }],
    ]);
    assert.deepEqual(called(world), ['fr']);
  });

  test('lets no retry and no fallback leave them', async () => {
    world.upstreams.fr.setScript({ status: 500, text: 'broken' });
    const response = await world.yumen.post(chat, { ...ask('auto'), models: ['us/qwen2.5-72b-instruct'] });
    assert.ok(response.status >= 500, String(response.status));
    await response.arrayBuffer();
    assert.deepEqual(called(world), ['fr']);
    world.upstreams.fr.setScript({ text: 'Yes.' });
  });

  test('refuses a model that is called by its name, in the client’s dialect, and says which rule', async () => {
    for (const place of ['us', 'nowhere'] as const) {
      const response = await world.yumen.post(chat, ask(`${place}/qwen2.5-72b-instruct`));
      assert.equal(response.status, 403);
      assert.match(
        ((await response.json()) as Json).error.message,
        /inference must run in the European Union/,
      );
    }
    assert.deepEqual(called(world), ['fr']);
  });

  test('lists only what may be called', async () => {
    const response = await fetch(`${world.yumen.url}/v1/models`, {
      headers: { authorization: `Bearer ${world.yumen.key}` },
    });
    const { data } = (await response.json()) as Json;
    assert.deepEqual(
      data.map(({ id }: Json) => id),
      ['auto', 'fr/qwen2.5-72b-instruct'],
    );
  });

  test('is told by the API with its rules and the facts that they ask for', async () => {
    const { body } = await world.yumen.api('/api/v1/policies');
    assert.deepEqual(
      body.packs[0].rules.map(({ id, facts }: Json) => [id, facts]),
      [
        ['policy.eu-only/processing', ['endpoint.processing']],
        ['policy.eu-only/storage', ['endpoint.storage']],
      ],
    );
    assert.ok(body.shipped.length >= 7);
  });

  test('keeps no conversation in an installation whose place is not stated', async () => {
    const next = await secondTurn(world);
    assert.equal(next.status, 400);
    assert.match(JSON.stringify(await next.json()), /previous_response/);
  });
});

test('with a stated place, the installation keeps conversations there', async () => {
  const world = await startWorld(`${route}policies: [{ use: eu-only }]\ninstallation: { processing: FR }\n`);
  try {
    const next = await secondTurn(world);
    assert.equal(next.status, 200);
    await next.arrayBuffer();
  } finally {
    await world.close();
  }
});

test('a data class that route, client or tag names keeps a request on the operator’s own servers; the record tells it', async () => {
  const world = await startWorld(`${route}policies: [{ use: on-prem-for-tagged }]\n`);
  try {
    await (await world.yumen.post(chat, ask('auto'))).arrayBuffer();
    const before = called(world).length;
    assert.ok(before > 0);
    const response = await world.yumen.post(chat, ask('auto'), { 'x-yumen-data-class': 'Health, invoices' });
    // Loopback addresses are the operator's own; the one that says it is not is left out.
    assert.equal(response.status, 200);
    const { body } = await world.yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    assert.deepEqual(body.policy.data_classes, ['health', 'invoices']);
    assert.deepEqual(
      body.decision.excluded.map(({ candidate, rule }: Json) => [candidate, rule]),
      [['nowhere/qwen2.5-72b-instruct', 'policy.on-prem-for-tagged/self-hosted']],
    );
    for (const [header, value] of [
      ['x-yumen-data-class', 'a b'],
      ['x-yumen-purpose', 'to be, or not'],
      ['x-yumen-subject-region', 'Europe'],
    ] as const) {
      const wrong = await world.yumen.post(chat, ask('auto'), { [header]: value });
      assert.equal(wrong.status, 400, header);
      assert.match(((await wrong.json()) as Json).error.message, new RegExp(header));
    }
  } finally {
    await world.close();
  }
});

test('a kill switch holds from its answer on, also for requests that are running, and on every process of the store', async () => {
  const world = await startWorld(route);
  const other = await startYumen(world.config, world.yumen.folder);
  try {
    const kill = async (body: Json) =>
      world.yumen.api('/api/v1/kill-switches', { method: 'POST', body: JSON.stringify(body) });
    for (const place of ['us', 'cn', 'nowhere'] as const) {
      const { status, body } = await kill({ target: 'provider', value: place, reason: 'an incident' });
      assert.equal(status, 201);
      assert.equal(body.deployments[0], `${place}/qwen2.5-72b-instruct`);
    }
    const refused = await world.yumen.post(chat, ask('us/qwen2.5-72b-instruct'));
    assert.equal(refused.status, 403);
    assert.match(((await refused.json()) as Json).error.message, /provider us is switched off: an incident/);
    const sinceMs = performance.now();
    await eventually(async () => (await statusOf(other, 'us')) === 403 || undefined);
    assert.ok(performance.now() - sinceMs < 1000);
    const calls = world.upstreams.us.requests.length;

    // France fails slowly; meanwhile it is switched off, so that its retry finds nobody.
    world.upstreams.fr.setScript({ status: 500, text: 'broken', headDelayMs: 300 });
    const running = world.yumen.post(chat, ask('auto'));
    await world.upstreams.fr.whenReceived(0);
    const set = await kill({ target: 'model', value: 'qwen2.5-72b-instruct', reason: 'all of it' });
    await (await running).arrayBuffer();
    assert.equal(world.upstreams.fr.requests.length, 1);
    assert.equal(world.upstreams.us.requests.length, calls);

    world.upstreams.fr.setScript({ text: 'Yes.' });
    const { status } = await world.yumen.api(`/api/v1/kill-switches/${set.body.id}`, { method: 'DELETE' });
    assert.equal(status, 200);
    assert.equal((await world.yumen.api('/api/v1/kill-switches')).body.data.length, 3);
    assert.equal(await statusOf(world.yumen, 'fr'), 200);
    assert.equal((await world.yumen.api('/api/v1/kill-switches/kill_0', { method: 'DELETE' })).status, 404);
  } finally {
    await other.stop();
    await world.close();
  }
});

test('a guardrail that the policy keeps from a request is not asked, and the request does not go on without it', async () => {
  const outside = await startFakeUpstream({ dialect: 'openai-chat' });
  const world = await startWorld(`${route}policies: [{ use: eu-only }]
guardrails: [{ name: words, url: "${outside.origin}/check", on_failure: open, endpoint: { processing: US, storage: US } }]
`);
  try {
    const response = await world.yumen.post(chat, ask('auto'));
    assert.equal(response.status, 403);
    assert.match(((await response.json()) as Json).error.message, /«words» must check this request/);
    assert.equal(outside.connections, 0);
    assert.deepEqual(called(world), []);
  } finally {
    await world.close();
    await outside.close();
  }
});

test('neither a shadow nor a judge outside its places sees a request, and nothing of it is captured', async () => {
  const world = await startWorld(`routes:
  auto:
    reference: fr/qwen2.5-72b-instruct
    candidates: [us/qwen2.5-72b-instruct]
    mode: observe
    capture: all
    proof: { judges: [cn/gpt-4o], share_max: 1 }
policies: [{ use: eu-only }]
`);
  try {
    for (let i = 0; i < 20; i++) await (await world.yumen.post(chat, ask('auto'))).arrayBuffer();
    await eventually(async () => {
      const { body } = await world.yumen.api('/api/v1/routes/auto/proof');
      return body.counts.waiting === 0 || undefined;
    });
    assert.deepEqual(called(world), ['fr']);
    const { body } = await world.yumen.api('/api/v1/pairs?route=auto');
    assert.deepEqual(body.data, []);
  } finally {
    await world.close();
  }
});

test('a dry run says what packs would have meant for the traffic there was: moved, blocked, and by which rule', async () => {
  const world = await startWorld(`${route}`);
  try {
    const key = JSON.stringify({ name: 'app', project: 'claims' });
    const { secret } = (await world.yumen.api('/api/v1/keys', { method: 'POST', body: key })).body;
    const as = { authorization: `Bearer ${secret}` };
    const served: Json[] = [];
    for (const model of ['auto', 'auto', 'us/qwen2.5-72b-instruct', 'cn/gpt-4o', 'fr/qwen2.5-72b-instruct']) {
      const response = await world.yumen.post(chat, ask(model), { ...as, 'x-yumen-tags': 'confidential' });
      await response.arrayBuffer();
      served.push([model, response.headers.get('x-yumen-deployment')]);
    }
    const isAbroad = served.filter(([, deployment]) => !deployment.startsWith('fr/'));
    const dryRun = (body: Json) =>
      world.yumen.api('/api/v1/policies/dry-run', { method: 'POST', body: JSON.stringify(body) });
    const { status, body } = await dryRun({ policies: [{ use: 'eu-only' }] });
    assert.equal(status, 200, JSON.stringify(body));
    // Of the same model there is a deployment in France; of gpt-4o there is none.
    assert.deepEqual(
      [body.requests, body.unchanged, body.moved, body.blocked, body.unknown],
      [5, 5 - isAbroad.length, isAbroad.length - 1, 1, 0],
    );
    assert.deepEqual(body.rules, [
      { rule: 'policy.eu-only/processing', moved: isAbroad.length - 1, blocked: 1 },
    ]);
    assert.equal(body.truncated, false);
    // Tags of the requests are among the facts; all of these servers but one are at a private address.
    const tagged = (await dryRun({ policies: [{ use: 'on-prem-for-tagged' }] })).body;
    assert.equal(tagged.requests, 5);
    assert.ok(tagged.moved + tagged.blocked <= served.filter(([, at]) => at.startsWith('nowhere')).length);
    assert.equal((await dryRun({ policies: [{ use: 'eu-only' }], limit: 2 })).body.truncated, true);
    const wrong = await dryRun({
      policies: [{ id: 'p', rules: [{ id: 'r', why: 'w', deny: { 'no.fact': 1 } }] }],
    });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.error.message, /no fact «no.fact»/);
    const { body: now } = await world.yumen.api('/api/v1/policies');
    assert.equal(now.version, 'none', 'and nothing is in force');
  } finally {
    await world.close();
  }
});
