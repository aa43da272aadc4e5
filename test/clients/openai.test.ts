import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { type Json, testKey } from '../support/start-yumen.ts';
import { openai } from './kinds/openai.ts';
import { type ScriptedStage, type Stage, startScripted } from './support/stage.ts';
import { testClient } from './support/suite.ts';

testClient(openai);

describe('openai SDK, more', () => {
  let stages: ScriptedStage[] = [];
  let translated: ScriptedStage;
  let direct: ScriptedStage;
  before(async () => {
    direct = await startScripted(openai, 'openai-chat');
    translated = await startScripted(openai, 'anthropic-messages');
    stages = [direct, translated];
  });
  after(() => Promise.all(stages.map((stage) => stage.close())));

  const clientOf = (stage: Stage): OpenAI =>
    new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: testKey });
  const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }];
  const weather: OpenAI.ChatCompletionFunctionTool = {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  };

  test('the stream helper tells of content and tool calls as they grow, and of the whole', async () => {
    for (const stage of stages) {
      stage.play({
        text: ['Let me ', 'look.'],
        toolCalls: [
          { id: 'toolu_1', name: 'get_weather', arguments: ['{"city":', '"Paris"}'] },
          { id: 'toolu_2', name: 'get_weather', arguments: ['{"city":"Bri', 'e"}'] },
        ],
      });
      const stream = clientOf(stage).chat.completions.stream({
        model: stage.model,
        messages: hello,
        tools: [weather],
        stream_options: { include_usage: true },
      });
      const content: string[] = [];
      const growth: string[] = [];
      stream.on('content', (delta) => content.push(delta));
      stream.on('tool_calls.function.arguments.delta', ({ index, arguments: soFar }) =>
        growth.push(`${index} ${soFar}`),
      );
      const whole = await stream.finalChatCompletion();
      assert.deepEqual(content, ['Let me ', 'look.']);
      assert.deepEqual(
        growth.filter((line) => !/ $/.test(line)),
        ['0 {"city":', '0 {"city":"Paris"}', '1 {"city":"Bri', '1 {"city":"Brie"}'],
      );
      assert.equal(whole.choices[0]!.finish_reason, 'tool_calls');
      assert.deepEqual(
        whole.choices[0]!.message.tool_calls?.map((call) => call.id),
        ['toolu_1', 'toolu_2'],
      );
      assert.equal(whole.usage?.total_tokens, whole.usage!.prompt_tokens + whole.usage!.completion_tokens);
    }
  });

  test('a stream without include_usage has no usage and no chunk without a choice', async () => {
    for (const stage of stages) {
      stage.play({ text: ['a', 'b'] });
      const stream = await clientOf(stage).chat.completions.create({
        model: stage.model,
        messages: hello,
        stream: true,
      });
      for await (const chunk of stream) {
        assert.equal(chunk.choices.length, 1);
        assert.equal(chunk.usage ?? null, null);
      }
    }
  });

  test('signed thinking survives a tool loop when the message is sent back as it came', async () => {
    const { completions } = clientOf(translated).chat;
    translated.play([
      {
        reasoning: 'Hm.',
        toolCalls: [{ id: 'toolu_1', name: 'get_weather', arguments: '{"city":"Paris"}' }],
      },
      { text: 'Fine.' },
    ]);
    const body = { model: translated.thinkingModel, tools: [weather], reasoning_effort: 'low' as const };
    const first = await completions.create({ ...body, messages: hello });
    await completions.create({
      ...body,
      messages: [
        ...hello,
        first.choices[0]!.message,
        { role: 'tool', tool_call_id: 'toolu_1', content: '21' },
      ],
    });
    const sent = translated.upstream.requests.at(-1)!.body as Json;
    assert.deepEqual(
      sent.messages[1].content.map((block: Json) => block.type),
      ['thinking', 'tool_use'],
    );
    assert.equal(sent.messages[1].content[0].signature, 'c2lnbmF0dXJl');
  });

  test('a refusal is a refusal of its dialect, and a filtered answer where it comes from another', async () => {
    direct.play({ refusal: 'I cannot.' });
    const own = await clientOf(direct).chat.completions.create({ model: direct.model, messages: hello });
    assert.equal(own.choices[0]!.message.refusal, 'I cannot.');
    translated.play({ refusal: 'I cannot.' });
    const other = await clientOf(translated).chat.completions.create({
      model: translated.model,
      messages: hello,
    });
    assert.equal(other.choices[0]!.finish_reason, 'content_filter');
    assert.equal(other.choices[0]!.message.content, 'I cannot.');
  });

  test('every choice of tool reaches an Anthropic upstream in its words', async () => {
    translated.play({ text: 'Fine.' });
    const named = { type: 'function' as const, function: { name: 'get_weather' } };
    const cases: [OpenAI.ChatCompletionToolChoiceOption, unknown][] = [
      ['auto', { type: 'auto', disable_parallel_tool_use: true }],
      ['required', { type: 'any', disable_parallel_tool_use: true }],
      ['none', { type: 'none' }],
      [named, { type: 'tool', name: 'get_weather', disable_parallel_tool_use: true }],
    ];
    for (const [choice, expected] of cases) {
      await clientOf(translated).chat.completions.create({
        model: translated.model,
        messages: hello,
        tools: [weather],
        tool_choice: choice,
        parallel_tool_calls: false,
      });
      assert.deepEqual((translated.upstream.requests.at(-1)!.body as Json).tool_choice, expected);
    }
  });

  test('several choices and log probabilities pass through, and are named as dropped in a translation', async () => {
    const answer = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4o',
      choices: ['a', 'b'].map((content, index) => ({
        index,
        message: { role: 'assistant', content, refusal: null },
        logprobs: { content: [], refusal: null },
        finish_reason: 'stop',
      })),
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    };
    direct.play({ body: answer });
    const wish = { messages: hello, n: 2, logprobs: true };
    const both = await clientOf(direct).chat.completions.create({ model: direct.model, ...wish });
    assert.deepEqual(
      both.choices.map((choice) => choice.message.content),
      ['a', 'b'],
    );
    assert.deepEqual(both.choices[0]!.logprobs, { content: [], refusal: null });
    translated.play({ text: 'a' });
    const { data, response } = await clientOf(translated)
      .chat.completions.create({ model: translated.model, ...wish })
      .withResponse();
    assert.equal(data.choices.length, 1);
    assert.match(response.headers.get('x-yumen-dropped-params') ?? '', /logprobs/);
    assert.match(response.headers.get('x-yumen-dropped-params') ?? '', /\bn\b/);
  });

  test('errors have the SDK’s classes and our codes, and answers the id of the request', async () => {
    for (const stage of stages) {
      const { completions } = clientOf(stage).chat;
      const body = { model: stage.model, messages: hello };
      stage.play({ text: 'Fine.' });
      assert.match(String((await completions.create(body))._request_id), /^req_/);
      const stranger = new OpenAI({ baseURL: `${stage.gateway.url}/v1`, apiKey: 'yk-wrong' });
      await assert.rejects(stranger.chat.completions.create(body), OpenAI.AuthenticationError);
      await assert.rejects(completions.create({ ...body, model: 'gpt-9' }), (thrown) => {
        assert.ok(thrown instanceof OpenAI.NotFoundError);
        assert.deepEqual([thrown.code, thrown.param], ['model_not_found', 'model']);
        return true;
      });
      stage.play({ status: 400, error: { message: 'too long', code: 'context_length_exceeded' } });
      await assert.rejects(completions.create(body), OpenAI.BadRequestError);
    }
  });
});
