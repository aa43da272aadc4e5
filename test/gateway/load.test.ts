import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type LoadReport, runLoadCampaign } from '../../bench/load/run.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

describe('ten deployments with planted failures, over real sockets', () => {
  let report: LoadReport;
  before(async () => {
    report = await runLoadCampaign({ seconds: 6, perSecond: 40, balance: 'weight' });
  });

  test('no request fails, and retries stay within their budget', () => {
    assert.equal(report.failed, 0);
    assert.ok(report.retryShare > 0 && report.retryShare <= 0.2, `${report.retryShare}`);
  });

  test('the healthy share by weight, the dead one is left alone after five calls', () => {
    for (const { id, share, declaredShare } of report.deployments) {
      if (declaredShare === undefined) continue;
      assert.ok(Math.abs(share / declaredShare - 1) <= 0.2, `${id}: ${share} instead of ${declaredShare}`);
    }
    const dead = report.deployments.find(({ id }) => id === 'dead')!;
    assert.ok(dead.calls >= 5 && dead.calls <= 8, `${dead.calls} calls`);
    const metered = report.deployments.find(({ id }) => id === 'metered')!;
    assert.ok(metered.calls <= 30, `${metered.calls} calls`);
  });
});

describe('keys and equal deployments', () => {
  let upstream: FakeUpstream;
  let sibling: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-chat' });
    sibling = await startFakeUpstream({ dialect: 'openai-chat' });
    yumen = await startYumen(`
providers:
  - id: up
    vendor: openai-compatible
    base_url: "${upstream.baseUrl}"
    api_keys: [{ key: sk-broken-secret, id: broken, weight: 5 }, { key: sk-spare-secret, id: spare }]
  - { id: sibling, vendor: openai-compatible, api_key: sk-sibling-secret, base_url: "${sibling.baseUrl}" }
deployments:
  - { model: shared, provider: up }
  - { model: shared, provider: sibling }
  - { model: alone, provider: up, capabilities: { reasoning: none } }
balance: weight
`);
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
    await sibling.close();
  });

  function ask(model: string, messages: Json[]): Promise<Response> {
    return yumen.post('/v1/chat/completions', { model, messages, max_tokens: 50 });
  }

  test('the record of each attempt names the key it was made with, and never shows one', async () => {
    upstream.setScript(({ headers }) =>
      headers.authorization === 'Bearer sk-broken-secret'
        ? { status: 401, error: { message: 'bad key sk-broken-secret' } }
        : { text: 'fine' },
    );
    const response = await ask('up/alone', [{ role: 'user', content: 'hi' }]);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-yumen-attempts'), '2');
    const { body } = await yumen.api(`/api/v1/requests/${response.headers.get('x-request-id')}`);
    assert.deepEqual(
      body.attempts.map((attempt: Json) => [attempt.credential, attempt.effort, attempt.error]),
      [
        ['broken', null, 'upstream_auth'],
        ['spare', null, null],
      ],
    );
    assert.doesNotMatch(JSON.stringify(body), /secret/);
    upstream.setScript({});
  });

  test('a conversation with a long prompt stays where it is cached, short ones are shared', async () => {
    const long = (turn: number): Json[] => [
      { role: 'user', content: 'A long story. '.repeat(600) },
      ...Array.from({ length: turn }, (_, index) => [
        { role: 'assistant', content: `Part ${index}.` },
        { role: 'user', content: 'Go on.' },
      ]).flat(),
    ];
    const places = new Set<string | null>();
    for (let turn = 0; turn < 6; turn++)
      places.add((await ask('shared', long(turn))).headers.get('x-yumen-deployment'));
    assert.equal(places.size, 1);
    const shared = new Set<string | null>();
    // The other one catches up on its turns first.
    for (let at = 0; at < 12; at++)
      shared.add(
        (await ask('shared', [{ role: 'user', content: 'Short.' }])).headers.get('x-yumen-deployment'),
      );
    assert.deepEqual([...shared].toSorted(), ['sibling/shared', 'up/shared']);
  });
});
