import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ChatAnswer,
  type ChatEvent,
  type ChatRequest,
  type Dialect,
  type DialectName,
  dialects,
  type EncodeTarget,
  GatewayError,
  type JsonObject,
  type Message,
  type Part,
  type Usage,
} from '../../src/protocol/index.ts';
import {
  decodeStream,
  encodeStream,
  type Gathered,
  gather,
  gatherAnswer,
  identity,
  parsed,
  wireEvent,
  withoutRaw,
} from './support/streams.ts';

/** What a dialect's format cannot say, so that its round trip cannot keep it. */
export interface DialectTraits {
  refusalText: boolean;
  /** Past thinking is kept only with (true) or only without (false) a signature. */
  signedHistory: boolean;
  toolErrors: boolean;
  cacheLifetimes: boolean;
  /** The usage of a stream tells them too; absent = where `cacheLifetimes` does. */
  streamedCacheLifetimes?: boolean;
  seedAndPenalties: boolean;
  topK: boolean;
  /** What follows is true of most dialects; absent = true. */
  imageUrls?: boolean;
  parallelSwitch?: boolean;
  /** Files keep their names as they are. */
  documentNames?: boolean;
  /** Answers say which model wrote them. */
  answerModel?: boolean;
  /** Usage says how much of the output was reasoning. */
  reasoningCount?: boolean;
  /** The format knows stop sequences. */
  stop?: boolean;
  /** The smallest output limit that upstreams take; absent = 1. */
  outputTokensMin?: number;
  /** Requests name the end user. */
  user?: boolean;
  /** Usage says how much of the input was written to the cache. */
  cacheWrites?: boolean;
  /** A stream ends with an event of its own; where it does not, one that has finished is whole. */
  terminalEvent?: boolean;
  /** What the requests of this suite lose on the way, as the dialect lists it; absent = nothing. */
  listedAsDropped?: readonly string[];
  /** How past thinking is signed; absent = as Messages does. */
  signature?: string;
}

const target: EncodeTarget = {
  model: 'upstream-model',
  defaultMaxOutputTokens: 4096,
  maxTokensField: 'max_completion_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
  reasoningEcho: 'all',
};

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((value) => value.trim() !== '');
const opaque = fc.base64String({ minLength: 4, maxLength: 16 });
const jsonArguments = fc
  .dictionary(word, fc.jsonValue({ maxDepth: 1 }))
  .map((value) => JSON.stringify(value));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const imageByUrl: Part = { type: 'image', source: { kind: 'url', url: 'https://example.test/a.png' } };
const imageData: Part = {
  type: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
};
const pdf: Part = {
  type: 'document',
  source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' },
  name: 'report.pdf',
};

function user(traits: DialectTraits): fc.Arbitrary<Message> {
  const media = traits.imageUrls === false ? [imageData, pdf] : [imageByUrl, imageData, pdf];
  return fc.tuple(text, fc.array(fc.constantFrom(...media), { maxLength: 2 })).map(([ask, media]) => ({
    role: 'user',
    parts: [{ type: 'text', text: ask }, ...media],
  }));
}

/** One assistant turn, with its tool results if it called tools. */
function turn(traits: DialectTraits, number: number): fc.Arbitrary<Message[]> {
  const call = fc.record({ name: word, arguments: jsonArguments, result: text, isError: fc.boolean() });
  return fc
    .record({ thought: maybe(text), answer: text, calls: fc.array(call, { maxLength: 3 }) })
    .map(({ thought, answer, calls }) => {
      const parts: Part[] = [];
      if (thought !== undefined) {
        parts.push({
          type: 'reasoning',
          text: thought,
          ...(traits.signedHistory ? { signature: traits.signature ?? 'c2lnbg==' } : {}),
        });
      }
      parts.push({ type: 'text', text: answer });
      const results: Message[] = [];
      calls.forEach((each, index) => {
        const id = `call_${number}_${index}`;
        parts.push({ type: 'tool-call', id, name: each.name, arguments: each.arguments });
        results.push({
          role: 'tool',
          parts: [
            {
              type: 'tool-result',
              callId: id,
              parts: [{ type: 'text', text: each.result }],
              isError: each.isError && traits.toolErrors,
            },
          ],
        });
      });
      return [{ role: 'assistant', parts }, ...results];
    });
}

function requests(traits: DialectTraits, source: DialectName): fc.Arbitrary<ChatRequest> {
  const round = (number: number) =>
    fc.tuple(user(traits), turn(traits, number)).map(([ask, rest]) => [ask, ...rest]);
  const conversation = fc
    .tuple(maybe(text), fc.array(fc.nat(), { maxLength: 3 }), user(traits))
    .chain(([system, rounds, last]) =>
      fc
        .tuple(...rounds.map((_, number) => round(number)))
        .map((messages): Message[] => [
          ...(system === undefined
            ? []
            : [{ role: 'system' as const, parts: [{ type: 'text' as const, text: system }] }]),
          ...messages.flat(),
          last,
        ]),
    );
  const tool = fc.record({
    name: word,
    description: maybe(text),
    parameters: fc.constant({ type: 'object', properties: { a: { type: 'string' } } } as JsonObject),
  });
  const tools = fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: ({ name }) => name });
  const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
  return fc.record({
    dialect: fc.constant(source),
    model: word,
    stream: fc.boolean(),
    wantsStreamUsage: fc.constant(true),
    messages: conversation,
    tools,
    toolChoice: fc.oneof(
      fc.constantFrom('auto' as const, 'required' as const, undefined),
      fc.constant({ name: 'a' }),
    ),
    parallelToolCalls: fc.constantFrom(traits.parallelSwitch === false ? undefined : false, undefined),
    responseFormat: maybe(fc.constant({ type: 'json-schema' as const, name: 'answer', schema })),
    sampling: fc.record({
      temperature: maybe(fc.constantFrom(0, 0.5, 1)),
      maxOutputTokens: fc.integer({ min: traits.outputTokensMin ?? 1, max: 9000 }),
      stop:
        traits.stop === false
          ? fc.constant(undefined)
          : maybe(fc.array(word, { minLength: 1, maxLength: 3 })),
      seed: traits.seedAndPenalties ? maybe(fc.nat()) : fc.constant(undefined),
      frequencyPenalty: traits.seedAndPenalties ? maybe(fc.constantFrom(-1, 0.5)) : fc.constant(undefined),
      topK: traits.topK ? maybe(fc.integer({ min: 1, max: 100 })) : fc.constant(undefined),
    }),
    user: maybe(word),
    choices: fc.constant(1),
    fallbackModels: fc.constant([]),
    body: fc.constant({}),
    bytes: fc.constant(new Uint8Array()),
  });
}

/** What must survive a request's way out and back, without what never leaves (model names, bytes) and with JSON compared as JSON. */
function essence(request: ChatRequest, traits: DialectTraits): unknown {
  const named = traits.documentNames !== false;
  const comparable = (part: Part) => comparablePart(named ? part : withoutName(part));
  return JSON.parse(
    JSON.stringify({
      messages: request.messages.map(({ role, parts }) => ({ role, parts: parts.map(comparable) })),
      tools: request.tools,
      toolChoice: request.toolChoice ?? (request.parallelToolCalls === undefined ? undefined : 'auto'),
      parallelToolCalls: request.parallelToolCalls,
      schema: request.responseFormat?.type === 'json-schema' ? request.responseFormat.schema : undefined,
      sampling: request.sampling,
      stream: request.stream,
      user: traits.user === false ? undefined : request.user,
    }),
  );
}

function comparablePart(part: Part): unknown {
  return part.type === 'tool-call' ? { ...part, arguments: parsed(part.arguments) } : part;
}

function withoutName(part: Part): Part {
  return part.type === 'document' ? { ...part, name: undefined } : part;
}

function usages(traits: DialectTraits): fc.Arbitrary<Usage> {
  return fc
    .tuple(fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999), fc.nat(9999))
    .map(([plain, read, write, out, thought]) => ({
      inputTokens: plain + read + write,
      cacheReadTokens: read,
      cacheWriteTokens: traits.cacheWrites === false ? 0 : write,
      cacheWrite1hTokens: traits.cacheLifetimes ? write >> 1 : 0,
      outputTokens: out + thought,
      reasoningTokens: traits.reasoningCount === false ? 0 : thought,
    }));
}

export function answers(traits: DialectTraits): fc.Arbitrary<ChatAnswer> {
  const calls = fc.array(fc.record({ name: word, arguments: jsonArguments }), { maxLength: 3 });
  return fc
    .record({
      thoughts: fc.array(fc.record({ text, signature: maybe(opaque) }), { maxLength: 2 }),
      redacted: maybe(opaque),
      text: maybe(text),
      refusal: traits.refusalText ? maybe(text) : fc.constant(undefined),
      calls,
      cut: fc.boolean(),
      usage: usages(traits),
    })
    .map((answer) => {
      const parts: Part[] = answer.thoughts.map((thought) => ({ type: 'reasoning', ...thought }));
      if (answer.redacted !== undefined) parts.push({ type: 'redacted-reasoning', data: answer.redacted });
      if (answer.text !== undefined) parts.push({ type: 'text', text: answer.text });
      if (answer.refusal !== undefined) parts.push({ type: 'refusal', text: answer.refusal });
      answer.calls.forEach((call, index) => {
        parts.push({ type: 'tool-call', id: `call_${index}`, ...call });
      });
      const whole =
        answer.calls.length > 0 ? 'tool-calls' : answer.refusal !== undefined ? 'refusal' : 'stop';
      return {
        id: 'upstream-1',
        model: 'upstream-model',
        parts,
        finish: { unified: answer.cut ? ('length' as const) : (whole as 'stop'), raw: undefined },
        usage: answer.usage,
      };
    });
}

/** The same answer as a stream: pieces of any size, and the fragments of parallel calls mixed. */
export function streams(traits: DialectTraits): fc.Arbitrary<{ answer: ChatAnswer; events: ChatEvent[] }> {
  return fc
    .tuple(answers(traits), fc.infiniteStream(fc.integer({ min: 1, max: 7 })))
    .map(([answer, sizes]) => {
      const size = () => sizes.next().value as number;
      const events: ChatEvent[] = [{ type: 'start', id: answer.id, model: answer.model }];
      const fragments: ChatEvent[][] = [];
      for (const part of answer.parts) {
        if (part.type === 'tool-call') {
          const index = fragments.length;
          events.push({ type: 'tool-call', index, id: part.id, name: part.name });
          fragments.push(
            pieces(part.arguments, size).map((fragment) => ({ type: 'tool-arguments', index, fragment })),
          );
        } else if (part.type === 'reasoning') {
          events.push(
            ...pieces(part.text, size).map((piece) => ({ type: 'reasoning' as const, text: piece })),
          );
          if (part.signature !== undefined)
            events.push({ type: 'reasoning-signature', signature: part.signature });
        } else if (part.type === 'redacted-reasoning') {
          events.push({ type: 'redacted-reasoning', data: part.data });
        } else if (part.type === 'text' || part.type === 'refusal') {
          events.push(...pieces(part.text, size).map((piece) => ({ type: part.type, text: piece })));
        }
      }
      while (fragments.some((rest) => rest.length > 0)) {
        const waiting = fragments.filter((rest) => rest.length > 0);
        events.push(waiting[size() % waiting.length]!.shift()!);
      }
      events.push(
        { type: 'finish', finish: answer.finish },
        { type: 'usage', usage: answer.usage! },
        { type: 'end' },
      );
      return { answer, events };
    });
}

function pieces(whole: string, size: () => number): string[] {
  const list: string[] = [];
  const characters = [...whole];
  while (characters.length > 0) list.push(characters.splice(0, size()).join(''));
  return list;
}

/** A stream read to its end. */
function gatherWhole(events: readonly ChatEvent[], { terminalEvent }: DialectTraits): Gathered {
  const gathered = gather(events);
  if (terminalEvent !== false) return gathered;
  assert.equal(gathered.ended, false);
  return { ...gathered, ended: gathered.finish !== undefined };
}

/** The suite that every dialect passes. A new dialect starts by calling it. */
export function dialectConformance(dialect: Dialect, traits: DialectTraits): void {
  describe(`dialect ${dialect.name}`, () => {
    for (const source of Object.keys(dialects) as DialectName[]) {
      it(`keeps a request from a client of ${source} on its way to an upstream`, () => {
        fc.assert(
          fc.property(requests(traits, source), (request) => {
            const { body, dropped } = dialect.encodeRequest(request, target);
            const bytes = Buffer.from(JSON.stringify(body));
            const path = { model: target.model, stream: request.stream };
            const again = dialect.decodeRequest(JSON.parse(bytes.toString()) as JsonObject, bytes, path);
            assert.deepEqual(essence(again, traits), essence(request, traits));
            assert.equal(again.model, target.model);
            const listed = traits.listedAsDropped ?? [];
            assert.deepEqual(
              dropped.filter((name) => !listed.includes(name)),
              [],
            );
          }),
          { numRuns: 300 },
        );
      });
    }

    it('keeps an answer', () => {
      fc.assert(
        fc.property(answers(traits), (answer) => {
          const body = dialect.encodeAnswer(answer, identity);
          const again = dialect.decodeAnswer(JSON.parse(JSON.stringify(body)) as JsonObject);
          assert.deepEqual(gatherAnswer(again), gatherAnswer(answer));
          assert.deepEqual(withoutRaw(again.usage!), answer.usage);
          assert.equal(again.model, traits.answerModel === false ? undefined : 'upstream-model');
        }),
        { numRuns: 500 },
      );
    });

    it('keeps a streamed answer, in writes of any size', () => {
      const cacheLifetimes = traits.streamedCacheLifetimes ?? traits.cacheLifetimes;
      const streamed = { ...traits, cacheLifetimes };
      fc.assert(
        fc.property(streams(streamed), fc.integer({ min: 1, max: 200 }), ({ answer, events }, chunkBytes) => {
          const decoded = decodeStream(dialect, encodeStream(dialect, events), chunkBytes);
          const gathered = gatherWhole(decoded, traits);
          assert.deepEqual(gathered, gather(events));
          assert.deepEqual(gathered, gatherAnswer(answer));
        }),
        { numRuns: 500 },
      );
    });

    it('writes nothing after the end or after an error', () => {
      const failure = new GatewayError('stream_interrupted', 'The provider ended the stream early.');
      for (const last of [{ type: 'end' }, { type: 'error', error: failure }] as ChatEvent[]) {
        const encoder = dialect.eventEncoder(identity);
        assert.notEqual(encoder.encode(last), '');
        for (const event of [{ type: 'text', text: 'x' }, { type: 'end' }, last] as ChatEvent[]) {
          assert.equal(encoder.encode(event), '');
        }
      }
    });

    it('ends a stream that brought nothing but its end', () => {
      const decoded = decodeStream(dialect, encodeStream(dialect, [{ type: 'end' }]));
      const gathered = gatherWhole(decoded, traits);
      assert.deepEqual([gathered.ended, gathered.finish, gathered.text], [true, 'stop', '']);
    });

    it('reads its own error frame as an error', () => {
      const failure = new GatewayError('upstream_unavailable', 'The provider failed.');
      const events = decodeStream(dialect, Buffer.from(dialect.encodeErrorFrame(failure, 'req_01')));
      assert.equal(events.length, 1);
      assert.equal(events[0]!.type, 'error');
    });

    it('reads its own error body', () => {
      const failure = new GatewayError('invalid_request', 'messages must not be empty.', {
        param: 'messages',
      });
      const said = dialect.decodeError(
        400,
        JSON.parse(JSON.stringify(dialect.encodeError(failure, 'req_01'))),
      );
      assert.deepEqual([said.status, said.message], [400, failure.message]);
    });

    it('says upstream_protocol when an event is not JSON, once', () => {
      const events = decodeStream(
        dialect,
        Buffer.concat(['{"x', '{"y'].map((data) => wireEvent(dialect, undefined, data))),
      );
      assert.deepEqual(gather(events).errors, ['upstream_protocol']);
      assert.equal(events.length, 1);
    });

    it('makes nothing of events it does not know, and never throws', () => {
      fc.assert(
        fc.property(fc.jsonValue(), maybe(word), (value, name) => {
          const isError = JSON.stringify(value).includes('error') || name === 'error';
          fc.pre(!isError);
          const bytes = wireEvent(dialect, name, JSON.stringify(value));
          assert.deepEqual(decodeStream(dialect, bytes), []);
        }),
        { numRuns: 500 },
      );
    });

    it('refuses an answer that is none', () => {
      for (const body of [{}, { object: 'list' }, { choices: [] }, { content: 'x' }] as JsonObject[]) {
        assert.throws(() => dialect.decodeAnswer(body), { code: 'upstream_protocol' });
      }
    });

    it('takes an error inside an answer of status 200 for what it is', () => {
      const body = { error: { message: 'slow down', type: 'rate_limit_error' } };
      assert.throws(() => dialect.decodeAnswer(body), { code: 'upstream_rate_limited' });
    });
  });
}
