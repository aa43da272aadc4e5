import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import {
  type ChatEvent,
  createSseFramer,
  dialects,
  type GatewayError,
  type JsonObject,
  parseJsonBody,
  type Usage,
} from '../../src/protocol/index.ts';
import { assertMessage, assertMessageStream } from './support/messages-grammar.ts';
import { openAiSchemas, schemaMissing } from './support/openai-schema.ts';
import { type Recording, recordedRequests, recordings, recordingsMissing } from './support/recordings.ts';
import { decodeStream, encodeStream, gather, gatherAnswer, identity } from './support/streams.ts';

const chat = dialects['openai-chat'];
const messages = dialects['anthropic-messages'];
const all = recordings();
const answers = all.filter(({ stream, status }) => !stream && status === 200);
const streams = all.filter(({ stream }) => stream);
const failures = all.filter(({ stream, status }) => !stream && status !== 200);

function body(recording: Recording): JsonObject {
  return parseJsonBody(recording.bytes);
}

/** Clean ends without a terminal event are the gateway's to judge; here the answer was whole. */
function ended(events: ChatEvent[]): ChatEvent[] {
  return events.some(({ type }) => type === 'end') ? events : [...events, { type: 'end' }];
}

function checkUsage(usage: Usage | undefined, { usage: truth, file: name, dialect }: Recording): void {
  if (truth === undefined) {
    assert.equal(usage, undefined, name);
    return;
  }
  assert.ok(usage !== undefined, name);
  const read = truth.cache_read ?? 0;
  const write = truth.cache_write ?? 0;
  // The index keeps each provider's own meaning: Messages and Converse count cached input apart, chat totals include all.
  const cachedApart = truth.total === undefined || dialect === 'bedrock-converse';
  const input = truth.input + (truth.tool_prompt ?? 0);
  assert.equal(usage.inputTokens, cachedApart ? truth.input + read + write : input, name);
  assert.equal(usage.outputTokens, cachedApart ? truth.output : truth.total! - input, name);
  assert.equal(usage.cacheReadTokens, read, name);
  assert.equal(usage.cacheWriteTokens, write, name);
  if (truth.reasoning !== undefined) assert.equal(usage.reasoningTokens, truth.reasoning, name);
}

function lastUsage(events: readonly ChatEvent[]): Usage | undefined {
  return events.findLast((event) => event.type === 'usage')?.usage;
}

describe('recorded responses', { skip: recordingsMissing }, () => {
  it('are all there', () => {
    assert.ok(answers.length >= 15);
    assert.ok(streams.length >= 25);
    assert.ok(failures.length >= 5);
  });

  for (const recording of answers) {
    it(`${recording.file}: is read with its true usage`, () => {
      const answer = dialects[recording.dialect].decodeAnswer(body(recording));
      checkUsage(answer.usage, recording);
      const gathered = gatherAnswer(answer);
      assert.ok(gathered.text !== '' || gathered.toolCalls.length > 0);
      if (recording.features.includes('tool-call')) assert.ok(gathered.toolCalls.length > 0);
      if (recording.features.includes('reasoning')) assert.ok(gathered.reasoning !== '');
      if (recording.features.includes('reasoning-signature')) assert.ok(gathered.signatures.length > 0);
    });
  }

  for (const recording of streams) {
    it(`${recording.file}: gives the same events whole and in 3-byte writes, with its true usage`, () => {
      const dialect = dialects[recording.dialect];
      const events = decodeStream(dialect, recording.bytes);
      assert.deepEqual(decodeStream(dialect, recording.bytes, 3), events);
      checkUsage(lastUsage(events), recording);
      const gathered = gather(events);
      assert.deepEqual(gathered.errors, []);
      assert.ok(gathered.text !== '' || gathered.toolCalls.length > 0);
      assert.ok(gathered.finish !== undefined);
      if (recording.features.includes('tool-call')) assert.ok(gathered.toolCalls.length > 0);
      if (recording.features.includes('reasoning'))
        assert.ok(gathered.reasoning !== '' || gathered.signatures.length > 0);
      if (recording.features.includes('redacted-thinking')) assert.ok(gathered.redacted.length > 0);
      for (const call of gathered.toolCalls) assert.ok(!('broken' in (call.arguments as object)));
      assert.equal(events.filter(({ type }) => type === 'start').length, 1);
      assert.equal(events.filter(({ type }) => type === 'finish').length, 1);
    });
  }

  for (const recording of failures) {
    it(`${recording.file}: the provider's message is read`, () => {
      const said = dialects[recording.dialect].decodeError(
        recording.status,
        JSON.parse(recording.bytes.toString()),
      );
      assert.equal(said.status, recording.status);
      assert.ok(said.message !== undefined && said.message.length > 10);
    });
  }

  it('are answers to requests that we read', () => {
    const requests = recordedRequests();
    assert.ok(requests.length >= 30);
    for (const { file, dialect, bytes } of requests) {
      const source = parseJsonBody(bytes);
      if (typeof source['model'] !== 'string' || source['messages'] === undefined) continue;
      const request = dialects[dialect].decodeRequest(source, bytes);
      for (const target of Object.values(dialects)) {
        const encoded = target.encodeRequest(request, {
          model: 'm',
          defaultMaxOutputTokens: 4096,
          maxTokensField: 'max_tokens',
          jsonSchema: true,
          reasoningControl: target === chat ? 'reasoning_effort' : 'adaptive-thinking',
        });
        const again = target.decodeRequest(JSON.parse(JSON.stringify(encoded.body)) as JsonObject, bytes, {
          model: 'm',
          stream: request.stream,
        });
        assert.equal(again.model, 'm', file);
      }
    }
  });
});

describe('recorded responses, translated', { skip: recordingsMissing }, () => {
  const validators =
    schemaMissing === false
      ? openAiSchemas(['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse', 'ErrorResponse'])
      : {};

  function valid(schema: string, value: unknown): void {
    const validate = validators[schema];
    if (validate === undefined) return;
    assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 3)));
  }

  it('are held to the published schema, which refuses what is wrong', { skip: schemaMissing }, () => {
    const validate = validators['CreateChatCompletionStreamResponse']!;
    assert.ok(!validate({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' }));
    assert.ok(!validate({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{}] }));
  });

  for (const recording of answers) {
    it(`${recording.file}: is a valid answer in both dialects`, () => {
      const answer = dialects[recording.dialect].decodeAnswer(body(recording));
      valid('CreateChatCompletionResponse', chat.encodeAnswer(answer, identity));
      assertMessage(messages.encodeAnswer(answer, identity));
    });
  }

  for (const recording of streams) {
    it(`${recording.file}: is a valid stream in both dialects and says the same to the official SDKs`, async () => {
      const events = ended(decodeStream(dialects[recording.dialect], recording.bytes));
      const gathered = gather(events);

      for (const includeUsage of [true, false]) {
        const bytes = encodeStream(chat, events, includeUsage);
        const frames = framesOf(bytes);
        assert.equal(frames.pop()?.data, '[DONE]');
        for (const frame of frames) valid('CreateChatCompletionStreamResponse', JSON.parse(frame.data!));
        const usageChunks = frames.filter((frame) => frame.data!.includes('"prompt_tokens"'));
        assert.equal(usageChunks.length, includeUsage && gathered.usage !== undefined ? 1 : 0);
      }
      const completion = await openAiCompletion(encodeStream(chat, events));
      assert.equal(completion.choices[0]!.message.content ?? '', gathered.text);
      const calls = completion.choices[0]!.message.tool_calls ?? [];
      assert.deepEqual(
        calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments)),
        gathered.toolCalls.map((call) => call.arguments),
      );
      assert.equal(completion.usage?.prompt_tokens, gathered.usage?.inputTokens);
      assert.equal(completion.usage?.completion_tokens, gathered.usage?.outputTokens);

      const bytes = encodeStream(messages, events);
      assertMessageStream(framesOf(bytes));
      const message = await anthropicMessage(bytes);
      const blocks = message.content;
      assert.equal(blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''), gathered.text);
      assert.equal(
        blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
        gathered.reasoning,
      );
      assert.deepEqual(
        blocks.flatMap((block) =>
          block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
        ),
        gathered.toolCalls.map((call) => ({ name: call.name, input: call.arguments })),
      );
      assert.equal(message.usage.output_tokens, gathered.usage?.outputTokens ?? 0);
      if (gathered.toolCalls.length > 0) assert.equal(message.stop_reason, 'tool_use');
    });
  }

  for (const recording of failures) {
    it(`${recording.file}: becomes an error that validates`, () => {
      const said = dialects[recording.dialect].decodeError(recording.status, body(recording));
      const failure = {
        code: 'upstream_rejected',
        message: said.message,
        status: recording.status,
        upstream: said,
      };
      valid('ErrorResponse', chat.encodeError(failure as GatewayError, 'req_01'));
    });
  }
});

function framesOf(bytes: Uint8Array) {
  const framer = createSseFramer();
  return [...framer.push(bytes), ...framer.end()];
}

/** The SDKs read our bytes through a fetch that answers with them; no socket is needed to test the format. */
function answering(bytes: Uint8Array): () => Promise<Response> {
  return async () =>
    new Response(Buffer.from(bytes), { status: 200, headers: { 'content-type': 'text/event-stream' } });
}

async function openAiCompletion(bytes: Uint8Array) {
  const client = new OpenAI({ apiKey: 'test', baseURL: 'http://127.0.0.1/v1', fetch: answering(bytes) });
  const stream = client.chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
    stream_options: { include_usage: true },
  });
  return stream.finalChatCompletion();
}

async function anthropicMessage(bytes: Uint8Array) {
  const client = new Anthropic({ apiKey: 'test', baseURL: 'http://127.0.0.1', fetch: answering(bytes) });
  const stream = client.messages.stream({
    model: 'm',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'x' }],
  });
  return stream.finalMessage();
}
