import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keptShare } from '../../src/proof/feedback/kept-share.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';
import { startThreeEnds, type ThreeEnds } from '../support/three-ends.ts';

describe('how much of an answer an edit leaves', () => {
  test('in words, and in characters where a script writes no words apart', () => {
    assert.equal(keptShare('one two three four', 'one  two three four'), 1);
    assert.equal(keptShare('one two three four', 'one two three five'), 0.75);
    assert.equal(keptShare('玉门关在西边', '玉门关在东边'), 5 / 6);
    assert.equal(keptShare('', ''), 1);
    assert.equal(keptShare('something', ''), 0);
    assert.ok(keptShare('word '.repeat(50_000), 'word '.repeat(50_000)) === 1);
  });
});

describe('feedback in words', () => {
  let ends: ThreeEnds;
  let yumen: TestGateway;

  before(async () => {
    ends = await startThreeEnds('The gate stands far to the west of here.');
    ends.cheap.setScript({ text: 'The gate stands far to the east of here.' });
    ends.judge.setScript({ text: 'TIE' });
    yumen = await startYumen(`${ends.head}
routes:
  auto:
    reference: dear/gpt-4o
    candidates: [cheap/qwen2.5-72b-instruct]
    mode: observe
    target: { quality: 0.9 }
    capture: pairs
    proof: { judges: [judge/claude-sonnet-4], share_max: 1 }
  silent: { reference: dear/gpt-4o, candidates: [cheap/qwen2.5-72b-instruct], mode: observe }
`);
  });
  after(async () => {
    await yumen.close();
    await ends.close();
  });

  async function ask(model: string): Promise<string> {
    const messages = [{ role: 'user', content: 'Where does the gate stand?' }];
    await (await yumen.post('/v1/chat/completions', { model, messages })).arrayBuffer();
    const { data } = (await yumen.api(`/api/v1/requests?limit=10&route=${model}`)).body;
    return data.find((one: Json) => one.service === undefined || one.service === null).id;
  }

  const give = (outcome: object) =>
    yumen.api('/api/v1/feedback', { method: 'POST', body: JSON.stringify({ outcomes: [outcome] }) });

  test('an edit of a pair’s answer teaches of all its models; it is kept with its comment', async () => {
    const request_id = await ask('auto');
    for (let wait = 0; wait < 100; wait++) {
      if ((await yumen.api('/api/v1/pairs?route=auto')).body.data.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const edit = 'The gate stands far to the west of here.';
    const taken = await give({ request_id, edit, comment: 'As I would have put it.' });
    assert.equal(taken.status, 200, JSON.stringify(taken.body));
    assert.equal(taken.body.added, 2);
    const { models } = (await yumen.api('/api/v1/feedback')).body;
    assert.equal(models.length, 2);
    const { data } = (await yumen.api('/api/v1/feedback/notes?route=auto')).body;
    assert.equal(data[0].edit, edit);
    assert.equal(data[0].comment, 'As I would have put it.');
    assert.equal(data[0].request_id, request_id);
  });

  test('without texts an edit needs a score, and is not kept; a comment alone is', async () => {
    const request_id = await ask('silent');
    const refused = await give({ request_id, edit: 'Other words.' });
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /capture/);
    assert.equal((await give({ request_id, edit: 'Other words.', score: 0.5 })).status, 200);
    assert.equal((await give({ request_id, comment: 'Too long.' })).status, 200);
    const { data } = (await yumen.api('/api/v1/feedback/notes?route=silent')).body;
    assert.deepEqual(
      data.map(({ edit, comment }: Json) => [edit, comment]),
      [[null, 'Too long.']],
    );
    assert.equal((await give({ request_id })).status, 400);
    assert.equal((await give({ request_id, score: 1, right: true })).status, 400);
  });
});
