import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { type Json, testKey } from '../support/start-yumen.ts';
import { anthropic } from './kinds/anthropic.ts';
import { weatherTool } from './support/questions.ts';
import { read } from './support/received.ts';
import { type ScriptedStage, type Stage, startScripted, startWithSandbox } from './support/stage.ts';
import { testClient } from './support/suite.ts';

testClient(anthropic);

describe('Anthropic SDK, more', () => {
  let stages: ScriptedStage[] = [];
  let translated: ScriptedStage;
  let direct: ScriptedStage;
  before(async () => {
    translated = await startScripted(anthropic, 'openai-chat');
    direct = await startScripted(anthropic, 'anthropic-messages');
    stages = [translated, direct];
  });
  after(() => Promise.all(stages.map((stage) => stage.close())));

  const clientOf = (stage: Stage): Anthropic =>
    new Anthropic({ baseURL: stage.gateway.url, apiKey: testKey });
  const hello: Anthropic.MessageParam[] = [{ role: 'user', content: 'Hi' }];

  const toolCall = {
    toolCalls: [{ id: 'toolu_1', name: 'get_weather', arguments: '{"city":"Paris","unit":"celsius"}' }],
  };

  /** The SDK's tool runner as it is without options: it asks the provider to hold the conversation. */
  async function runOverThread(stage: Stage): Promise<{ text: string; inputs: unknown[] }> {
    const weather = weatherTool();
    const last = await clientOf(stage).beta.messages.toolRunner({
      model: stage.model,
      max_tokens: 1000,
      system: 'Use tools.',
      messages: [{ role: 'user', content: 'Weather in Paris, in celsius?' }],
      tools: [betaZodTool({ ...weather, inputSchema: weather.input })],
    });
    const text = last.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return { text, inputs: weather.inputs };
  }

  test('a tool runner whose conversation nobody here holds goes on with all messages', async () => {
    translated.play([toolCall, { text: 'Fine.' }]);
    assert.deepEqual(await runOverThread(translated), {
      text: 'Fine.',
      inputs: [{ city: 'Paris', unit: 'celsius' }],
    });
    const received = read('openai-chat', translated.upstream.requests.at(-1));
    assert.equal(received.system, 'Use tools.');
    assert.deepEqual(received.prompts, ['Weather in Paris, in celsius?']);
    assert.equal(received.calls.length, 1);
    assert.equal(received.results.length, 1);

    const sandbox = await startWithSandbox(anthropic);
    try {
      assert.match((await runOverThread(sandbox)).text, /temperature: 22/);
    } finally {
      await sandbox.close();
    }
  });

  test('a tool runner whose conversation the provider holds sends only what is new', async () => {
    const threads: Json[] = [];
    direct.play((request) => {
      threads.push((request.body as Json).thread);
      return threads.length === 1 ? toolCall : { text: 'Fine.' };
    });
    assert.equal((await runOverThread(direct)).text, 'Fine.');
    assert.equal(threads[0].type, 'create');
    assert.equal(threads[1].type, 'continue');
    const last = direct.upstream.requests.at(-1)!;
    assert.match(String(last.headers['anthropic-beta']), /message-threads/);
    const received = read('anthropic-messages', last);
    assert.deepEqual([received.prompts, received.calls, received.results.length], [[], [], 1]);
  });

  test('a conversation that the provider has lost is sent again whole', async () => {
    const details = { error_code: 'thread_not_found' };
    const lost = { type: 'error', error: { type: 'not_found_error', message: 'no such thread', details } };
    direct.play([toolCall, { status: 404, body: lost }, { text: 'Fine.' }]);
    assert.equal((await runOverThread(direct)).text, 'Fine.');
    const received = read('anthropic-messages', direct.upstream.requests.at(-1));
    assert.deepEqual(received.prompts, ['Weather in Paris, in celsius?']);
    assert.equal(received.results.length, 1);
  });

  test('signed thinking is shown as it was signed, and returns to its provider', async () => {
    const client = clientOf(direct);
    direct.play([{ reasoning: 'Hm.', ...toolCall }, { text: 'Fine.' }]);
    const tools: Anthropic.Tool[] = [{ name: 'get_weather', input_schema: { type: 'object' } }];
    const body = { model: direct.thinkingModel, max_tokens: 4000, tools };
    const first = await client.messages.stream({ ...body, messages: hello }).finalMessage();
    const thinking = { type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmF0dXJl' };
    assert.deepEqual(first.content[0], thinking);
    await client.messages.create({
      ...body,
      messages: [
        ...hello,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '21' }] },
      ],
    });
    const sent = direct.upstream.requests.at(-1)!.body as Json;
    assert.deepEqual(sent.messages[1].content[0], thinking);
  });

  test('thinking of an upstream that signs nothing can be sent back', async () => {
    const client = clientOf(translated);
    translated.play([{ reasoning: 'Hm.', ...toolCall }, { text: 'Fine.' }]);
    const tools: Anthropic.Tool[] = [{ name: 'get_weather', input_schema: { type: 'object' } }];
    const body = { model: translated.thinkingModel, max_tokens: 4000, tools };
    const first = await client.messages.create({ ...body, messages: hello });
    assert.deepEqual(
      first.content.map((block) => block.type),
      ['thinking', 'tool_use'],
    );
    const second = await client.messages.create({
      ...body,
      messages: [
        ...hello,
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '21', is_error: true }],
        },
      ],
    });
    assert.equal(second.stop_reason, 'end_turn');
    const received = read('openai-chat', translated.upstream.requests.at(-1));
    assert.deepEqual(received.results, [{ id: 'toolu_1', text: 'Error: 21' }]);
  });

  test('a refusal is text that ends with the reason refusal', async () => {
    translated.play({ refusal: 'I cannot help with that.' });
    for (const stream of [false, true]) {
      const body = { model: translated.model, max_tokens: 100, messages: hello };
      const client = clientOf(translated);
      const answer = stream
        ? await client.messages.stream(body).finalMessage()
        : await client.messages.create(body);
      assert.equal(answer.stop_reason, 'refusal');
      assert.deepEqual(
        answer.content.map((block) => block.type === 'text' && block.text),
        ['I cannot help with that.'],
      );
    }
  });

  test('the stop sequence that matched is named where the upstream names it', async () => {
    direct.play({
      body: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: [{ type: 'text', text: 'One' }],
        stop_reason: 'stop_sequence',
        stop_sequence: 'END',
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    });
    const answer = await clientOf(direct).messages.create({
      model: direct.model,
      max_tokens: 100,
      stop_sequences: ['END'],
      messages: hello,
    });
    assert.deepEqual([answer.stop_reason, answer.stop_sequence], ['stop_sequence', 'END']);
  });

  test('every choice of tool reaches an OpenAI upstream in its words', async () => {
    translated.play({ text: 'Fine.' });
    const cases: [Anthropic.ToolChoice, unknown, boolean | undefined][] = [
      [{ type: 'auto' }, 'auto', undefined],
      [{ type: 'any', disable_parallel_tool_use: true }, 'required', false],
      [{ type: 'none' }, 'none', undefined],
      [
        { type: 'tool', name: 'get_weather' },
        { type: 'function', function: { name: 'get_weather' } },
        undefined,
      ],
    ];
    for (const [choice, expected, parallel] of cases) {
      await clientOf(translated).messages.create({
        model: translated.model,
        max_tokens: 100,
        messages: hello,
        tools: [{ name: 'get_weather', input_schema: { type: 'object' } }],
        tool_choice: choice,
      });
      const sent = translated.upstream.requests.at(-1)!.body as Json;
      assert.deepEqual([sent.tool_choice, sent.parallel_tool_calls], [expected, parallel]);
    }
  });

  test('errors have the SDK’s classes, and answers the id of the request', async () => {
    for (const stage of stages) {
      const client = clientOf(stage);
      const body = { model: stage.model, max_tokens: 100, messages: hello };
      stage.play({ text: 'Fine.' });
      assert.match(String((await client.messages.create(body))._request_id), /^req_/);
      const stranger = new Anthropic({ baseURL: stage.gateway.url, apiKey: 'yk-wrong' });
      await assert.rejects(stranger.messages.create(body), Anthropic.AuthenticationError);
      await assert.rejects(client.messages.create({ ...body, model: 'gpt-9' }), (thrown) => {
        assert.ok(thrown instanceof Anthropic.NotFoundError);
        assert.equal(thrown.type, 'not_found_error');
        assert.match(String(thrown.requestID), /^req_/);
        return true;
      });
      stage.play({ status: 400, error: { message: 'too long' } });
      await assert.rejects(client.messages.create(body), Anthropic.BadRequestError);
    }
  });
});
