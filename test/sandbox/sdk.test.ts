import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';

const clock = { nowMs: () => 1_795_000_000_000, monotonicMs: () => 0 };
let sandbox: Sandbox;
let client: OpenAI;

before(async () => {
  sandbox = await startSandbox({
    seed: 1,
    clock,
    port: 0,
    speed: Number.POSITIVE_INFINITY,
    apiKey: 'sk-sandbox',
  });
  client = new OpenAI({ baseURL: sandbox.baseUrl, apiKey: 'sk-sandbox', maxRetries: 0 });
});

after(() => sandbox.close());

function user(content: string): OpenAI.ChatCompletionMessageParam[] {
  return [{ role: 'user', content }];
}

async function textOf(model: string, content: string): Promise<string> {
  const answer = await client.chat.completions.create({ model, messages: user(content) });
  return answer.choices[0]?.message.content ?? '';
}

const weather: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Current weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
  },
};

const search: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'search_documents',
    description: 'Search the documents',
    parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  },
};

test('the SDK lists the simulated models', async () => {
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['sandbox/frontier', 'sandbox/standard', 'sandbox/reasoner', 'sandbox/mini-open']);
  assert.equal((await client.models.retrieve('sandbox/frontier')).id, 'sandbox/frontier');
});

test('a chat answer says that it is simulated and echoes the ask, in the language of the ask', async () => {
  assert.match(
    await textOf('sandbox/standard', 'What is the Silk Road?'),
    /simulated.*What is the Silk Road\?/s,
  );
  assert.match(await textOf('sandbox/standard', '丝绸之路是什么？'), /模拟.*丝绸之路是什么/s);
  assert.match(await textOf('sandbox/standard', 'シルクロードとは何ですか？'), /模擬.*シルクロード/s);
  assert.match(await textOf('sandbox/standard', '실크로드가 무엇인가요?'), /모의.*실크로드/s);
});

test('the same request gives the same answer, and another seed may give another', async () => {
  const ask = { model: 'sandbox/frontier', messages: user('List three rivers') };
  const [first, second] = [
    await client.chat.completions.create(ask),
    await client.chat.completions.create(ask),
  ];
  assert.deepEqual(first.choices, second.choices);
  assert.equal(first.id, second.id);
  assert.equal(first.created, 1_795_000_000);
});

test('sums are right', async () => {
  for (const model of ['sandbox/frontier', 'sandbox/mini-open']) {
    assert.match(await textOf(model, 'What is 17*23?'), /= 391/);
  }
  assert.match(await textOf('sandbox/frontier', '17乘以23等于多少'), /= 391/);
  assert.match(await textOf('sandbox/frontier', 'Compute (2 + 3) * 4^2 / 5'), /= 16/);
});

test('a weak model slips on hard sums where a strong one does not', async () => {
  let strong = 0;
  let weak = 0;
  for (let index = 0; index < 40; index++) {
    const [a, b] = [10_007 + index * 991, 7_919 + index * 577];
    const ask = `What is ${a} * ${b} - ${index}?`;
    const right = `= ${a * b - index}`;
    if ((await textOf('sandbox/frontier', ask)).includes(right)) strong += 1;
    if ((await textOf('sandbox/mini-open', ask)).includes(right)) weak += 1;
  }
  assert.ok(strong >= 38, `strong model: ${strong} of 40`);
  assert.ok(weak > 0 && weak < 30, `weak model: ${weak} of 40`);
});

test('a stream carries the same text as the whole answer, with usage when asked', async () => {
  const ask = { model: 'sandbox/frontier', messages: user('Describe 敦煌 in two lines 🐫') };
  const whole = await client.chat.completions.create(ask);
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let finish: string | null = null;
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0]?.message.content);
  assert.equal(finish, 'stop');
  assert.equal(usage?.completion_tokens, whole.usage?.completion_tokens);
});

test('the SDK’s stream helper assembles text and tool calls', async () => {
  const runner = client.chat.completions.stream({
    model: 'sandbox/frontier',
    messages: user('What is the weather in Paris?'),
    tools: [weather],
  });
  const message = await runner.finalMessage();
  const call = message.tool_calls?.[0];
  assert.ok(call?.type === 'function');
  assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ['city', 'unit']);
});

test('a tool loop: the fitting tool is called with fitting arguments, and its result used', async () => {
  const messages = user('What is the weather in Paris, in celsius?');
  const first = await client.chat.completions.create({
    model: 'sandbox/frontier',
    messages,
    tools: [search, weather],
  });
  const call = first.choices[0]?.message.tool_calls?.[0];
  assert.equal(first.choices[0]?.finish_reason, 'tool_calls');
  assert.ok(call?.type === 'function');
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris', unit: 'celsius' });
  const second = await client.chat.completions.create({
    model: 'sandbox/frontier',
    messages: [
      ...messages,
      first.choices[0]!.message,
      { role: 'tool', tool_call_id: call.id, content: '{"temperature":21,"sky":"clear"}' },
    ],
    tools: [search, weather],
  });
  assert.equal(second.choices[0]?.finish_reason, 'stop');
  assert.match(second.choices[0]?.message.content ?? '', /temperature: 21/);
});

test('several cities are several parallel calls, unless the client forbids it or the model cannot', async () => {
  const ask = { model: 'sandbox/frontier', messages: user('Weather in Paris and Tokyo?'), tools: [weather] };
  const cities = async (extra: object) => {
    const answer = await client.chat.completions.create({ ...ask, ...extra });
    return answer.choices[0]?.message.tool_calls?.map((call) =>
      call.type === 'function' ? JSON.parse(call.function.arguments).city : undefined,
    );
  };
  assert.deepEqual(await cities({}), ['Paris', 'Tokyo']);
  assert.equal((await cities({ parallel_tool_calls: false }))?.length, 1);
  assert.equal((await cities({ model: 'sandbox/mini-open' }))?.length, 1);
  assert.deepEqual(await cities({ messages: user('北京和上海的天气怎么样？') }), ['北京', '上海']);
});

test('tool_choice is obeyed', async () => {
  const ask = { model: 'sandbox/standard', messages: user('Weather in Paris?'), tools: [weather, search] };
  const named = await client.chat.completions.create({
    ...ask,
    tool_choice: { type: 'function', function: { name: 'search_documents' } },
  });
  const call = named.choices[0]?.message.tool_calls?.[0];
  assert.ok(call?.type === 'function' && call.function.name === 'search_documents');
  const none = await client.chat.completions.create({ ...ask, tool_choice: 'none' });
  assert.equal(none.choices[0]?.message.tool_calls, undefined);
  const greeting = await client.chat.completions.create({ ...ask, messages: user('Hello!') });
  assert.equal(greeting.choices[0]?.message.tool_calls, undefined);
  const required = await client.chat.completions.create({
    ...ask,
    messages: user('Hello!'),
    tool_choice: 'required',
  });
  assert.equal(required.choices[0]?.message.tool_calls?.length, 1);
});

test('structured output validates against a zod schema', async () => {
  const person = z.object({
    name: z.string(),
    age: z.number().int().min(0).max(150),
    tags: z.array(z.enum(['a', 'b', 'c'])).min(1),
    address: z.object({ city: z.string(), zip: z.string().nullable() }),
    contact: z.union([
      z.object({ kind: z.literal('mail'), to: z.email() }),
      z.object({ kind: z.literal('none') }),
    ]),
  });
  const answer = await client.chat.completions.parse({
    model: 'sandbox/frontier',
    messages: user('Extract the person: Ada Lovelace, 36, of London.'),
    response_format: zodResponseFormat(person, 'person'),
  });
  const parsed = answer.choices[0]?.message.parsed;
  assert.equal(parsed?.name, 'Ada Lovelace');
  assert.equal(parsed?.age, 36);
});

test('JSON mode answers with an object that has the keys the prompt quotes', async () => {
  const answer = await client.chat.completions.create({
    model: 'sandbox/standard',
    messages: user('Give me JSON with "city" and "population" for Paris, 2102650 people.'),
    response_format: { type: 'json_object' },
  });
  assert.deepEqual(JSON.parse(answer.choices[0]?.message.content ?? ''), {
    city: 'Paris',
    population: 2102650,
  });
});

test('an image is acknowledged by format and size, and refused by models without eyes', async () => {
  const png =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: png } },
      ],
    },
  ];
  const answer = await client.chat.completions.create({ model: 'sandbox/frontier', messages });
  assert.match(answer.choices[0]?.message.content ?? '', /PNG, 1×1 px, 70 bytes/);
  await assert.rejects(
    client.chat.completions.create({ model: 'sandbox/mini-open', messages }),
    OpenAI.BadRequestError,
  );
  await assert.rejects(
    client.chat.completions.create({
      model: 'sandbox/frontier',
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/plain,hello' } }] },
      ],
    }),
    OpenAI.BadRequestError,
  );
});

test('a reasoning model sends its reasoning apart and counts it', async () => {
  const answer = await client.chat.completions.create({
    model: 'sandbox/reasoner',
    messages: user('Why is the sky blue?'),
  });
  const message = answer.choices[0]?.message as { content: string; reasoning_content?: string };
  assert.match(message.reasoning_content ?? '', /simulation/);
  const reasoned = answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0;
  assert.ok(reasoned > 0 && reasoned < (answer.usage?.completion_tokens ?? 0));
  const ask = { model: 'sandbox/frontier', messages: user('Why is the sky blue?') };
  const off = await client.chat.completions.create(ask);
  const high = await client.chat.completions.create({ ...ask, reasoning_effort: 'high' });
  assert.equal(off.usage?.completion_tokens_details?.reasoning_tokens, 0);
  assert.ok((high.usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0);
});

test('usage adds up, and a repeated beginning is reported as cached', async () => {
  const long = 'The Jade Gate stands west of Dunhuang. '.repeat(60);
  const ask = { model: 'sandbox/frontier', messages: user(`${long} First question?`) };
  const first = await client.chat.completions.create(ask);
  const again = await client.chat.completions.create({ ...ask, messages: user(`${long} Second question?`) });
  assert.equal(first.usage?.prompt_tokens_details?.cached_tokens, 0);
  const cached = again.usage?.prompt_tokens_details?.cached_tokens ?? 0;
  assert.ok(cached > 500 && cached <= (again.usage?.prompt_tokens ?? 0), `cached ${cached}`);
  assert.equal(
    again.usage?.total_tokens,
    (again.usage?.prompt_tokens ?? 0) + (again.usage?.completion_tokens ?? 0),
  );
});

test('max_tokens truncates with finish_reason length, and stop sequences end the text before them', async () => {
  const ask = { model: 'sandbox/standard', messages: user('Tell me a story') };
  const short = await client.chat.completions.create({ ...ask, max_completion_tokens: 5 });
  assert.equal(short.choices[0]?.finish_reason, 'length');
  assert.equal(short.usage?.completion_tokens, 5);
  const stopped = await client.chat.completions.create({ ...ask, stop: ['simulated'] });
  assert.equal(stopped.choices[0]?.finish_reason, 'stop');
  assert.equal(stopped.choices[0]?.message.content, 'This is a ');
});

test('mistakes get errors in OpenAI’s form', async () => {
  const ask = { model: 'sandbox/standard', messages: user('Hi') };
  await assert.rejects(client.chat.completions.create({ ...ask, model: 'gpt-9' }), (error: unknown) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
    return true;
  });
  await assert.rejects(client.chat.completions.create({ ...ask, messages: [] }), (error: unknown) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'messages');
    return true;
  });
  const stranger = new OpenAI({ baseURL: sandbox.baseUrl, apiKey: 'sk-wrong', maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create(ask), OpenAI.AuthenticationError);
  await assert.rejects(
    client.chat.completions.create({
      ...ask,
      model: 'sandbox/mini-open',
      messages: user('word '.repeat(40_000)),
    }),
    (error: unknown) => error instanceof OpenAI.BadRequestError && error.code === 'context_length_exceeded',
  );
});
