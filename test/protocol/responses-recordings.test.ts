import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import {
  type ChatEvent,
  createSseFramer,
  dialects,
  type JsonObject,
  parseJsonBody,
  type StreamFrame,
} from '../../src/protocol/index.ts';
import { answers as generatedAnswers, streams as generatedStreams } from './dialect-conformance.ts';
import { openAiSchemas, schemaMissing } from './support/openai-schema.ts';
import { recordedRequests, recordings, recordingsMissing } from './support/recordings.ts';
import { responsesOracle } from './support/responses-grammar.ts';
import { decodeStream, encodeStream, gather, gatherAnswer, identity } from './support/streams.ts';

const responses = dialects['openai-responses'];
const oracle = responsesOracle();
const all = recordings();
const traits = {
  refusalText: true,
  signedHistory: true,
  toolErrors: false,
  cacheLifetimes: false,
  seedAndPenalties: false,
  topK: false,
};

function framesOf(bytes: Uint8Array): StreamFrame[] {
  const framer = createSseFramer();
  return [...framer.push(bytes), ...framer.end()];
}

function ended(events: ChatEvent[]): ChatEvent[] {
  return events.some(({ type }) => type === 'end') ? events : [...events, { type: 'end' }];
}

function json(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** The SDK reads our bytes through a fetch that answers with them; no socket is needed to test the format. */
function clientOf(bytes: Uint8Array, type: string): OpenAI {
  const fetch = async () =>
    new Response(Buffer.from(bytes), { status: 200, headers: { 'content-type': type } });
  return new OpenAI({ apiKey: 'test', baseURL: 'http://127.0.0.1/v1', fetch });
}

async function finalResponse(bytes: Uint8Array) {
  return clientOf(bytes, 'text/event-stream').responses.stream({ model: 'm', input: 'x' }).finalResponse();
}

describe('recorded Responses streams', { skip: recordingsMissing }, () => {
  const own = all.filter(({ dialect, stream }) => dialect === 'openai-responses' && stream);

  it('are all there', () => {
    assert.ok(own.length >= 15);
  });

  for (const { file, bytes } of own) {
    it(`${file}: gives the same events in every two writes, and in writes of one byte`, () => {
      const expected = decodeStream(responses, bytes);
      assert.equal(expected.at(-1)?.type, 'end');
      assert.deepEqual(decodeStream(responses, bytes, 1), expected);
      // A long recording repeats the same few events, so only some of its many cuts are tried.
      const step = Math.ceil(bytes.length / 400);
      const few = bytes.length > 20_000;
      const cuts = [...bytes.keys()].filter((at) => !few || at < 400 || at % step === 0);
      for (const cut of cuts) {
        const framer = createSseFramer();
        const decoder = responses.eventDecoder();
        const frames = [...framer.push(bytes.subarray(0, cut)), ...framer.push(bytes.subarray(cut))];
        const events = [...frames, ...framer.end()].flatMap((frame) => decoder.decode(frame));
        assert.deepEqual(events, expected, `cut at ${cut}`);
      }
    });
  }
});

describe('recorded answers of every dialect, as Responses', { skip: recordingsMissing }, () => {
  for (const recording of all.filter(({ stream, status }) => !stream && status === 200)) {
    it(`${recording.file}: validates`, () => {
      const answer = dialects[recording.dialect].decodeAnswer(parseJsonBody(recording.bytes));
      oracle.response(json(responses.encodeAnswer(answer, identity)));
    });
  }

  for (const recording of all.filter(({ stream }) => stream)) {
    it(`${recording.file}: validates as a stream and says the same to the official SDK`, async () => {
      const events = ended(decodeStream(dialects[recording.dialect], recording.bytes));
      const gathered = gather(events);
      const bytes = encodeStream(responses, events);
      oracle.stream(framesOf(bytes));
      const response = await finalResponse(bytes);
      assert.equal(response.output_text, gathered.text);
      const calls = response.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
      assert.deepEqual(
        calls.map(({ call_id, name, arguments: given }) => ({
          id: call_id,
          name,
          arguments: JSON.parse(given),
        })),
        gathered.toolCalls,
      );
      const thoughts = response.output.flatMap((item) => (item.type === 'reasoning' ? item.summary : []));
      assert.equal(thoughts.map(({ text }) => text).join(''), gathered.reasoning);
      assert.equal(response.usage?.input_tokens, gathered.usage?.inputTokens ?? 0);
      assert.equal(response.usage?.output_tokens, gathered.usage?.outputTokens ?? 0);
      assert.equal(response.status, gathered.finish === 'length' ? 'incomplete' : response.status);
    });
  }
});

describe('recorded requests of every dialect, as Responses', {
  skip: recordingsMissing || schemaMissing,
}, () => {
  const itemSchemas = {
    message: ['EasyInputMessage', 'OutputMessage'],
    reasoning: ['ReasoningItem'],
    function_call: ['FunctionToolCall'],
    function_call_output: ['FunctionCallOutputItemParam'],
  } as const;

  it('are what the published schema asks for', () => {
    const validate = openAiSchemas(['CreateResponse', ...Object.values(itemSchemas).flat()]);
    let translated = 0;
    for (const { file, dialect, bytes } of recordedRequests()) {
      const source = parseJsonBody(bytes);
      if (dialect === 'openai-responses' || (dialect !== 'openai-chat' && dialect !== 'anthropic-messages'))
        continue;
      if (typeof source['model'] !== 'string') continue;
      const request = dialects[dialect].decodeRequest(source, bytes);
      const encoded = responses.encodeRequest(request, {
        model: 'm',
        defaultMaxOutputTokens: 4096,
        maxTokensField: 'max_tokens',
        jsonSchema: true,
        reasoningControl: 'reasoning_effort',
      });
      const { input, ...rest } = json(encoded.body);
      // The union of items is ambiguous in the schema, so each is held to the one it is meant to be.
      assert.ok(validate['CreateResponse']!({ ...rest, input: 'x' }), file);
      for (const item of input as JsonObject[]) {
        const names = itemSchemas[item['type'] as keyof typeof itemSchemas];
        assert.ok(
          names.some((name) => validate[name]!(item)),
          `${file}: ${JSON.stringify(item).slice(0, 200)}`,
        );
      }
      translated += 1;
    }
    assert.ok(translated >= 40);
  });
});

describe('synthesised Responses', { skip: schemaMissing }, () => {
  it('are held to a schema that refuses what is wrong', () => {
    assert.throws(() => oracle.response({ object: 'response' }));
    const answer = { id: 'x', model: 'm', parts: [], finish: { unified: 'stop', raw: undefined } } as const;
    const whole = json(responses.encodeAnswer({ ...answer, parts: [], usage: undefined }, identity));
    oracle.response(whole);
    assert.throws(() => oracle.response({ ...whole, output: [{ type: 'message' }] }));
  });

  it('validate, whatever the answer', () => {
    fc.assert(
      fc.property(generatedAnswers(traits), (answer) => {
        oracle.response(json(responses.encodeAnswer(answer, identity)));
      }),
      { numRuns: 500 },
    );
  });

  it('validate as a stream, whatever the events, and hold the same output as the whole answer', () => {
    fc.assert(
      fc.property(generatedStreams(traits), ({ answer, events }) => {
        const frames = framesOf(encodeStream(responses, events));
        oracle.stream(frames);
        const last = JSON.parse(frames.at(-1)!.data!) as { response: JsonObject };
        assert.deepEqual(
          gatherAnswer(responses.decodeAnswer(last.response)).toolCalls,
          gatherAnswer(answer).toolCalls,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('validate when the stream breaks at any event', () => {
    fc.assert(
      fc.property(generatedStreams(traits), fc.nat(40), ({ events }, at) => {
        const cut = events.slice(0, Math.min(at, events.length - 3));
        const error = { code: 'stream_interrupted', message: 'It broke.', status: 502 } as never;
        oracle.stream(framesOf(encodeStream(responses, [...cut, { type: 'error', error }])));
      }),
      { numRuns: 200 },
    );
  });

  it('repeat the request in a form that validates, whatever the client wrote there', () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('auto', 'none', 'low', 'detailed', { type: 'x' }, { toString: [] }),
    );
    const answer = { id: 'x', model: 'm', parts: [], usage: undefined } as const;
    const field = fc.record({
      instructions: odd,
      previous_response_id: odd,
      metadata: odd,
      tools: fc.oneof(
        odd,
        fc.array(fc.record({ type: fc.constant('function'), name: odd, strict: odd, parameters: odd })),
      ),
      tool_choice: fc.oneof(
        odd,
        fc.record({ type: fc.constantFrom('allowed_tools', 'function'), name: odd, mode: odd, tools: odd }),
      ),
      text: fc.oneof(odd, fc.record({ verbosity: odd })),
      reasoning: fc.oneof(odd, fc.record({ effort: odd, summary: odd })),
      max_output_tokens: odd,
      max_tool_calls: odd,
      safety_identifier: odd,
      prompt_cache_key: odd,
      user: odd,
    });
    fc.assert(
      fc.property(field, (body) => {
        const request = { ...responses.decodeRequest({ model: 'm', input: 'x' }, new Uint8Array()), body };
        const finish = { unified: 'stop', raw: undefined } as const;
        oracle.response(
          json(responses.encodeAnswer({ ...answer, parts: [], finish }, { ...identity, request })),
        );
      }),
      { numRuns: 500 },
    );
  });
});
