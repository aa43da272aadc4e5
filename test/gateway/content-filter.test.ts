import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const ask = { messages: [{ role: 'user', content: 'Say something.' }], max_tokens: 200 };
const filtered = {
  status: 400,
  error: { code: 'data_inspection_failed', message: 'Input text data may contain inappropriate content.' },
};

describe('after a content filter or a refusal', () => {
  let qwen: FakeUpstream;
  let claude: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    qwen = await startFakeUpstream({ dialect: 'openai-chat' });
    claude = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(
      [
        'providers:',
        `  - { id: qwen-a, vendor: dashscope, api_key: k, base_url: "${qwen.baseUrl}", region: cn-beijing }`,
        `  - { id: qwen-b, vendor: dashscope, api_key: k, base_url: "${qwen.baseUrl}", region: cn-beijing }`,
        `  - { id: claude, vendor: anthropic, api_key: k, base_url: "${claude.baseUrl}" }`,
        'routes:',
        '  stays: { reference: qwen-a/qwen-plus, candidates: [qwen-a/qwen-plus, qwen-b/qwen-plus, claude/claude-haiku-4-5], mode: observe }',
        '  moves: { reference: qwen-a/qwen-plus, candidates: [qwen-a/qwen-plus, qwen-b/qwen-plus, claude/claude-haiku-4-5], mode: observe, content_filter: next }',
      ].join('\n'),
    );
  });
  after(async () => {
    await yumen.close();
    await qwen.close();
    await claude.close();
  });
  beforeEach(() => {
    qwen.requests.length = 0;
    qwen.served.length = 0;
    claude.setScript({ text: 'From elsewhere.' });
  });

  async function send(model: string, stream = false) {
    const response = await yumen.post('/v1/chat/completions', { model, stream, ...ask });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  test('the client is told where the route says nothing, and nobody else is asked', async () => {
    qwen.setScript(filtered);
    const { status, text } = await send('stays');
    assert.equal(status, 400);
    assert.equal((JSON.parse(text) as Json).error.code, 'content_filter');
    assert.equal(qwen.requests.length, 1);
  });

  for (const stream of [false, true]) {
    test(`another vendor is asked at once, never the same one again, where the route allows it${stream ? ', streamed' : ''}`, async () => {
      qwen.setScript(filtered);
      const { status, text, headers } = await send('moves', stream);
      assert.equal(status, 200, text);
      assert.match(text, /elsewhere/);
      assert.equal(headers.get('x-yumen-deployment'), 'claude/claude-haiku-4-5');
      assert.equal(qwen.requests.length, 1);
    });

    test(`an answer that the filter emptied moves on too${stream ? ', streamed' : ''}, and both calls are on record`, async () => {
      qwen.setScript({ text: '', finish: 'content_filter' });
      const { text, headers } = await send('moves', stream);
      assert.match(text, /elsewhere/);
      const { body } = await yumen.api(`/api/v1/requests/${headers.get('x-request-id')}`);
      assert.deepEqual(
        body.attempts.map((attempt: Json) => attempt.deployment),
        ['qwen-a/qwen-plus', 'claude/claude-haiku-4-5'],
      );
    });
  }

  test('a refusal of the model moves on, and reaches the client where nobody is left', async () => {
    qwen.setScript({ refusal: 'I cannot.' });
    assert.match((await send('moves')).text, /elsewhere/);
    claude.setScript({ refusal: 'Nor can I.' });
    const { status, text } = await send('moves');
    assert.equal(status, 200);
    assert.match(text, /Nor can I/);
  });
});
