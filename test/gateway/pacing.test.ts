import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

describe('a route with a daily budget', () => {
  let upstream: FakeUpstream;
  let yumen: TestGateway;

  const config = (generous = 1_000): string => `
providers:
  - { id: openai, vendor: openai, api_key: sk-upstream, base_url: "${upstream.baseUrl}" }
deployments:
  - { model: llama-3.1-8b-instruct, provider: openai, price: { input: 0.02, output: 0.03 } }
routes:
  tight: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: assist, cascade: { checks: false }, target: { budget_usd_per_day: 0.000001 } }
  generous: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: assist, cascade: { checks: false }, target: { budget_usd_per_day: ${generous} } }
  watched: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], mode: observe, target: { budget_usd_per_day: 0.000001 } }
  plain: { reference: gpt-4o, candidates: [llama-3.1-8b-instruct], upgrade_share_max: 0.4 }
`;

  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat' });
    yumen = await startYumen(config());
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
  });

  /** Every ask begins a conversation of its own. */
  let asked = 0;
  function ask(model: string): Promise<Response> {
    asked += 1;
    const content = `Prove that there are infinitely many primes above ${asked}.`;
    return yumen.post('/v1/chat/completions', { model, messages: [{ role: 'user', content }] });
  }

  async function recordOf(response: Response): Promise<Json> {
    return (await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`)).body;
  }

  async function route(name: string): Promise<Json> {
    const { status, body } = await yumen.api('/api/v1/routes');
    assert.equal(status, 200);
    return body.data.find((one: Json) => one.name === name);
  }

  test('before its first request it has no price, and says what it may spend', async () => {
    const { budget, target, mode, upgrade_share_max } = await route('generous');
    assert.deepEqual(target, { kind: 'budget-per-day', value: 1_000 });
    assert.deepEqual([mode, upgrade_share_max], ['assist', null]);
    assert.deepEqual(
      [budget.budget_usd, budget.spent_usd, budget.requests, budget.lambda_usd, budget.forecast_usd],
      [1_000, 0, 0, null, null],
    );
    assert.equal(budget.day, new Date().toISOString().slice(0, 10));
  });

  test('with the money gone the cheapest candidate answers, and nobody is refused', async () => {
    await ask('tight');
    for (let i = 0; i < 3; i++) {
      const response = await ask('tight');
      assert.equal(response.status, 200);
      const { decision, deployment } = await recordOf(response);
      assert.equal(decision.lambda_usd, 0);
      assert.equal(deployment, 'openai/llama-3.1-8b-instruct');
    }
    const { budget } = await route('tight');
    assert.equal(budget.lambda_usd, 0);
    assert.equal(budget.reach, 'over');
    assert.equal(budget.requests, 4);
    assert.equal(budget.in_flight_usd, 0);
  });

  test('with money for everything quality may cost anything, and it says that money will be left', async () => {
    await ask('generous');
    const response = await ask('generous');
    assert.ok((await recordOf(response)).decision.lambda_usd > 1);
    const { budget } = await route('generous');
    assert.equal(budget.reach, 'under');
    assert.ok(budget.lambda_usd > 0);
    assert.ok(budget.forecast_usd > budget.spent_usd && budget.forecast_usd < 1_000);
  });

  test('what was spent is what the ledger has', async () => {
    const { body } = await yumen.api('/api/v1/report?by=route');
    for (const name of ['tight', 'generous']) {
      const row = body.rows.find((one: Json) => one.group === name);
      assert.equal((await route(name)).budget.spent_usd, row.cost_usd);
    }
  });

  test('a dry run spends nothing and counts for nothing', async () => {
    const { budget: before } = await route('tight');
    const dry = await yumen.api('/api/v1/decide', {
      method: 'POST',
      body: JSON.stringify({ model: 'tight', messages: [{ role: 'user', content: 'hi' }] }),
    });
    assert.equal(dry.status, 200);
    assert.equal((await route('tight')).budget.requests, before.requests);
  });

  test('a request that fails leaves nothing in flight', async () => {
    upstream.setScript({ status: 400 });
    assert.equal((await ask('generous')).status, 400);
    upstream.setScript({});
    const { budget } = await route('generous');
    assert.equal(budget.in_flight_usd, 0);
    assert.equal(budget.requests, 3);
  });

  test('a route that observes counts what its choices would have cost', async () => {
    for (let i = 0; i < 3; i++) {
      const record = await recordOf(await ask('watched'));
      assert.equal(record.deployment, 'openai/gpt-4o');
    }
    const { budget } = await route('watched');
    const { body } = await yumen.api('/api/v1/report?by=route');
    const row = body.rows.find((one: Json) => one.group === 'watched');
    assert.equal(budget.would_be, true);
    assert.ok(
      budget.spent_usd > 0 && budget.spent_usd < row.cost_usd,
      `${budget.spent_usd} of ${row.cost_usd}`,
    );
  });

  test('routes without a budget have none, and callers do not see any', async () => {
    const plain = await route('plain');
    assert.equal(plain.budget, null);
    assert.equal(plain.upgrade_share_max, 0.4);
    const made = await yumen.api('/api/v1/keys', { method: 'POST', body: JSON.stringify({ name: 'app' }) });
    const headers = { authorization: `Bearer ${made.body.secret}` };
    assert.equal((await yumen.api('/api/v1/routes', { headers })).status, 403);
    const { body } = await yumen.api('/api/openapi.json');
    assert.ok('/api/v1/routes' in body.paths);
  });

  test('a restart remembers the day; a new budget counts at once', async () => {
    const { budget: tight } = await route('tight');
    const { budget: generous } = await route('generous');
    const { folder } = yumen;
    await yumen.stop();
    yumen = await startYumen(config(2_000), folder);
    const again = (await route('tight')).budget;
    assert.equal(again.spent_usd, tight.spent_usd);
    assert.equal(again.requests, tight.requests);
    assert.equal(again.lambda_usd, 0);
    const other = (await route('generous')).budget;
    assert.equal(other.budget_usd, 2_000);
    assert.equal(other.spent_usd, generous.spent_usd);
  });
});
