import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const question = [{ role: 'user', content: 'Look.' }];

describe('what upstreams do that is nowhere documented', () => {
  let chat: FakeUpstream;
  let claude: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    chat = await startFakeUpstream({ dialect: 'openai-chat' });
    claude = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(
      [
        'providers:',
        `  - { id: engine, vendor: openai-compatible, api_key: k, base_url: "${chat.baseUrl}" }`,
        `  - { id: deepseek, vendor: deepseek, api_key: k, base_url: "${chat.baseUrl}" }`,
        `  - { id: claude, vendor: anthropic, api_key: k, base_url: "${claude.baseUrl}" }`,
        'deployments:',
        '  - { provider: engine, model: plain, price: { input: 1, output: 1 } }',
        '  - { provider: claude, model: sonnet, price: { input: 1, output: 1 } }',
      ].join('\n'),
    );
  });
  after(async () => {
    await yumen.close();
    await Promise.all([chat.close(), claude.close()]);
  });

  const ask = async (path: string, body: object): Promise<{ status: number; body: Json }> => {
    const response = await yumen.post(path, body);
    return { status: response.status, body: await response.json() };
  };

  test('a refusal of the request under a 200 is the client’s to mend: not repeated, and no sign of an ill deployment', async () => {
    const error = { message: 'unknown tool type', type: 'invalid_request_error' };
    chat.setScript({ body: { error } });
    const before = chat.requests.length;
    for (let i = 0; i < 12; i++) {
      const { status, body } = await ask('/v1/chat/completions', { model: 'plain', messages: question });
      assert.deepEqual([status, body.error.message], [400, 'unknown tool type']);
    }
    assert.equal(chat.requests.length - before, 12);
    chat.setScript({ body: { error: { message: 'slow down', code: 429 } } });
    const { status } = await ask('/v1/chat/completions', { model: 'plain', messages: question });
    assert.equal(status, 429);
  });

  test('calls without an id get one that no other turn has', async () => {
    const answer = (id: string): object => ({
      id,
      object: 'chat.completion',
      model: 'plain',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] },
          finish_reason: 'tool_calls',
        },
      ],
    });
    const ids: string[] = [];
    for (const id of ['chatcmpl-aaa', 'chatcmpl-bbb']) {
      chat.setScript({ body: answer(id) });
      const asked = { model: 'plain', max_tokens: 100, messages: question };
      ids.push((await ask('/v1/messages', asked)).body.content[0].id);
    }
    assert.deepEqual(ids, ['call_chatcmplaaa_0', 'call_chatcmplbbb_0']);
  });

  test('a long id in a call passes through the gateway digit by digit, there and back', async () => {
    const id = '12345678901234567890';
    const input = `{"type":"tool_use","id":"toolu_1","name":"f","input":{"id":${id}}}`;
    claude.setScript({
      body: `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[${input}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`,
    });
    const { body } = await ask('/v1/chat/completions', { model: 'sonnet', messages: question });
    const call = body.choices[0].message.tool_calls[0];
    assert.equal(call.function.arguments, `{"id":${id}}`);
    claude.setScript({});
    const result = { role: 'tool', tool_call_id: call.id, content: 'sand' };
    const messages = [...question, { role: 'assistant', tool_calls: [call] }, result];
    await ask('/v1/chat/completions', { model: 'sonnet', messages });
    assert.match(claude.requests.at(-1)!.bytes.toString(), new RegExp(`"input":{"id":${id}}`));
  });

  test('ids that are counted from 0 in every conversation do not bring one conversation’s thinking into another', async () => {
    const model = 'deepseek/deepseek-v4-pro';
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
    const call = { id: 'functions.look:0', name: 'look', arguments: '{}' };
    const next = (text: string) => [
      { role: 'user', content: text },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: call.id, type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: call.id, content: 'sand' },
    ];
    chat.setScript([{ reasoning: ['Of Ann.'], toolCalls: [call] }, { text: 'Sand.' }, { text: 'Sand.' }]);
    await ask('/v1/chat/completions', { model, tools, messages: [{ role: 'user', content: 'I am Ann.' }] });
    await ask('/v1/chat/completions', { model, tools, messages: next('I am Bob.') });
    const others = chat.requests.at(-1)!.body as Json;
    assert.equal(others.messages[1].reasoning_content, undefined);
    await ask('/v1/chat/completions', { model, tools, messages: next('I am Ann.') });
    const own = chat.requests.at(-1)!.body as Json;
    assert.equal(own.messages[1].reasoning_content, 'Of Ann.');
  });
});

test('a key with a budget cannot send beyond the last size with a known price as if it were free', async () => {
  const chat = await startFakeUpstream({ dialect: 'openai-chat' });
  const yumen = await startYumen(
    [
      'providers:',
      `  - { id: q, vendor: dashscope, region: cn-beijing, api_key: k, base_url: "${chat.baseUrl}" }`,
    ].join('\n'),
  );
  try {
    const made = await yumen.api('/api/v1/keys', {
      method: 'POST',
      body: JSON.stringify({ name: 'poor', limits: { budget_usd_per_day: 0.000001 } }),
    });
    const response = await yumen.post(
      '/v1/chat/completions',
      { model: 'q/qwen-plus', messages: [{ role: 'user', content: 'long '.repeat(40_000) }], max_tokens: 10 },
      { authorization: `Bearer ${made.body.key ?? made.body.secret}` },
    );
    assert.equal(response.status, 402, await response.text());
    assert.equal(chat.requests.length, 0);
  } finally {
    await yumen.close();
    await chat.close();
  }
});
