import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen, type TestGateway } from '../support/start-yumen.ts';

const per = 1_000_000;

/** Two models; which of them answers is the order in which the test switches the other off. */
describe('what the reference would have cost with its own cache warm', () => {
  let cheap: FakeUpstream;
  let dear: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    const start = () => startFakeUpstream({ dialect: 'openai-chat', script: { text: 'Yes.' } });
    [cheap, dear] = await Promise.all([start(), start()]);
    yumen = await startYumen(`
providers:
  - { id: cheap, vendor: openai-compatible, base_url: "${cheap.baseUrl}" }
  - { id: dear, vendor: openai-compatible, base_url: "${dear.baseUrl}" }
deployments:
  - { model: qwen2.5-72b-instruct, provider: cheap, price: { input: 0.1, output: 0.2 } }
  - { model: gpt-4o, provider: dear, price: { input: 10, output: 40, cache_read: 1 } }
routes:
  auto: { reference: dear/gpt-4o, candidates: [cheap/qwen2.5-72b-instruct], mode: assist, target: { usd_per_quality: 0.0001 } }
  own: { reference: dear/gpt-4o, candidates: [cheap/qwen2.5-72b-instruct], mode: observe, target: { quality: 0.5 } }
`);
  });
  after(async () => {
    await yumen.close();
    await Promise.all([cheap, dear].map((one) => one.close()));
  });

  async function turn(model: string, messages: object[], tokens: number, cached: number) {
    for (const one of [cheap, dear])
      one.setScript({ text: 'Yes.', inputTokens: tokens, cacheReadTokens: cached, outputTokens: 10 });
    const response = await yumen.post('/v1/chat/completions', { model, messages });
    assert.equal(response.status, 200);
    const { data } = (await yumen.api('/api/v1/requests?limit=1')).body;
    return data[0];
  }

  test('a first turn reads everything; what the cheap model holds later, the reference would have held too', async () => {
    const first = [
      {
        role: 'user',
        content: `Is the archive of the western gate open on Sundays? ${'It is old. '.repeat(900)}`,
      },
    ];
    const one = await turn('auto', first, 4000, 0);
    assert.equal(one.deployment, 'cheap/qwen2.5-72b-instruct', 'the cheap model answers');
    assert.equal(one.warm_reference.cache_read_tokens, 0);
    assert.equal(one.warm_reference.cost_usd, (4000 * 10 + 10 * 40) / per);
    const second = [
      ...first,
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'And on Mondays?' },
    ];
    const two = await turn('auto', second, 4100, 0);
    const held = two.warm_reference.cache_read_tokens;
    assert.ok(held >= 3800 && held <= 4100, `${held}`);
    const expected = ((4100 - held) * 10 + held * 1 + 10 * 40) / per;
    assert.ok(Math.abs(two.warm_reference.cost_usd - expected) < 1e-9);
    assert.equal(
      two.reference_cost_usd,
      (4100 * 10 + 10 * 40) / per,
      'for the same usage it would have cost more',
    );
  });

  test('where the reference answers, what it reports is the truth', async () => {
    const first = [
      {
        role: 'user',
        content: `Is the harbour of the eastern gate open on Sundays? ${'It is new. '.repeat(900)}`,
      },
    ];
    const one = await turn('own', first, 4000, 3000);
    assert.equal(one.deployment, 'dear/gpt-4o');
    assert.equal(one.warm_reference.cost_nano_usd, one.cost_nano_usd);
    assert.equal(one.warm_reference.cache_read_tokens, 3000);
  });

  test('a named model has no reference', async () => {
    const one = await turn('cheap/qwen2.5-72b-instruct', [{ role: 'user', content: 'Hi' }], 10, 0);
    assert.equal(one.warm_reference, null);
  });
});
