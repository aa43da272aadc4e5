import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readTexts, withText } from '../../src/gateway/guardrails/contract.ts';
import {
  type ChatAnswer,
  type ChatRequest,
  type ClientDialectName,
  clientDialects,
  type DialectName,
  dialects,
  type EncodeTarget,
  type JsonObject,
  type Message,
  type Part,
  replaceTexts,
  textsOf,
} from '../../src/protocol/index.ts';

const path = { model: 'm', stream: false };
const target: EncodeTarget = {
  model: 'm',
  defaultMaxOutputTokens: 100,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
  reasoningEcho: 'all',
};

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((value) => value.trim() !== ''),
  // Words that also stand elsewhere in a body, and texts that are JSON.
  fc.constantFrom('user', 'text', 'input_text', 'f', 'text 0', 'text 3', '{"a":1}', '7', '"q"', '[1, 2]'),
);
const picture: Part = {
  type: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
};
const round = fc
  .record({ ask: text, picture: fc.boolean(), says: text, result: fc.option(text, { nil: undefined }) })
  .map((asked) => asked);
const conversation = fc
  .record({
    system: fc.option(text, { nil: undefined }),
    rounds: fc.array(round, { maxLength: 3 }),
    last: text,
  })
  .map(({ system, rounds, last }): Message[] => [
    ...(system === undefined ? [] : [{ role: 'system' as const, parts: [said(system)] }]),
    ...rounds.flatMap((each, number): Message[] => {
      const id = `call_${number}`;
      const call: Part = { type: 'tool-call', id, name: 'f', arguments: '{"text":"user"}' };
      const user: Message = { role: 'user', parts: [said(each.ask), ...(each.picture ? [picture] : [])] };
      if (each.result === undefined) return [user, { role: 'assistant', parts: [said(each.says)] }];
      const result: Part = { type: 'tool-result', callId: id, parts: [said(each.result)], isError: false };
      return [user, { role: 'assistant', parts: [said(each.says), call] }, { role: 'tool', parts: [result] }];
    }),
    { role: 'user', parts: [said(last)] },
  ]);

function said(value: string): Part {
  return { type: 'text', text: value };
}

/** A request as its client would have sent it. */
function asSent(body: JsonObject, dialect: ClientDialectName): ChatRequest {
  return clientDialects[dialect].decodeRequest(body, Buffer.from(JSON.stringify(body)), path);
}

function composed(messages: Message[], dialect: DialectName): ChatRequest {
  const tools = [{ name: 'f', parameters: { type: 'object' } }];
  const unified: ChatRequest = {
    dialect,
    model: 'm',
    stream: false,
    wantsStreamUsage: false,
    messages,
    tools,
    sampling: { maxOutputTokens: 50 },
    choices: 1,
    fallbackModels: [],
    body: {},
    bytes: new Uint8Array(),
  };
  return asSent(
    { ...dialects[dialect].encodeRequest(unified, target).body, extra: [1, { kept: true }] },
    dialect,
  );
}

/** The conversation with every text taken out: what a replacement must not touch. */
function shape(messages: readonly Message[]): unknown {
  const bare = (part: Part): unknown => {
    if (part.type === 'text') return { ...part, text: '' };
    return part.type === 'tool-result' ? { ...part, parts: part.parts.map(bare) } : part;
  };
  return messages.map(({ role, parts }) => ({ role, parts: parts.map(bare) }));
}

function compact(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return value;
  }
}

describe('texts of a conversation are replaced in the client’s own body', () => {
  for (const dialect of Object.keys(dialects) as DialectName[]) {
    test(`${dialect}: every text takes its new wording and nothing else changes`, () => {
      fc.assert(
        fc.property(
          conversation,
          fc.infiniteStream(fc.option(text, { nil: undefined })),
          (messages, news) => {
            const request = composed(messages, dialect);
            const before = textsOf(request.messages);
            const wanted = before.map((old) => news.next().value ?? old);
            const replaced = replaceTexts(request, wanted, path);
            assert.ok(replaced !== undefined);
            assert.deepEqual(textsOf(replaced.messages).map(compact), wanted.map(compact));
            assert.deepEqual(shape(replaced.messages), shape(request.messages));
            assert.deepEqual(JSON.parse(Buffer.from(replaced.bytes).toString()), replaced.body);
            assert.deepEqual(Object.keys(replaced.body), Object.keys(request.body));
            for (const field of ['tools', 'toolConfig', 'extra', 'max_tokens', 'generationConfig']) {
              assert.deepEqual(replaced.body[field], request.body[field]);
            }
          },
        ),
        { numRuns: 150 },
      );
    });
  }

  test('fields outside the conversation keep their bytes', () => {
    const bytes = Buffer.from(
      '{ "seed": 12345678901234567890, "messages":[{"role":"user","content":"a"}],"model" : "m" }',
    );
    const request = clientDialects['openai-chat'].decodeRequest(JSON.parse(bytes.toString()), bytes);
    const replaced = replaceTexts(request, ['b'], undefined)!;
    assert.equal(Buffer.from(replaced.bytes).toString(), bytes.toString().replace('"a"', '"b"'));
  });

  test('a request of which nothing is changed stays the same', () => {
    const request = asSent({ model: 'm', messages: [{ role: 'user', content: 'a' }] }, 'openai-chat');
    assert.equal(replaceTexts(request, ['a'], undefined), request);
  });

  test('a legacy prompt is a text', () => {
    for (const prompt of ['secret', ['secret']]) {
      const replaced = replaceTexts(
        asSent({ model: 'm', prompt }, 'openai-completions'),
        ['[x]'],
        undefined,
      )!;
      assert.deepEqual(replaced.body['prompt'], typeof prompt === 'string' ? '[x]' : ['[x]']);
      assert.deepEqual(textsOf(replaced.messages), ['[x]']);
    }
  });

  const call = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
  const answered = (response: unknown) =>
    asSent(
      { contents: [call, { role: 'user', parts: [{ functionResponse: { name: 'f', response } }] }] },
      'gemini',
    );
  for (const [response, news, written] of [
    [{ output: 'secret' }, 'x', { output: 'x' }],
    [{ error: 'secret' }, 'x', { error: 'x' }],
    [{ a: 'secret', b: 1 }, '{"a": "x", "b": 1}', { a: 'x', b: 1 }],
    [{ a: 'secret' }, 'x', { output: 'x' }],
    [{ output: { a: 'secret' } }, '{"a":"x"}', { output: { a: 'x' } }],
  ] as const) {
    test(`a tool's response ${JSON.stringify(response)} becomes ${JSON.stringify(written)}`, () => {
      const replaced = replaceTexts(answered(response), [news], path)!;
      const contents = replaced.body['contents'] as { parts: { functionResponse: JsonObject }[] }[];
      assert.deepEqual(contents[1]!.parts[0]!.functionResponse['response'], written);
    });
  }

  test('JSON in a tool’s result of Converse stays JSON', () => {
    const body = {
      messages: [
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'f', input: {} } }] },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 't', content: [{ json: { name: 'Ada', n: 1 } }] } }],
        },
      ],
    };
    const replaced = replaceTexts(asSent(body, 'bedrock-converse'), ['{"name":"[name]","n":1}'], path)!;
    assert.match(Buffer.from(replaced.bytes).toString(), /"json":\{"name":"\[name\]","n":1\}/);
  });

  test('a text that does not stand in the body by itself cannot be replaced', () => {
    const request = asSent({ model: 'm', messages: [{ role: 'user', content: 'a' }] }, 'openai-chat');
    const other: ChatRequest = {
      ...request,
      messages: [{ role: 'user', parts: [said('elsewhere')] }, ...request.messages],
    };
    assert.equal(replaceTexts(other, ['x', 'a'], undefined), undefined);
    assert.equal(replaceTexts(request, ['x', 'y'], undefined), undefined);
  });
});

describe('the replacement of a guardrail', () => {
  const messages: Message[] = [
    { role: 'user', parts: [said('a'), picture] },
    { role: 'assistant', parts: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }] },
    { role: 'tool', parts: [{ type: 'tool-result', callId: 'c', parts: [said('b')], isError: false }] },
  ];
  const sent = (first: string, second: string): JsonObject => ({
    action: 'replace',
    request: {
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: first },
            { type: 'image', media_type: 'image/png', bytes: 8 },
          ],
        },
        { role: 'assistant', parts: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}' }] },
        {
          role: 'tool',
          parts: [
            { type: 'tool-result', call_id: 'c', is_error: false, parts: [{ type: 'text', text: second }] },
          ],
        },
      ],
    },
  });

  test('gives the texts in order, those inside tool results too', () => {
    assert.deepEqual(readTexts(sent('x', 'y'), messages), ['x', 'y']);
  });

  test('is refused wherever anything but a text differs', () => {
    const good = sent('x', 'y');
    const spots = (value: unknown, at: (string | number)[]): (string | number)[][] =>
      typeof value !== 'object' || value === null
        ? [at]
        : [at, ...Object.entries(value).flatMap(([key, inner]) => spots(inner, [...at, key]))];
    const all = spots((good['request'] as JsonObject)['messages'], []).filter(
      (at) => at.length > 0 && at.at(-1) !== 'text',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.constantFrom(undefined, null, 'other', 99, [], {}, [{ type: 'refusal', text: 'z' }]),
        (at, value) => {
          const changed = structuredClone(good);
          let holder = (changed['request'] as JsonObject)['messages'] as JsonObject;
          for (const key of at.slice(0, -1)) holder = holder[key] as JsonObject;
          const last = at.at(-1)!;
          if (value === undefined && !Array.isArray(holder)) delete holder[last];
          else holder[last] = value;
          assert.equal(readTexts(changed, messages), undefined, JSON.stringify(at));
        },
      ),
    );
    assert.equal(readTexts(sent('', 'y'), messages), undefined, 'no message may become empty');
    assert.equal(readTexts({ action: 'replace' }, messages), undefined);
  });

  test('of an answer is one text in the place of all that was said, before the calls', () => {
    const thought: Part = { type: 'reasoning', text: 't', signature: 's' };
    const call: Part = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' };
    const answer = (parts: Part[]): ChatAnswer => ({
      id: undefined,
      model: undefined,
      parts,
      finish: { unified: 'stop', raw: 'stop' },
      usage: undefined,
    });
    for (const [parts, expected] of [
      [
        [thought, said('a'), call, said('b')],
        [thought, said('x'), call],
      ],
      [[{ type: 'refusal', text: 'no' }], [said('x')]],
      [
        [thought, call],
        [thought, said('x'), call],
      ],
      [[], [said('x')]],
    ] as [Part[], Part[]][]) {
      assert.deepEqual(withText(answer(parts), 'x').parts, expected);
    }
  });
});
