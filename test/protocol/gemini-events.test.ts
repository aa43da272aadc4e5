import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChatEvent,
  dialects,
  GatewayError,
  type JsonObject,
  type Part,
} from '../../src/protocol/index.ts';
import { decodeStream, encodeStream, gather, identity } from './support/streams.ts';

const { gemini } = dialects;
const messages = dialects['anthropic-messages'];
const chat = dialects['openai-chat'];

function stream(...chunks: JsonObject[]): ChatEvent[] {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
  return decodeStream(gemini, Buffer.from(text));
}

function said(parts: JsonObject[], fields: JsonObject = {}): JsonObject {
  return { content: { role: 'model', parts }, index: 0, ...fields };
}

describe('gemini, eventDecoder()', () => {
  it('tells the end of an answer once, however many chunks and candidates follow', () => {
    const events = stream(
      { candidates: [], responseId: 'r' },
      {
        candidates: [said([{ text: 'a' }]), { ...said([{ text: 'other' }]), index: 1 }],
        responseId: 'r',
        modelVersion: 'g',
      },
      {
        candidates: [said([], { finishReason: 'STOP' })],
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 },
      },
      { candidates: [{ ...said([{ text: 'other' }], { finishReason: 'STOP' }), index: 1 }] },
      { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 } },
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'text', 'finish', 'usage', 'usage'],
    );
    assert.deepEqual(events[0], { type: 'start', id: 'r', model: 'g' });
    assert.equal(gather(events).usage?.outputTokens, 5);
  });

  it('says that the prompt was filtered', () => {
    const events = stream({
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 4 },
    });
    assert.deepEqual(events[1], {
      type: 'finish',
      finish: { unified: 'content-filter', raw: 'PROHIBITED_CONTENT' },
    });
    const answer = gemini.decodeAnswer({ promptFeedback: { blockReason: 'SAFETY' } });
    assert.deepEqual([answer.parts, answer.finish.unified], [[], 'content-filter']);
  });

  it('numbers the calls and makes ids from the answer’s own', () => {
    const events = stream(
      { candidates: [said([{ functionCall: { name: 'f', args: { a: 1 } } }])], responseId: 'abc-1' },
      { candidates: [said([{ functionCall: { name: 'g', id: 'own' } }], { finishReason: 'STOP' })] },
    );
    const gathered = gather(events);
    assert.deepEqual(gathered.toolCalls, [
      { id: 'call_abc1_0', name: 'f', arguments: { a: 1 } },
      { id: 'own', name: 'g', arguments: {} },
    ]);
    assert.equal(gathered.finish, 'tool-calls');
  });

  for (const [raw, unified] of [
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['BLOCKLIST', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['SPII', 'content-filter'],
    ['LANGUAGE', 'other'],
    ['MALFORMED_FUNCTION_CALL', 'other'],
    ['UNEXPECTED_TOOL_CALL', 'other'],
    ['SOMETHING_NEW', 'other'],
  ] as const) {
    it(`reads the finish reason ${raw}, and gives it back where clients know it`, () => {
      const answer = gemini.decodeAnswer({ candidates: [said([{ text: 'a' }], { finishReason: raw })] });
      assert.deepEqual(answer.finish, { unified, raw });
      const [candidate] = gemini.encodeAnswer(answer, identity)['candidates'] as JsonObject[];
      assert.equal(candidate!['finishReason'], raw === 'SOMETHING_NEW' ? 'OTHER' : raw);
    });
  }

  it('tells a refusal by the reason, whole and streamed, also where it has words', () => {
    const finish = { unified: 'refusal', raw: 'refusal' } as const;
    const parts: Part[] = [{ type: 'text', text: 'I would rather' }];
    const answer = { id: undefined, model: undefined, parts, finish, usage: undefined };
    const [candidate] = gemini.encodeAnswer(answer, identity)['candidates'] as JsonObject[];
    assert.equal(candidate!['finishReason'], 'SAFETY');
    const encoder = gemini.eventEncoder(identity);
    encoder.encode({ type: 'text', text: 'I would rather' });
    encoder.encode({ type: 'finish', finish });
    assert.match(String(encoder.encode({ type: 'end' })), /"finishReason":"SAFETY"/);
  });

  it('stops at an error, with the status that it names', () => {
    const events = stream(
      { candidates: [said([{ text: 'a' }])] },
      { error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } },
      { candidates: [said([{ text: 'b' }])] },
    );
    const last = events.at(-1)!;
    assert.ok(last.type === 'error');
    assert.deepEqual(
      [last.error.code, last.error.upstream?.type],
      ['upstream_rate_limited', 'RESOURCE_EXHAUSTED'],
    );
  });
});

describe('gemini, decodeUsage', () => {
  function check(name: string, usageMetadata: JsonObject, expected: readonly (number | undefined)[]): void {
    it(name, () => {
      const { usage } = gemini.decodeAnswer({ candidates: [said([])], usageMetadata });
      assert.deepEqual(
        [usage?.inputTokens, usage?.cacheReadTokens, usage?.outputTokens, usage?.reasoningTokens],
        expected,
      );
    });
  }

  check(
    'counts what tools put before the model as input, and thoughts as output',
    {
      promptTokenCount: 10,
      cachedContentTokenCount: 4,
      toolUsePromptTokenCount: 5,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 2,
      totalTokenCount: 20,
    },
    [15, 4, 5, 2],
  );
  check(
    'takes what is in the total alone for thoughts',
    { promptTokenCount: 10, candidatesTokenCount: 3, totalTokenCount: 20 },
    [10, 0, 10, 7],
  );
  check('believes no count that cannot be', { promptTokenCount: -1, candidatesTokenCount: 3 }, [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

describe('gemini, eventEncoder()', () => {
  const calls: ChatEvent[] = [
    { type: 'start', id: 'r', model: 'up' },
    { type: 'tool-call', index: 0, id: 'a', name: 'f' },
    { type: 'tool-call', index: 1, id: 'b', name: 'g' },
    { type: 'tool-arguments', index: 1, fragment: '{"y":' },
    { type: 'tool-arguments', index: 0, fragment: '{"x":1}' },
    { type: 'tool-arguments', index: 1, fragment: '2}' },
  ];
  const end: ChatEvent[] = [
    { type: 'finish', finish: { unified: 'tool-calls', raw: 'tool_use' } },
    {
      type: 'usage',
      usage: {
        inputTokens: 5,
        cacheReadTokens: 2,
        cacheWriteTokens: 0,
        cacheWrite1hTokens: 0,
        outputTokens: 7,
        reasoningTokens: 3,
      },
    },
    { type: 'end' },
  ];

  it('writes calls whole, and the reason and the usage in the last chunk', () => {
    const chunks = encodeStream(gemini, [...calls, ...end])
      .toString()
      .trimEnd()
      .split('\n\n')
      .map((frame) => JSON.parse(frame.slice('data: '.length)) as JsonObject);
    const unsigned = Buffer.from('skip_thought_signature_validator').toString('base64');
    assert.deepEqual(chunks, [
      {
        candidates: [
          said([
            { functionCall: { id: 'a', name: 'f', args: { x: 1 } }, thoughtSignature: unsigned },
            { functionCall: { id: 'b', name: 'g', args: { y: 2 } } },
          ]),
        ],
        modelVersion: 'up',
        responseId: 'r',
      },
      {
        candidates: [said([{ text: '' }], { finishReason: 'STOP' })],
        usageMetadata: {
          promptTokenCount: 5,
          cachedContentTokenCount: 2,
          candidatesTokenCount: 4,
          thoughtsTokenCount: 3,
          totalTokenCount: 12,
        },
        modelVersion: 'up',
        responseId: 'r',
      },
    ]);
  });

  it('refuses to hold arguments without end', () => {
    const encoder = gemini.eventEncoder(identity);
    encoder.encode({ type: 'tool-call', index: 0, id: 'a', name: 'f' });
    const fragment = 'x'.repeat(1024 * 1024);
    assert.throws(
      () => {
        for (let i = 0; i < 17; i++) encoder.encode({ type: 'tool-arguments', index: 0, fragment });
      },
      { code: 'upstream_protocol' },
    );
    assert.equal(encoder.encode({ type: 'end' }), '');
  });

  it('says the signature of a call once, on the call', () => {
    const upstream = stream(
      { candidates: [said([{ text: 'hm', thought: true }])] },
      {
        candidates: [
          said([{ functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 'c2ln' }], {
            finishReason: 'STOP',
          }),
        ],
      },
    );
    const written = encodeStream(gemini, [...upstream, { type: 'end' }]).toString();
    assert.equal(written.split('thoughtSignature').length, 2);
    assert.deepEqual(decodeStream(gemini, Buffer.from(written)).filter(isSigned), upstream.filter(isSigned));
  });
});

describe('the signature of a Gemini call, in other dialects', () => {
  const upstream = stream(
    { candidates: [said([{ text: 'hm', thought: true }])] },
    {
      candidates: [
        said([{ functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 'c2ln' }], {
          finishReason: 'STOP',
        }),
      ],
    },
  );
  const events: ChatEvent[] = [...upstream, { type: 'end' }];

  it('stands in Google’s own field of a chat stream and of a chat answer, and is read from there', () => {
    const bytes = encodeStream(chat, events);
    assert.match(bytes.toString(), /"extra_content":\{"google":\{"thought_signature":"c2ln"\}\}/);
    const call = decodeStream(chat, bytes).find((event) => event.type === 'tool-call');
    assert.equal(call?.signature, 'c2ln');
    const part = { type: 'tool-call' as const, id: 'a', name: 'f', arguments: '{}', signature: 'c2ln' };
    const finish = { unified: 'tool-calls' as const, raw: undefined };
    const answer = { id: 'x', model: 'm', parts: [part], finish, usage: undefined };
    assert.deepEqual(chat.decodeAnswer(chat.encodeAnswer(answer, identity)).parts, [part]);
  });

  it('signs the thinking before the call in a Messages stream', () => {
    const written = encodeStream(messages, events);
    assert.deepEqual(gather(decodeStream(messages, written)).signatures, ['gemini:c2ln']);
  });

  it('never reaches another vendor of Messages', () => {
    const body = {
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'gemini:c2ln' },
            { type: 'text', text: 'y' },
          ],
        },
        { role: 'user', content: 'z' },
      ],
    };
    const request = messages.decodeRequest(body, Buffer.from(JSON.stringify(body)));
    const { body: encoded, dropped } = messages.encodeRequest(request, {
      model: 'm',
      defaultMaxOutputTokens: 9,
      maxTokensField: 'max_tokens',
      jsonSchema: true,
      reasoningControl: 'none',
    });
    assert.doesNotMatch(JSON.stringify(encoded), /gemini:/);
    assert.deepEqual(dropped, ['messages.content.thinking']);
  });
});

describe('gemini, errors', () => {
  const quota = {
    error: {
      code: 429,
      message: 'You exceeded your quota.',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED' },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '17.5s' },
      ],
    },
  };

  it('reads status word, reason and delay, alone and in an array', () => {
    for (const body of [quota, [quota]]) {
      const { details: _, ...said } = gemini.decodeError(429, body);
      assert.deepEqual(said, {
        status: 429,
        code: 'RATE_LIMIT_EXCEEDED',
        type: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your quota.',
        retryAfterMs: 17_500,
      });
    }
    assert.deepEqual(gemini.decodeError(500, 'Internal'), { status: 500, message: 'Internal' });
  });

  it('keeps the status as code where no reason is given', () => {
    const body = { error: { code: 400, message: 'bad', status: 'INVALID_ARGUMENT' } };
    const { code, type } = gemini.decodeError(400, body);
    assert.deepEqual([code, type], ['400', 'INVALID_ARGUMENT']);
  });

  for (const [code, status, word] of [
    ['invalid_request', 400, 'INVALID_ARGUMENT'],
    ['invalid_key', 401, 'UNAUTHENTICATED'],
    ['budget_exceeded', 402, 'RESOURCE_EXHAUSTED'],
    ['forbidden', 403, 'PERMISSION_DENIED'],
    ['model_not_found', 404, 'NOT_FOUND'],
    ['body_too_large', 413, 'INVALID_ARGUMENT'],
    ['rate_limited', 429, 'RESOURCE_EXHAUSTED'],
    ['internal', 500, 'INTERNAL'],
    ['not_available', 501, 'UNIMPLEMENTED'],
    ['upstream_unavailable', 502, 'UNAVAILABLE'],
    ['overloaded', 503, 'UNAVAILABLE'],
    ['upstream_total_timeout', 504, 'DEADLINE_EXCEEDED'],
  ] as const) {
    it(`writes ${code} as ${word}, with our own word in the details`, () => {
      const body = gemini.encodeError(new GatewayError(code, 'Why.'), 'req_01');
      const error = body['error'] as JsonObject;
      assert.deepEqual([error['code'], error['status'], error['message']], [status, word, 'Why.']);
      assert.equal(gemini.decodeError(status, body).code, code.toUpperCase());
    });
  }
});

function isSigned(event: ChatEvent): boolean {
  return event.type === 'reasoning-signature' || event.type === 'tool-call';
}
