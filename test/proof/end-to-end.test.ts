import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startYumen, type TestGateway } from '../support/start-yumen.ts';
import { questionOf, startThreeEnds, type ThreeEnds, verdictFor } from '../support/three-ends.ts';

const good = 'It stands at the western gate.';
const bad = 'No idea, sorry.';

describe('a route is proved beside its traffic', () => {
  let ends: ThreeEnds;
  let yumen: TestGateway;
  let sent = 0;

  const config = (quality = 0.9) => `${ends.head}
routes:
  auto:
    reference: dear/gpt-4o
    candidates: [cheap/qwen2.5-72b-instruct]
    mode: certified
    target: { quality: ${quality} }
    capture: pairs
    proof: { judges: [judge/claude-sonnet-4], share_max: 1, share_certified: 1, unit: request, learn_pairs: 50 }
`;

  before(async () => {
    ends = await startThreeEnds(good);
    ends.judge.setScript(({ body }) => ({ text: verdictFor(good, body) }));
    yumen = await startYumen(config());
  });
  after(async () => {
    await yumen.close();
    await ends.close();
  });

  async function send(): Promise<string> {
    sent += 1;
    const content = questionOf(sent);
    const body = { model: 'auto', messages: [{ role: 'user', content }] };
    const response = await yumen.post('/v1/chat/completions', body);
    assert.equal(response.status, 200);
    // biome-ignore lint/suspicious/noExplicitAny: a test reads a document whose shape it asserts.
    return ((await response.json()) as any).choices[0].message.content;
  }

  const proof = async () => (await yumen.api('/api/v1/routes/auto/proof')).body;

  async function sendUntil(done: () => Promise<boolean>, max: number): Promise<number> {
    for (let n = 0; n < max; n += 10) {
      if (await done()) return n;
      // On a busy machine pairs take longer than requests; those that do not fit the queue would count as lost.
      while ((await proof()).counts.waiting > 100) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let i = 0; i < 10; i++) await send();
    }
    for (let wait = 0; wait < 50; wait++) {
      if (await done()) return max;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`not within ${max} requests: ${JSON.stringify(await proof())}`);
  }

  const reaches = (stage: string) => async () => (await proof()).stage === stage;

  test('it observes, assists, is certified, and retreats after the cheap model is swapped for a worse one', async () => {
    assert.equal((await proof()).stage, 'observe');
    assert.match((await proof()).sentence, /learns: 0 of 50/);
    await sendUntil(reaches('assist'), 400);
    const { policy } = await proof();
    assert.equal(policy.ordinal, 1);
    await sendUntil(reaches('certified'), 1500);
    const { certificate } = await proof();
    assert.equal(certificate.kind, 'judge-only');
    assert.ok(certificate.evidence.loss_bound <= 0.1 + 1e-9);
    assert.ok(certificate.evidence.saved_share > 0);
    await sendUntil(async () => (await proof()).certificate?.rung >= 15, 1500);
    const before = ends.cheap.requests.length;
    await send();
    assert.ok(ends.cheap.requests.length > before);

    ends.cheap.setScript({ text: bad });
    const requests = await sendUntil(reaches('retreated'), 600);
    assert.ok(requests <= 600);
    assert.equal(await send(), good, 'the reference answers again');

    const story = (await yumen.api('/api/v1/routes/auto/story?limit=100')).body.data.reverse();
    const stages = story.filter((one: { to: string | null }) => one.to !== null);
    assert.deepEqual(
      stages.map((one: { to: string }) => one.to),
      ['assist', 'certified', 'retreated'],
    );
    assert.ok(story.some((one: { kind: string }) => one.kind === 'alarm'));
    const certificates = (await yumen.api('/api/v1/certificates?route=auto')).body.data;
    for (const one of certificates) assert.notEqual(one.ended_at, null);
  });

  test('what it cost to prove is in the ledger, beside the request it is about, and pairs are there to be looked at', async () => {
    const { data } = (await yumen.api('/api/v1/requests?service=proof&limit=5')).body;
    assert.equal(data.length, 5);
    const record = (await yumen.api(`/api/v1/requests/${data[0].id}`)).body;
    assert.ok(record.attempts.length >= 1);
    const pairs = (await yumen.api('/api/v1/pairs?route=auto&limit=500')).body;
    assert.ok(pairs.data.length > 100);
    assert.ok(pairs.data.some((pair: { use: string }) => pair.use === 'learn'));
    const judged = pairs.data.flatMap((pair: { answers: { judge: string | null; loss: number }[] }) =>
      pair.answers.filter((one) => one.judge !== null),
    );
    assert.ok(judged.length > 0);
    for (const one of judged) assert.equal(one.judge, 'judge/claude-sonnet-4');
  });

  test('a key that is no admin’s is told nothing, and unknown routes are not there', async () => {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'caller', role: 'caller' }),
    });
    const headers = { authorization: `Bearer ${made.body.secret}` };
    for (const path of ['routes/auto/proof', 'routes/auto/story', 'certificates', 'pairs'])
      assert.equal((await yumen.api(`/api/v1/${path}`, { headers })).status, 403, path);
    assert.equal((await yumen.api('/api/v1/routes/none/proof')).status, 404);
    assert.equal((await yumen.api('/api/v1/pairs?cursor=made%20up')).status, 400);
  });

  test('it goes on where it was after a restart', async () => {
    const before = await proof();
    await yumen.stop();
    yumen = await startYumen(config(), yumen.folder);
    const again = await proof();
    assert.equal(again.stage, before.stage);
    assert.ok(again.counts.pairs >= before.counts.pairs);
    assert.ok(again.proof_usd > 0);
  });
});
