import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type GenerateContentResponse, GoogleGenAI, type Part as GooglePart } from '@google/genai';
import {
  type ChatEvent,
  createSseFramer,
  dialects,
  GatewayError,
  type JsonObject,
  parseJsonBody,
} from '../../src/protocol/index.ts';
import { recordedRequests, recordings, recordingsMissing } from './support/recordings.ts';
import { decodeStream, encodeStream, gather, gatherAnswer, identity } from './support/streams.ts';

const { gemini } = dialects;
const all = recordings();
const answers = all.filter(({ stream, status }) => !stream && status === 200);
const streams = all.filter(({ stream }) => stream);

/** Cuts of a large recording are tried at this distance; all of a small one. */
const cutsMax = 10_000;

describe('recorded Gemini responses', { skip: recordingsMissing }, () => {
  for (const { file, bytes } of streams.filter(({ dialect }) => dialect === 'gemini')) {
    it(`${file}: gives the same events byte by byte and cut in two anywhere`, () => {
      const events = decodeStream(gemini, bytes);
      assert.deepEqual(decodeStream(gemini, bytes, 1), events);
      const step = Math.ceil(bytes.length / cutsMax);
      for (let cut = 1; cut < bytes.length; cut += step) assert.deepEqual(cutInTwo(bytes, cut), events);
    });
  }

  it('keep the signature of every call, where a client of another dialect can send it back', () => {
    const signed = streams.filter(
      ({ dialect, features }) =>
        dialect === 'gemini' && features.includes('tool-call') && features.includes('reasoning-signature'),
    );
    assert.ok(signed.length >= 2);
    for (const { bytes } of signed) {
      const events = decodeStream(gemini, bytes);
      const call = events.find((event) => event.type === 'tool-call');
      assert.ok(call?.signature !== undefined && bytes.includes(call.signature));
      const thought = events.findLast((event) => event.type === 'reasoning-signature');
      assert.equal(thought?.signature, `gemini:${call.signature}`);
    }
  });

  it('answer requests that we read, and read again after we wrote them', () => {
    const requests = recordedRequests().filter(({ dialect }) => dialect === 'gemini');
    assert.equal(requests.length, 9);
    const path = { model: 'm', stream: true };
    for (const { file, bytes } of requests) {
      const request = gemini.decodeRequest(parseJsonBody(bytes), bytes, path);
      for (const target of Object.values(dialects)) {
        const { body } = target.encodeRequest(request, {
          model: 'm',
          defaultMaxOutputTokens: 4096,
          maxTokensField: 'max_tokens',
          jsonSchema: true,
          reasoningControl: 'none',
        });
        const again = target.decodeRequest(JSON.parse(JSON.stringify(body)) as JsonObject, bytes, path);
        assert.equal(again.messages.length, request.messages.length, file);
        assert.deepEqual(
          again.tools.map((tool) => tool.name),
          request.tools
            .filter((tool) => target === gemini || tool.native === undefined)
            .map((tool) => tool.name),
        );
      }
    }
  });
});

describe('recorded responses of every dialect, as Gemini', { skip: recordingsMissing }, () => {
  for (const recording of answers) {
    it(`${recording.file}: says the same to Google's SDK`, async () => {
      const answer = dialects[recording.dialect].decodeAnswer(parseJsonBody(recording.bytes));
      const body = gemini.encodeAnswer(answer, identity);
      const response = await client(
        Buffer.from(JSON.stringify(body)),
        'application/json',
      ).models.generateContent({
        model: 'm',
        contents: 'x',
      });
      compare([response], gatherAnswer(answer));
    });
  }

  for (const recording of streams) {
    it(`${recording.file}: says the same to Google's SDK, streamed, whole and in 3-byte writes`, async () => {
      const decoded = decodeStream(dialects[recording.dialect], recording.bytes);
      const events: ChatEvent[] = decoded.some(({ type }) => type === 'end')
        ? decoded
        : [...decoded, { type: 'end' }];
      const bytes = encodeStream(gemini, events);
      for (const chunkBytes of [bytes.length, 3]) compare(await streamed(bytes, chunkBytes), gather(events));
    });
  }
});

describe("Google's SDK", () => {
  const events: ChatEvent[] = [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, { type: 'end' }];

  it('does not notice heartbeats', async () => {
    const encoder = gemini.eventEncoder(identity);
    const beat = Buffer.from(gemini.heartbeat ?? 'none');
    const frames = events.map((event) => Buffer.from(encoder.encode(event)));
    const bytes = Buffer.concat([beat, beat, ...frames.flatMap((frame) => [frame, beat])]);
    for (const chunkBytes of [bytes.length, 1]) {
      const chunks = await streamed(bytes, chunkBytes);
      assert.equal(chunks.map((chunk) => chunk.text ?? '').join(''), 'ab');
      assert.equal(chunks.length, 3);
    }
  });

  it('throws at an error inside a stream, with its status', async () => {
    const failure = new GatewayError('upstream_unavailable', 'The provider failed.');
    const bytes = Buffer.concat([
      encodeStream(gemini, events.slice(0, 1)),
      Buffer.from(gemini.encodeErrorFrame(failure, 'req_01')),
    ]);
    for (const chunkBytes of [bytes.length, 7]) {
      await assert.rejects(streamed(bytes, chunkBytes), { name: 'ApiError', status: 502 });
    }
  });

  it('throws at an error body, with its status and our sentence', async () => {
    const failure = new GatewayError('rate_limited', 'Too many requests.', { retryAfterMs: 1500 });
    const body = JSON.stringify(gemini.encodeError(failure, 'req_01'));
    const refused = new GoogleGenAI({
      apiKey: 'k',
      httpOptions: {
        baseUrl: 'http://127.0.0.1',
        fetch: async () =>
          new Response(body, { status: 429, headers: { 'content-type': 'application/json' } }),
      },
    });
    await assert.rejects(refused.models.generateContent({ model: 'm', contents: 'x' }), (thrown: Error) => {
      assert.equal((thrown as Error & { status: number }).status, 429);
      assert.match(thrown.message, /Too many requests\..*RESOURCE_EXHAUSTED.*"retryDelay":"1.5s"/);
      return true;
    });
  });
});

function cutInTwo(bytes: Buffer, at: number): ChatEvent[] {
  let taken = 0;
  const pieces = [at, bytes.length - at];
  const events: ChatEvent[] = [];
  const decoder = gemini.eventDecoder();
  const framer = createSseFramer();
  for (const size of pieces) {
    // A copy, as each socket read is memory of its own.
    const chunk = Buffer.from(bytes.subarray(taken, taken + size));
    taken += size;
    for (const frame of framer.push(chunk)) events.push(...decoder.decode(frame));
  }
  for (const frame of framer.end()) events.push(...decoder.decode(frame));
  return events;
}

function compare(chunks: GenerateContentResponse[], gathered: ReturnType<typeof gather>): void {
  const parts: GooglePart[] = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const joined = (thought: boolean) =>
    parts
      .filter((part) => (part.thought === true) === thought)
      .map((part) => part.text ?? '')
      .join('');
  assert.equal(joined(false), gathered.text + gathered.refusal);
  assert.equal(joined(true), gathered.reasoning);
  const calls = parts.flatMap((part) => part.functionCall ?? []);
  assert.deepEqual(
    calls.map(({ id, name, args }) => ({ id, name, arguments: args })),
    gathered.toolCalls,
  );
  const first = parts.find((part) => part.functionCall !== undefined);
  if (first !== undefined) assert.ok(first.thoughtSignature !== undefined);
  assert.equal(chunks.filter((chunk) => chunk.candidates?.[0]?.finishReason !== undefined).length, 1);
  const usage = chunks.at(-1)?.usageMetadata;
  if (gathered.usage === undefined) {
    assert.equal(usage, undefined);
    return;
  }
  const { inputTokens, cacheReadTokens, outputTokens, reasoningTokens } = gathered.usage;
  assert.deepEqual(
    [usage?.promptTokenCount, usage?.cachedContentTokenCount ?? 0, usage?.thoughtsTokenCount ?? 0],
    [inputTokens, cacheReadTokens, reasoningTokens],
  );
  assert.equal(usage?.candidatesTokenCount, outputTokens - reasoningTokens);
  assert.equal(usage?.totalTokenCount, inputTokens + outputTokens);
}

/** The SDK reads our bytes through a fetch that answers with them; no socket is needed to test the format. */
function client(bytes: Uint8Array, type: string, chunkBytes = bytes.length): GoogleGenAI {
  const body = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += chunkBytes)
          controller.enqueue(bytes.slice(at, at + chunkBytes));
        controller.close();
      },
    });
  return new GoogleGenAI({
    apiKey: 'k',
    httpOptions: {
      baseUrl: 'http://127.0.0.1',
      fetch: async () => new Response(body(), { status: 200, headers: { 'content-type': type } }),
    },
  });
}

async function streamed(bytes: Uint8Array, chunkBytes: number): Promise<GenerateContentResponse[]> {
  const { models } = client(bytes, gemini.streamContentType, chunkBytes);
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of await models.generateContentStream({ model: 'm', contents: 'x' }))
    chunks.push(chunk);
  return chunks;
}
