import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';
import { questionOf, startThreeEnds, type ThreeEnds } from '../support/three-ends.ts';

const reference = 'It stands at the western gate.';
const asGood = 'At the western gate it stands.';
const wrong = 'It is at the eastern gate, I guess.';

/** A route whose judge takes every answer for as good; the cheap one is wrong in one of three where `wrongs` says so. */
describe('people correct a judge', () => {
  let ends: ThreeEnds;
  let yumen: TestGateway;
  let wrongs = true;
  let sent = 0;

  before(async () => {
    ends = await startThreeEnds(reference);
    ends.judge.setScript({ text: 'TIE' });
    ends.cheap.setScript(({ body }) => {
      const number = Number(/number (\d+)/.exec(JSON.stringify(body))?.[1]);
      return { text: wrongs && number % 3 === 0 ? wrong : asGood };
    });
    yumen = await startYumen(`${ends.head}
routes:
  auto:
    reference: dear/gpt-4o
    candidates: [cheap/qwen2.5-72b-instruct]
    mode: certified
    target: { quality: 0.75 }
    capture: pairs
    proof: { judges: [judge/claude-sonnet-4], share_max: 1, share_certified: 1, unit: request, learn_pairs: 50, labels_per_week: 100000 }
`);
  });
  after(async () => {
    await yumen.close();
    await ends.close();
  });

  const proof = async (): Promise<Json> => (await yumen.api('/api/v1/routes/auto/proof')).body;

  async function send(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      sent += 1;
      const content = questionOf(sent);
      const response = await yumen.post('/v1/chat/completions', {
        model: 'auto',
        messages: [{ role: 'user', content }],
      });
      await response.arrayBuffer();
    }
    for (let wait = 0; wait < 400 && (await proof()).counts.waiting > 0; wait++)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** A person who knows: any words but the wrong ones are as good. */
  async function labelAll(): Promise<number> {
    for (let n = 0; ; n++) {
      const { task } = (await yumen.api('/api/v1/labels/next?route=auto')).body;
      if (task === null) return n;
      const verdicts = task.comparisons.map(({ id, first, second }: Json) => ({
        comparison: id,
        better: first === wrong ? 'second' : second === wrong ? 'first' : 'same',
      }));
      const body = JSON.stringify({ pair_id: task.pair_id, verdicts });
      const { status } = await yumen.api('/api/v1/labels', { method: 'POST', body });
      assert.equal(status, 200);
    }
  }

  test('evidence waits for them; a judge that sees no loss does not certify what people see losing', async () => {
    await send(60);
    while ((await proof()).stage === 'observe') await send(10);
    await labelAll();
    await send(60);
    const waiting = await proof();
    assert.equal(waiting.labels.share, 1);
    assert.ok(waiting.labels.waiting > 0);
    assert.match(waiting.sentence, /wait for people’s labels|wait for people's labels/);
    assert.equal(waiting.certificate, null);
    const given = await labelAll();
    assert.ok(given > 20, `${given}`);
    const labelled = await proof();
    assert.equal(labelled.labels.waiting, 0);
    assert.ok(labelled.labels.judge_error.bias < -0.2, `${labelled.labels.judge_error.bias}`);
    assert.ok(labelled.labels.smallest_loss > 0);
    const rung = labelled.certificate?.rung ?? -1;
    assert.ok(rung < 14, `the judge alone would allow nearly all, people allow rung ${rung}`);
  });

  test('who asks is not told whose answers they are, and what they are not asked about is refused', async () => {
    await send(12);
    const { task } = (await yumen.api('/api/v1/labels/next')).body;
    assert.doesNotMatch(JSON.stringify(task), /qwen|gpt-4o|cheap|dear/);
    assert.match(task.request, /Where does the/);
    const post = async (body: object) =>
      (await yumen.api('/api/v1/labels', { method: 'POST', body: JSON.stringify(body) })).status;
    assert.equal(await post({ pair_id: 'pair_none', verdicts: [{ comparison: 'c1', better: 'same' }] }), 404);
    assert.equal(
      await post({ pair_id: task.pair_id, verdicts: [{ comparison: 'c9', better: 'same' }] }),
      400,
    );
    assert.equal(
      await post({ pair_id: task.pair_id, verdicts: [{ comparison: 'c1', better: 'left' }] }),
      400,
    );
    assert.equal(await post({ pair_id: task.pair_id, verdicts: [] }), 400);
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'other', role: 'admin' }),
    });
    const headers = { authorization: `Bearer ${made.body.secret}` };
    const other = (await yumen.api('/api/v1/labels/next', { headers })).body;
    assert.notEqual(other.task?.pair_id, task.pair_id, 'a pair is one person’s for a while');
    const caller = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'caller', role: 'caller' }),
    });
    const forbidden = { authorization: `Bearer ${caller.body.secret}` };
    assert.equal((await yumen.api('/api/v1/labels/next', { headers: forbidden })).status, 403);
  });

  test('where people see no loss the route is certified as corrected by them, also over a restart', async () => {
    wrongs = false;
    await yumen.api('/api/v1/routes/auto/retreat', {
      method: 'POST',
      body: JSON.stringify({ reason: 'The cheap model was replaced.' }),
    });
    for (let i = 0; i < 30 && (await proof()).policy === null; i++) await send(10);
    await send(40);
    const config = await import('node:fs').then(({ readFileSync }) =>
      readFileSync(`${yumen.folder}/yumen.yaml`, 'utf8'),
    );
    await yumen.stop();
    yumen = await startYumen(config, yumen.folder);
    for (let i = 0; i < 30 && (await proof()).stage !== 'certified'; i++) {
      await send(10);
      await labelAll();
    }
    const { certificate } = await proof();
    assert.equal(certificate.kind, 'human-corrected');
    assert.ok(certificate.evidence.anchors > 0);
    assert.ok(certificate.evidence.loss_bound <= 0.25 + 1e-9);
  });
});
