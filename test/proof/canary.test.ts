import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createRandom } from '../../src/evaluation/metrics/random.ts';
import { CanaryWatch } from '../../src/proof/canary/canary-watch.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

describe('a canary beside the usual form', () => {
  /** Requests of the canary until it is taken back; undefined = it never is. */
  function run(
    { failing = 0.01, more = 0, slower = 0, loss = 0, badHour = false },
    random: () => number,
    requests = 20_000,
  ): number | undefined {
    const watch = new CanaryWatch();
    for (let i = 0; i < requests; i++) {
      const variant = random() < 0.1 ? 'canary' : 'usual';
      const isCanary = variant === 'canary';
      const usually = badHour && i > 5000 && i < 8000 ? 0.4 : failing;
      watch.over(
        variant,
        random() < usually + (isCanary ? more : 0),
        (random() < 0.05 + (isCanary ? slower : 0) ? 3000 : 300) * random(),
      );
      if (random() < (isCanary ? 1 : 0.1))
        watch.judged(variant, random() < 0.02 + (isCanary ? loss : 0) ? 1 : 0, isCanary ? 1 : 10);
      if (watch.worse !== undefined) return watch.requests.canary;
    }
    return undefined;
  }

  test('one that is no worse is hardly ever taken back, also when a provider has a bad hour', () => {
    const random = createRandom(5);
    for (const world of [{}, { badHour: true }]) {
      const taken = Array.from({ length: 60 }, () => run(world, random)).filter((one) => one !== undefined);
      assert.ok(taken.length <= 4, `${taken.length} of 60`);
    }
  });

  test('one that fails more often, is slower or answers worse is taken back soon', () => {
    const random = createRandom(6);
    for (const [world, max] of [
      [{ more: 0.2 }, 150],
      [{ slower: 0.4 }, 150],
      [{ loss: 0.25 }, 150],
    ] as const) {
      const runs = Array.from({ length: 30 }, () => run(world, random));
      const sorted = runs.map((one) => one ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
      assert.ok(sorted[15]! <= max, `${JSON.stringify(world)}: ${sorted[15]}`);
      assert.ok(Number.isFinite(sorted[29]!), JSON.stringify(world));
    }
  });

  test('it goes on after a restart', () => {
    const random = createRandom(7);
    const watch = new CanaryWatch();
    const feed = (to: CanaryWatch) => {
      for (let i = 0; i < 300; i++)
        to.over(i % 5 === 0 ? 'canary' : 'usual', random() < 0.05, 100 * random());
    };
    feed(watch);
    const again = new CanaryWatch();
    assert.ok(again.restore(JSON.parse(JSON.stringify(watch.state()))));
    assert.deepEqual(again.state(), watch.state());
    assert.equal(again.restore({ tests: 1 }), false);
  });
});

describe('a route tries another form of itself', () => {
  let ends: FakeUpstream[];
  let yumen: TestGateway;

  before(async () => {
    ends = await Promise.all(
      [1, 2, 3].map(() => startFakeUpstream({ dialect: 'openai-chat', script: { text: 'At the gate.' } })),
    );
    yumen = await startYumen(
      config(
        'canary: { share: 0.5, candidates: [fresh/llama-3.1-8b-instruct], target: { usd_per_quality: 0.00001 } }',
      ),
    );
  });
  after(async () => {
    await yumen.close();
    await Promise.all(ends.map((one) => one.close()));
  });

  const config = (canary: string) => `
providers:
  - { id: cheap, vendor: openai-compatible, base_url: "${ends[0]!.baseUrl}" }
  - { id: fresh, vendor: openai-compatible, base_url: "${ends[1]!.baseUrl}" }
  - { id: dear, vendor: openai-compatible, base_url: "${ends[2]!.baseUrl}" }
deployments:
  - { model: qwen2.5-72b-instruct, provider: cheap, price: { input: 0.1, output: 0.2 } }
  - { model: llama-3.1-8b-instruct, provider: fresh, price: { input: 0.01, output: 0.02 } }
  - { model: gpt-4o, provider: dear, price: { input: 10, output: 40 } }
routes:
  auto:
    reference: dear/gpt-4o
    candidates: [cheap/qwen2.5-72b-instruct]
    mode: assist
    target: { quality: 0.5 }
    cascade: { checks: false }
    proof: { graders: [{ kind: exact }], share_max: 1 }
    ${canary}
`;

  async function ask(conversation: number): Promise<Json> {
    const response = await yumen.post(
      '/v1/chat/completions',
      { model: 'auto', messages: [{ role: 'user', content: `Where is number ${conversation}?` }] },
      { 'x-yumen-session': `s${conversation}` },
    );
    await response.arrayBuffer();
    const id = response.headers.get('x-request-id')!;
    return (await yumen.api(`/api/v1/requests/${id}`)).body;
  }

  const status = async (): Promise<Json> => (await yumen.api('/api/v1/routes/auto/canary')).body;

  test('about its share of the conversations get it, each the same from turn to turn, and records say so', async () => {
    const variants = new Map<number, string | null>();
    for (let i = 0; i < 40; i++) variants.set(i, (await ask(i)).variant);
    for (let i = 0; i < 40; i++) {
      const record = await ask(i);
      assert.equal(record.variant, variants.get(i), `conversation ${i}`);
      if (record.variant === 'canary') assert.equal(record.deployment, 'fresh/llama-3.1-8b-instruct');
      else assert.notEqual(record.deployment, 'fresh/llama-3.1-8b-instruct');
    }
    const canaries = [...variants.values()].filter((one) => one === 'canary').length;
    assert.ok(canaries > 8 && canaries < 32, `${canaries}`);
    const { requests, taken_back } = await status();
    assert.equal(requests.canary + requests.usual, 80);
    assert.equal(taken_back, null);
  });

  test('its answers are compared with the reference’s beside the usual form’s, and count for no certificate', async () => {
    for (let wait = 0; wait < 100 && (await status()).loss.canary === null; wait++)
      await new Promise((done) => setTimeout(done, 20));
    const { loss } = await status();
    assert.equal(loss.canary, 0);
    assert.equal(loss.usual, 0);
    const { data } = (await yumen.api('/api/v1/pairs?route=auto&limit=500')).body;
    for (const pair of data)
      assert.ok(
        !pair.answers.some((one: Json) => one.candidate.startsWith('fresh/')),
        'no pair of the canary is kept',
      );
  });

  test('one that fails is taken back by itself; the story says why, and it stays so after a restart', async () => {
    ends[1]!.setScript({ error: { message: 'Out of order.' }, status: 500 });
    let sent = 0;
    while ((await status()).taken_back === null) {
      sent += 1;
      assert.ok(sent < 400, JSON.stringify(await status()));
      await ask(1000 + sent);
    }
    const { because } = (await status()).taken_back;
    assert.match(because, /fail more often/);
    for (let i = 0; i < 10; i++) assert.equal((await ask(2000 + i)).variant, null);
    const story = (await yumen.api('/api/v1/routes/auto/story')).body.data;
    assert.match(story[0].sentence, /taken back after \d+ of its requests/);
    const text = readFileSync(join(yumen.folder, 'yumen.yaml'), 'utf8');
    await yumen.stop();
    yumen = await startYumen(text, yumen.folder);
    assert.notEqual((await status()).taken_back, null);
    assert.equal((await ask(3000)).variant, null);
  });

  test('the operator lets it try again, or takes it back', async () => {
    const act = (body: object) =>
      yumen.api('/api/v1/routes/auto/canary', { method: 'POST', body: JSON.stringify(body) });
    assert.equal((await act({ action: 'resume' })).body.taken_back, null);
    assert.equal((await act({ action: 'resume' })).status, 400);
    assert.match(
      (await act({ action: 'take_back', reason: 'Not today.' })).body.taken_back.because,
      /Not today/,
    );
    assert.equal((await yumen.api('/api/v1/routes/none/canary')).status, 404);
  });

  test('a canary that tries nothing is refused at start', async () => {
    await assert.rejects(startYumen(config('canary: { share: 0.1 }')), /say what is to be tried/);
  });
});
