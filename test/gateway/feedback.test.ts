import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway, twoUpstreams } from '../support/start-yumen.ts';

const ask = 'What is the boiling point of nitrogen at sea level?';
const cheap = 'openai/gpt-4o-mini';

const routes = `
  callers:
    reference: openai/gpt-4o
    candidates: [openai/gpt-4o, openai/gpt-4o-mini]
    mode: assist
    feedback_from: callers
  untaught:
    reference: openai/gpt-4o
    candidates: [openai/gpt-4o, openai/gpt-4o-mini]
    mode: assist
    learn: off
`;

describe('feedback', () => {
  let openai: FakeUpstream;
  let anthropic: FakeUpstream;
  let yumen: TestGateway;
  let sessions = 0;

  before(async () => {
    openai = await startFakeUpstream({ dialect: 'openai-chat' });
    anthropic = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(twoUpstreams(openai, anthropic, routes));
  });
  after(async () => {
    await yumen.close();
    await openai.close();
    await anthropic.close();
  });

  const bodyOf = (model: string) => ({ model, messages: [{ role: 'user', content: ask }] });

  async function answered(model = 'auto', key?: string): Promise<string> {
    openai.setScript([{ text: '77 K' }]);
    const headers: { [name: string]: string } = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await yumen.post('/v1/chat/completions', bodyOf(model), headers);
    await response.text();
    return response.headers.get('x-request-id')!;
  }

  const give = (outcomes: Json, key?: string) =>
    yumen.api('/api/v1/feedback', {
      method: 'POST',
      body: JSON.stringify({ outcomes }),
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    });

  // A conversation of its own each time: within one, nobody who is expected to do worse takes over.
  const decided = async (model = 'auto'): Promise<Json> => {
    const headers = { 'x-yumen-session': `session-${sessions++}` };
    const body = JSON.stringify(bodyOf(model));
    return (await yumen.api('/api/v1/decide', { method: 'POST', body, headers })).body;
  };

  const candidate = (decision: Json, id: string): Json =>
    decision.candidates.find((one: Json) => one.candidate === id);

  const caller = async (name: string): Promise<string> =>
    (await yumen.api('/api/v1/keys', { method: 'POST', body: JSON.stringify({ name }) })).body.secret;

  test('counts in the very next decision, says so there, and is known after a restart', async () => {
    const before = candidate(await decided(), cheap);
    assert.doesNotMatch(before.evidence_cell, /own outcome/);
    for (let i = 0; i < 30; i++) {
      const id = await answered();
      const taken = await give([{ request_id: id, scores: { 'gpt-4o': 1, 'gpt-4o-mini': 0 } }]);
      assert.deepEqual(taken, { status: 200, body: { added: 2, changed: 0, unchanged: 0, rejected: [] } });
    }
    const decision = await decided();
    const worse = candidate(decision, cheap);
    assert.ok(worse.loss.mean > before.loss.mean + 0.2, `${before.loss.mean} → ${worse.loss.mean}`);
    assert.ok(worse.loss.high - worse.loss.low < before.loss.high - before.loss.low);
    assert.equal(worse.evidence, before.evidence + 30);
    assert.match(worse.evidence_cell, /30 own outcomes of this model/);
    const contribution = worse.contributions.find((one: Json) => one.feature === 'own-outcomes');
    assert.ok(Math.abs(contribution.effect - (worse.loss.mean - before.loss.mean)) < 1e-9);
    assert.equal(contribution.value, 30);
    // Nobody graded this one.
    assert.doesNotMatch(candidate(decision, 'anthropic/claude-haiku-4-5').evidence_cell, /own outcome/);

    const recorded = (await yumen.api(`/api/v1/requests/${await answered()}`)).body;
    assert.equal(candidate(recorded.decision, cheap).loss.mean, worse.loss.mean);
    const replayed = await yumen.api(`/api/v1/decisions/${recorded.decision.id}/replay`, {
      method: 'POST',
      body: '{}',
    });
    assert.deepEqual([replayed.status, replayed.body.differences], [200, []]);

    await yumen.stop();
    yumen = await startYumen(twoUpstreams(openai, anthropic, routes), yumen.folder);
    const again = candidate(await decided(), cheap);
    assert.ok(Math.abs(again.loss.mean - worse.loss.mean) < 1e-4, `${worse.loss.mean} → ${again.loss.mean}`);
    const learned = (await yumen.api('/api/v1/feedback')).body;
    assert.equal(learned.stored, 60);
    assert.deepEqual(learned.models.map(({ model, outcomes }: Json) => [model, outcomes]).sort(), [
      ['gpt-4o', 30],
      ['gpt-4o-mini', 30],
    ]);
    const shown = (await yumen.api('/api/v1/routes')).body.data.find((route: Json) => route.name === 'auto');
    assert.deepEqual(shown.own_outcomes, { 'gpt-4o': 30, 'gpt-4o-mini': 30 });
  });

  test('leaves a route with `learn: off` as it is', async () => {
    assert.doesNotMatch(candidate(await decided('untaught'), cheap).evidence_cell, /own outcome/);
    assert.match(candidate(await decided('callers'), cheap).evidence_cell, /own outcome/);
  });

  test('given twice counts once, and a new grade of the same source stands in for the old one', async () => {
    const request = await answered();
    const one = { request_id: request, model: 'anthropic/claude-haiku-4-5' };
    const name = 'anthropic/claude-haiku-4-5';
    assert.equal((await give([{ ...one, right: true }])).body.added, 1);
    const right = candidate(await decided(), name);
    assert.equal((await give([{ ...one, score: 1 }])).body.unchanged, 1);
    assert.deepEqual(candidate(await decided(), name), right);
    assert.equal((await give([{ ...one, right: false }])).body.changed, 1);
    const wrong = candidate(await decided(), name);
    assert.ok(wrong.quality.mean < right.quality.mean);
    assert.match(wrong.evidence_cell, /1 own outcome of this model/);
    assert.equal((await give([{ ...one, right: false, source: 'judge-2' }])).body.added, 1);
    assert.match(candidate(await decided(), name).evidence_cell, /2 own outcomes of this model/);
  });

  test('without a model grades the one that answered, and finds the request by its decision too', async () => {
    const record = (await yumen.api(`/api/v1/requests/${await answered()}`)).body;
    const learned = async () =>
      (await yumen.api('/api/v1/feedback')).body.models.find(
        ({ model }: Json) => model === record.served_model,
      ).outcomes;
    const before = await learned();
    const taken = await give([{ decision_id: record.decision_id, score: 0.5 }]);
    assert.equal(taken.body.added, 1);
    assert.equal(await learned(), before + 1);
    assert.equal((await give([{ request_id: record.id, score: 0.5 }])).body.unchanged, 1);
  });

  test('is refused with a sentence that says what would make it right', async () => {
    const id = await answered();
    const refused = async (outcome: Json, status: number, message: RegExp) => {
      const { status: actual, body } = await give([outcome]);
      assert.deepEqual([actual, message.test(body.error?.message)], [status, true], JSON.stringify(body));
    };
    await refused({ request_id: 'req_absent', score: 1 }, 404, /no request or decision with this id/);
    await refused({ request_id: id, score: 1, model: 'gpt-9' }, 400, /It was among openai\/gpt-4o/);
    await refused({ request_id: id, score: 2 }, 400, /outcomes\.0\.score/);
    await refused({ request_id: id }, 400, /give `score`, `right`, `scores`, `edit` or `comment`/);
    await refused({ score: 1 }, 400, /`request_id` or `decision_id`/);
    await refused({ request_id: id, scores: {} }, 400, /at least one model/);
    const many = Array.from({ length: 501 }, () => ({ request_id: id, score: 1 }));
    assert.equal((await give(many)).status, 400);
    // What is wrong with one does not keep out the others.
    const mixed = await give([
      { request_id: 'req_absent', score: 1 },
      { request_id: id, score: 1, source: 'mixed' },
    ]);
    assert.deepEqual(
      [mixed.status, mixed.body.added, mixed.body.rejected.map(({ index, code }: Json) => [index, code])],
      [200, 1, [[0, 'not_found']]],
    );
  });

  test('of a caller counts on its own requests alone, and where the route takes it', async () => {
    const mine = await caller('mine');
    const other = await caller('other');
    const id = await answered('callers', mine);
    assert.equal((await give([{ request_id: id, score: 1 }], other)).status, 404);
    assert.equal((await give([{ request_id: id, score: 1 }], mine)).body.added, 1);
    const guarded = await give([{ request_id: await answered('auto', mine), score: 1 }], mine);
    assert.equal(guarded.status, 403);
    assert.match(guarded.body.error.message, /feedback_from: callers/);
    const listed = await yumen.api('/api/v1/feedback', { headers: { authorization: `Bearer ${mine}` } });
    assert.equal(listed.status, 403);
  });
});
