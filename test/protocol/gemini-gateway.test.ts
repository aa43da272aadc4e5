import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { type Content, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { startYumen, testKey } from '../support/start-yumen.ts';

const google = await startFakeUpstream({ dialect: 'gemini', apiKey: 'k' });
const claude = await startFakeUpstream({ dialect: 'anthropic-messages' });
const yumen = await startYumen(`
providers:
  - { id: google, vendor: gemini, base_url: "${google.baseUrl}", api_key: k }
  - { id: claude, vendor: anthropic, base_url: "${claude.baseUrl}", api_key: k }
deployments:
  - { provider: google, model: gemini-3-pro, price: { input: 1, output: 2 } }
  - { provider: claude, model: sonnet, price: { input: 1, output: 2 } }
`);
after(async () => {
  await yumen.close();
  await Promise.all([google.close(), claude.close()]);
});

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const gemini = new GoogleGenAI({ apiKey: testKey, httpOptions: { baseUrl: yumen.url } });
const config = { tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: parameters }] }] };

async function read(model: string, contents: Content[]): Promise<GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  const stream = await gemini.models.generateContentStream({ model, contents, config });
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** What a client keeps of a streamed turn, and the answer to its call. */
function next(chunks: GenerateContentResponse[]): Content[] {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const call = parts.find((part) => part.functionCall !== undefined)!.functionCall!;
  return [
    { role: 'model', parts },
    {
      role: 'user',
      parts: [{ functionResponse: { id: call.id!, name: call.name!, response: { output: 'rain' } } }],
    },
  ];
}

test('a chat client streams from a Gemini upstream and goes on with its tool loop', async () => {
  const client = new OpenAI({ apiKey: testKey, baseURL: `${yumen.url}/v1` });
  const tools = [{ type: 'function' as const, function: { name: 'f', parameters } }];
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'x' }];
  const first = await client.chat.completions.create({ model: 'gemini-3-pro', messages, tools });
  const message = first.choices[0]!.message;
  messages.push(message, { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: 'rain' });
  const stream = client.chat.completions.stream({
    model: 'gemini-3-pro',
    messages,
    tools,
    stream_options: { include_usage: true },
  });
  const second = await stream.finalChatCompletion();
  assert.equal(second.choices[0]!.message.content, 'This is the answer of gemini-3-pro.');
  const served = google.served.at(-1)!;
  assert.equal(second.usage?.completion_tokens, served.outputTokens);
  assert.equal(second.usage?.prompt_tokens, served.inputTokens);
  const sent = google.requests.at(-1)!.body as { contents: Content[] };
  assert.equal(sent.contents[1]!.parts![0]!.thoughtSignature, 'c2lnbmF0dXJl');
});

test('a Messages client does the same', async () => {
  const client = new Anthropic({ apiKey: testKey, baseURL: yumen.url });
  const tools = [{ name: 'f', input_schema: { ...parameters, type: 'object' as const } }];
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'x' }];
  const ask = () =>
    client.messages.stream({ model: 'gemini-3-pro', max_tokens: 99, messages, tools }).finalMessage();
  const first = await ask();
  const use = first.content.find((block) => block.type === 'tool_use')!;
  messages.push({ role: 'assistant', content: first.content });
  messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'rain' }] });
  const second = await ask();
  assert.deepEqual(
    second.content.map((block) => block.type === 'text' && block.text),
    ['This is the answer of gemini-3-pro.'],
  );
  const sent = google.requests.at(-1)!.body as { contents: Content[] };
  assert.equal(sent.contents[1]!.parts![0]!.thoughtSignature, 'c2lnbmF0dXJl');
});

test('a Gemini client reads the upstream’s own chunks', async () => {
  const contents: Content[] = [{ role: 'user', parts: [{ text: 'x' }] }];
  contents.push(...next(await read('gemini-3-pro', contents)));
  const chunks = await read('gemini-3-pro', contents);
  assert.equal(chunks.map((chunk) => chunk.text ?? '').join(''), 'This is the answer of gemini-3-pro.');
  assert.equal(chunks.at(-1)?.usageMetadata?.candidatesTokenCount, google.served.at(-1)!.outputTokens);
  assert.deepEqual((google.requests.at(-1)!.body as { contents: unknown }).contents, contents);
});

test('a Gemini client goes from Claude to a Gemini model within a tool loop', async () => {
  claude.setScript({ reasoning: ['hm'], toolCalls: [{ name: 'f', arguments: '{"city":"x"}' }] });
  const contents: Content[] = [{ role: 'user', parts: [{ text: 'x' }] }];
  contents.push(...next(await read('sonnet', contents)));
  claude.setScript({});
  assert.equal((await read('sonnet', contents)).length > 0, true);
  const told = claude.requests.at(-1)!.body as {
    messages: { content: { type: string; signature?: string }[] }[];
  };
  assert.deepEqual(
    [told.messages[1]!.content[0]!.type, told.messages[1]!.content[0]!.signature],
    ['thinking', 'c2lnbmF0dXJl'],
  );
  const chunks = await read('gemini-3-pro', contents);
  assert.equal(chunks.map((chunk) => chunk.text ?? '').join(''), 'This is the answer of gemini-3-pro.');
});

test('a stream that is cut before its finish ends in an error, one without usage does not', async () => {
  const contents: Content[] = [{ role: 'user', parts: [{ text: 'x' }] }];
  const text = ['a', 'b', 'c'];
  google.setScript({ text, cut: { how: 'end', afterChunks: 2 } });
  await assert.rejects(read('gemini-3-pro', contents), { name: 'ApiError', status: 502 });
  google.setScript({ text, usage: 'never' });
  const chunks = await read('gemini-3-pro', contents);
  assert.equal(chunks.map((chunk) => chunk.text ?? '').join(''), 'abc');
});
