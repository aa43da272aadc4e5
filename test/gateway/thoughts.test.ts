import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type Json, startYumen, type TestGateway } from '../support/start-yumen.ts';

const tools = [
  { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
];
const toolUse = [{ name: 'look', input_schema: { type: 'object', properties: {} } }];
const thinks = { reasoning: ['H', 'm.'], toolCalls: [{ id: 'call_1', name: 'look', arguments: '{}' }] };

/** A conversation in which the client dropped what the model thought before it called the tool. */
function afterTheCall(id = 'call_1') {
  return [
    { role: 'user', content: 'Look.' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: id, content: 'sand' },
  ];
}

describe('thinking that clients drop', () => {
  let chat: FakeUpstream;
  let messages: FakeUpstream;
  let yumen: TestGateway;

  before(async () => {
    chat = await startFakeUpstream({ dialect: 'openai-chat' });
    messages = await startFakeUpstream({ dialect: 'anthropic-messages' });
    yumen = await startYumen(
      [
        'providers:',
        `  - { id: deepseek, vendor: deepseek, api_key: k, base_url: "${chat.baseUrl}" }`,
        `  - { id: openai, vendor: openai, api_key: k, base_url: "${chat.baseUrl}" }`,
        `  - { id: anthropic, vendor: anthropic, api_key: k, base_url: "${messages.baseUrl}" }`,
      ].join('\n'),
    );
  });
  after(async () => {
    await yumen.close();
    await chat.close();
    await messages.close();
  });

  const lastSent = (upstream: FakeUpstream): Json => upstream.requests.at(-1)!.body;

  for (const stream of [false, true]) {
    test(`is put back where the vendor wants it, in a body that passes${stream ? ', after a stream' : ''}`, async () => {
      chat.setScript([thinks, { text: 'Sand.' }]);
      const model = 'deepseek/deepseek-v4-pro';
      await (
        await yumen.post('/v1/chat/completions', {
          model,
          tools,
          stream,
          messages: [{ role: 'user', content: 'Look.' }],
        })
      ).text();
      const answer = await yumen.post('/v1/chat/completions', { model, tools, messages: afterTheCall() });
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(lastSent(chat).messages[1].reasoning_content, 'Hm.');
    });

    test(`is put back with its signature in a translation${stream ? ', after a stream' : ''}`, async () => {
      messages.setScript([thinks, { text: 'Sand.' }]);
      const model = 'anthropic/claude-haiku-4-5';
      const asked = { model, tools, stream, reasoning_effort: 'low', max_tokens: 8000 };
      await (
        await yumen.post('/v1/chat/completions', { ...asked, messages: [{ role: 'user', content: 'Look.' }] })
      ).text();
      await (await yumen.post('/v1/chat/completions', { ...asked, messages: afterTheCall() })).text();
      const sent = lastSent(messages);
      assert.deepEqual(
        sent.messages[1].content.map((block: Json) => [block.type, block.signature]),
        [
          ['thinking', 'c2lnbmF0dXJl'],
          ['tool_use', undefined],
        ],
      );
    });
  }

  test('takes the place of the bare text that a client without signatures sends back', async () => {
    messages.setScript([thinks, { text: 'Sand.' }]);
    const asked = { model: 'anthropic/claude-haiku-4-5', tools, reasoning_effort: 'low', max_tokens: 8000 };
    await (
      await yumen.post('/v1/chat/completions', { ...asked, messages: [{ role: 'user', content: 'Look.' }] })
    ).text();
    const [user, call, result] = afterTheCall();
    const echoed = [user, { ...call, reasoning_content: 'Hm.' }, result];
    const answer = await yumen.post('/v1/chat/completions', { ...asked, messages: echoed });
    assert.equal(answer.headers.get('x-yumen-dropped-params'), null);
    assert.deepEqual(
      lastSent(messages).messages[1].content.map((block: Json) => [block.type, block.signature]),
      [
        ['thinking', 'c2lnbmF0dXJl'],
        ['tool_use', undefined],
      ],
    );
  });

  test('is left as the client sent it where nobody signed it', async () => {
    chat.setScript([thinks, { text: 'Sand.' }]);
    const asked = { model: 'deepseek/deepseek-v4-pro', max_tokens: 8000, tools: toolUse };
    await (
      await yumen.post('/v1/messages', { ...asked, messages: [{ role: 'user', content: 'Look.' }] })
    ).text();
    const content = [
      { type: 'thinking', thinking: 'Mine.' },
      { type: 'tool_use', id: 'call_1', name: 'look', input: {} },
    ];
    await (
      await yumen.post('/v1/messages', {
        ...asked,
        messages: [
          { role: 'user', content: 'Look.' },
          { role: 'assistant', content },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'sand' }] },
        ],
      })
    ).text();
    assert.equal(lastSent(chat).messages[1].reasoning_content, 'Mine.');
  });

  test('is put back into a Messages body that passes', async () => {
    messages.setScript([thinks, { text: 'Sand.' }]);
    const asked = {
      model: 'anthropic/claude-haiku-4-5',
      max_tokens: 8000,
      tools: toolUse,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    };
    const question = { role: 'user', content: 'Look.' };
    const first: Json = await (await yumen.post('/v1/messages', { ...asked, messages: [question] })).json();
    const call = first.content.find((block: Json) => block.type === 'tool_use');
    const result = {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sand' }],
    };
    await (
      await yumen.post('/v1/messages', {
        ...asked,
        messages: [question, { role: 'assistant', content: [call] }, result],
      })
    ).text();
    assert.deepEqual(
      lastSent(messages).messages[1].content.map((block: Json) => block.type),
      ['thinking', 'tool_use'],
    );
  });

  test('is not added for vendors that refuse the field, nor kept where the client forbids it', async () => {
    chat.setScript([thinks, { text: 'Sand.' }, thinks, { text: 'Sand.' }]);
    const first = { tools, messages: [{ role: 'user', content: 'Look.' }] };
    await (await yumen.post('/v1/chat/completions', { model: 'openai/gpt-5.5', ...first })).text();
    const next = { model: 'openai/gpt-5.5', tools, messages: afterTheCall() };
    await (await yumen.post('/v1/chat/completions', next)).text();
    assert.equal('reasoning_content' in lastSent(chat).messages[1], false);
    const secret = { 'x-yumen-no-store': 'true' };
    const model = 'deepseek/deepseek-v4-pro';
    chat.setScript([
      { ...thinks, toolCalls: [{ id: 'call_9', name: 'look', arguments: '{}' }] },
      { text: 'Sand.' },
    ]);
    await (await yumen.post('/v1/chat/completions', { model, ...first }, secret)).text();
    await (
      await yumen.post('/v1/chat/completions', { model, tools, messages: afterTheCall('call_9') })
    ).text();
    assert.equal('reasoning_content' in lastSent(chat).messages[1], false);
  });
});
