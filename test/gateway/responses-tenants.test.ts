import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { TestSocket } from '../support/responses-socket.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const model = 'one/gpt-5';

describe('What a provider keeps in the account that all tenants share', () => {
  let upstream: FakeUpstream;
  let yumen: TestGateway;
  let ours: string;
  let theirs: string;
  before(async () => {
    upstream = await startFakeUpstream({ dialect: 'openai-responses' });
    yumen = await startYumen(`
providers:
  - { id: one, vendor: openai, api_key: sk-1, base_url: "${upstream.baseUrl}" }
`);
    ours = await keyOf('ours');
    theirs = await keyOf('theirs');
  });
  after(async () => {
    await yumen.close();
    await upstream.close();
  });

  async function keyOf(project: string): Promise<string> {
    const { body } = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: project, role: 'caller', project }),
    });
    return body.secret;
  }

  async function asked(key: string, body: object, path = '/v1/responses'): Promise<Json> {
    const before = upstream.requests.length;
    const answer = await yumen.post(path, { model, ...body }, { authorization: `Bearer ${key}` });
    const document: Json = await answer.json();
    return { ...document, status: answer.status, calls: upstream.requests.length - before };
  }

  it('another tenant neither goes on from a response nor refers to its items, and the provider is not asked', async () => {
    const { id, output } = await asked(ours, { input: 'A secret.' });
    const next = await asked(theirs, { previous_response_id: id, input: 'Which?' });
    assert.deepEqual([next.status, next.error.code, next.calls], [400, 'previous_response_not_found', 0]);
    const reference = { type: 'item_reference', id: output[0].id };
    const referring = await asked(theirs, { input: [reference, { role: 'user', content: 'Which?' }] });
    assert.deepEqual([referring.status, referring.error.param, referring.calls], [400, 'input', 0]);
    const compacting = await asked(theirs, { previous_response_id: id }, '/v1/responses/compact');
    assert.deepEqual([compacting.status, compacting.calls], [400, 0]);
    assert.equal((await asked(ours, { previous_response_id: id, input: 'Which?' })).status, 200);
  });

  it('nor over a connection, stored or not', async () => {
    const { id, output } = await asked(ours, { input: 'A secret.' });
    const socket = await TestSocket.open({ url: yumen.url, key: theirs });
    for (const store of [true, false]) {
      for (const input of [
        { previous_response_id: id },
        { input: [{ type: 'item_reference', id: output[0].id }] },
      ]) {
        socket.ask({ model, input: 'Which?', ...input, store });
        const last = (await socket.turn()).messages.at(-1);
        assert.deepEqual([last.type, last.status], ['error', 400]);
      }
    }
    await socket.close();
  });

  it('a deleted response is not gone on from, although the provider still has it', async () => {
    const { id, output } = await asked(ours, { input: 'Hello' });
    await yumen.api(`/v1/responses/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ours}` },
    });
    const next = await asked(ours, { previous_response_id: id, input: 'On' });
    assert.deepEqual([next.status, next.calls], [400, 0]);
    const referring = await asked(ours, { input: [{ type: 'item_reference', id: output[0].id }] });
    assert.deepEqual([referring.status, referring.calls], [400, 0]);
  });
});
