import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChatEvent,
  createSseFramer,
  type DialectName,
  dialects,
  GatewayError,
} from '../../src/protocol/index.ts';
import { decodeStream, encodeStream, gather, identity } from './support/streams.ts';

const chat = dialects['openai-chat'];
const messages = dialects['anthropic-messages'];

function chunks(...list: unknown[]): Buffer {
  return Buffer.from(list.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''));
}

function delta(fields: object, rest: object = {}): object {
  return {
    id: 'chatcmpl-1',
    model: 'm',
    choices: [{ index: 0, delta: fields, finish_reason: null }],
    ...rest,
  };
}

function finish(reason: string): object {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta: {}, finish_reason: reason }] };
}

function call(
  index: number | undefined,
  id: string | undefined | null,
  name: string | undefined | null,
  fragment: string | null,
) {
  return delta({ tool_calls: [{ index, id, function: { name, arguments: fragment } }] });
}

describe('chat completions, eventDecoder()', () => {
  function calls(
    name: string,
    list: object[],
    expected: { id?: string; name: string; arguments: unknown }[],
  ): void {
    it(`puts tool calls together: ${name}`, () => {
      const gathered = gather(decodeStream(chat, chunks(...list, finish('stop'))));
      assert.equal(gathered.finish, 'tool-calls');
      assert.deepEqual(
        gathered.toolCalls.map((found, index) =>
          expected[index]?.id === undefined ? { ...found, id: undefined } : found,
        ),
        expected.map((each) => ({ id: undefined, ...each })),
      );
      assert.equal(new Set(gathered.toolCalls.map(({ id }) => id)).size, expected.length);
    });
  }

  calls(
    'id only in the first fragment',
    [call(0, 'a', 'f', ''), call(0, undefined, undefined, '{"x"'), call(0, null, null, ':1}')],
    [{ id: 'a', name: 'f', arguments: { x: 1 } }],
  );
  calls(
    'an empty id later',
    [call(0, 'a', 'f', '{'), call(0, '', undefined, '}')],
    [{ id: 'a', name: 'f', arguments: {} }],
  );
  calls(
    'the id and name in every fragment',
    [call(0, 'a', 'f', '{'), call(0, 'a', 'f', '}')],
    [{ id: 'a', name: 'f', arguments: {} }],
  );
  calls(
    'several at once, mixed',
    [call(0, 'a', 'f', '{"x":'), call(1, 'b', 'g', '{'), call(0, null, null, '1}'), call(1, null, null, '}')],
    [
      { id: 'a', name: 'f', arguments: { x: 1 } },
      { id: 'b', name: 'g', arguments: {} },
    ],
  );
  calls(
    'index always 0',
    [call(0, 'a', 'f', '{}'), call(0, 'b', 'g', '{}')],
    [
      { id: 'a', name: 'f', arguments: {} },
      { id: 'b', name: 'g', arguments: {} },
    ],
  );
  calls(
    'no index',
    [
      call(undefined, 'a', 'f', '{'),
      call(undefined, undefined, undefined, '}'),
      call(undefined, 'b', 'g', '{}'),
    ],
    [
      { id: 'a', name: 'f', arguments: {} },
      { id: 'b', name: 'g', arguments: {} },
    ],
  );
  calls(
    'no index and no id',
    [call(undefined, undefined, 'f', '{}'), call(undefined, undefined, 'g', '{}')],
    [
      { name: 'f', arguments: {} },
      { name: 'g', arguments: {} },
    ],
  );
  calls(
    'the name after the id',
    [call(0, 'a', null, '{'), call(0, null, 'f', '}')],
    [{ id: 'a', name: 'f', arguments: {} }],
  );
  calls('no arguments at all', [call(0, 'a', 'f', null)], [{ id: 'a', name: 'f', arguments: {} }]);
  calls('indexes that start at 1', [call(1, 'a', 'f', '{}')], [{ id: 'a', name: 'f', arguments: {} }]);

  it('gives only a usage event for a chunk of usage alone', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const events = decodeStream(chat, chunks({ id: 'x', choices: [], usage }));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['usage'],
    );
  });

  it('gives one finish, and reads usage from the same chunk', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    const events = decodeStream(
      chat,
      chunks(delta({ content: 'x' }), finish('stop'), { ...finish('stop'), usage }),
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'text', 'finish', 'usage'],
    );
  });

  it('ignores further choices', () => {
    const other = { choices: [{ index: 1, delta: { content: 'no' }, finish_reason: 'stop' }] };
    assert.deepEqual(decodeStream(chat, chunks(other)), []);
  });

  it('reads refusals, and says so at the end', () => {
    const gathered = gather(
      decodeStream(chat, chunks(delta({ refusal: 'I will ' }), delta({ refusal: 'not.' }), finish('stop'))),
    );
    assert.deepEqual([gathered.refusal, gathered.finish], ['I will not.', 'refusal']);
  });

  const thoughts: [string, object][] = [
    ['reasoning_content', { reasoning_content: 'Hm' }],
    ['reasoning', { reasoning: 'Hm' }],
    ['details', { reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] }],
    ['both', { reasoning: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] }],
    ['a content block', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }],
  ];
  for (const [name, fields] of thoughts) {
    it(`reads thinking in ${name}, once`, () => {
      assert.equal(gather(decodeStream(chat, chunks(delta(fields)))).reasoning, 'Hm');
    });
  }

  const failures: [unknown, string][] = [
    [{ error: { message: 'no', code: 429 } }, 'upstream_rate_limited'],
    [{ error: { message: 'no', type: 'invalid_request_error' } }, 'upstream_rejected'],
    [{ error: { message: 'no', code: '502' } }, 'upstream_unavailable'],
    [{ error: 'no' }, 'upstream_unavailable'],
    [{ object: 'error', message: 'no', code: 400 }, 'upstream_rejected'],
    [{ id: 'x', error: { message: 'bad key sk-secret', code: 401 }, choices: [] }, 'upstream_auth'],
  ];
  for (const [chunk, code] of failures) {
    it(`reads ${JSON.stringify(chunk)} as ${code}, and nothing after it`, () => {
      const events = decodeStream(chat, chunks(delta({ content: 'x' }), chunk, delta({ content: 'y' })));
      assert.deepEqual(gather(events).errors, [code]);
      assert.equal(gather(events).text, 'x');
      const event = events.find(({ type }) => type === 'error');
      assert.doesNotMatch(event?.type === 'error' ? event.error.message : '', /secret/);
    });
  }

  it('takes [DONE] also without the blank line at the very end, but no other cut event', () => {
    assert.deepEqual(decodeStream(chat, Buffer.from('data: [DONE]')), [{ type: 'end' }]);
    assert.deepEqual(decodeStream(chat, Buffer.from(`data: ${JSON.stringify(delta({ content: 'x' }))}`)), []);
    assert.deepEqual(
      decodeStream(messages, Buffer.from('event: message_stop\ndata: {"type":"message_stop"}')),
      [],
    );
  });
});

describe('decodeUsage', () => {
  function check(name: string, dialect: DialectName, usage: object, expected: number[]): void {
    it(`counts ${name}`, () => {
      const body =
        dialect === 'openai-chat'
          ? { choices: [{ message: { content: 'x' } }], usage }
          : { content: [{ type: 'text', text: 'x' }], usage };
      const found = dialects[dialect].decodeAnswer(body).usage!;
      assert.deepEqual(
        [
          found.inputTokens,
          found.cacheReadTokens,
          found.cacheWriteTokens,
          found.cacheWrite1hTokens,
          found.outputTokens,
          found.reasoningTokens,
        ],
        expected,
      );
      assert.equal(found.raw, usage);
    });
  }
  const base = { prompt_tokens: 100, completion_tokens: 20 };
  const reasoning = (reasoning_tokens: number) => ({ completion_tokens_details: { reasoning_tokens } });
  check('plain tokens', 'openai-chat', { ...base, total_tokens: 120 }, [100, 0, 0, 0, 20, 0]);
  check(
    'reasoning inside the completion',
    'openai-chat',
    { ...base, total_tokens: 120, ...reasoning(15) },
    [100, 0, 0, 0, 20, 15],
  );
  check(
    'reasoning apart',
    'openai-chat',
    { ...base, total_tokens: 150, ...reasoning(30) },
    [100, 0, 0, 0, 50, 30],
  );
  check(
    'reasoning that only the total shows',
    'openai-chat',
    { ...base, total_tokens: 150 },
    [100, 0, 0, 0, 50, 30],
  );
  check('no total', 'openai-chat', { ...base, ...reasoning(5) }, [100, 0, 0, 0, 20, 5]);
  check(
    'cached_tokens in details',
    'openai-chat',
    { ...base, cached_tokens: 7, prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 } },
    [100, 60, 10, 0, 20, 0],
  );
  check(
    'prompt_cache_hit_tokens',
    'openai-chat',
    { ...base, prompt_cache_hit_tokens: 60 },
    [100, 60, 0, 0, 20, 0],
  );
  check('cached_tokens at the top', 'openai-chat', { ...base, cached_tokens: 60 }, [100, 60, 0, 0, 20, 0]);
  check(
    'zero as a value',
    'openai-chat',
    { ...base, prompt_tokens_details: { cached_tokens: 0 }, prompt_cache_hit_tokens: 9 },
    [100, 0, 0, 0, 20, 0],
  );
  check(
    'nonsense as absent',
    'openai-chat',
    { ...base, prompt_tokens_details: { cached_tokens: -1 }, total_tokens: null },
    [100, 0, 0, 0, 20, 0],
  );
  check(
    'cached input apart',
    'anthropic-messages',
    {
      input_tokens: 4,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
    },
    [154, 100, 50, 30, 9, 5],
  );
  check(
    'writes that only the lifetimes show',
    'anthropic-messages',
    { input_tokens: 4, output_tokens: 9, cache_creation: { ephemeral_5m_input_tokens: 6 } },
    [10, 0, 6, 0, 9, 0],
  );

  it('gives nothing where a main count cannot be true, so that both are estimated', () => {
    for (const odd of [-1, 1.5, Number.NaN, 1e300, 100_000_001, '7']) {
      for (const usage of [
        { prompt_tokens: odd, completion_tokens: 20 },
        { prompt_tokens: 20, completion_tokens: odd },
      ]) {
        const answer = chat.decodeAnswer({ choices: [{ message: { content: 'x' } }], usage });
        assert.equal(answer.usage, undefined);
      }
      for (const usage of [
        { input_tokens: odd, output_tokens: 20 },
        { input_tokens: 20, output_tokens: odd },
      ]) {
        const answer = messages.decodeAnswer({ content: [{ type: 'text', text: 'x' }], usage });
        assert.equal(answer.usage, undefined);
      }
    }
  });

  it('merges what a Messages stream reports at its start and its end', () => {
    const events = decodeStream(
      messages,
      chunks(
        {
          type: 'message_start',
          message: { id: 'msg_1', usage: { input_tokens: 4, cache_read_input_tokens: 9, output_tokens: 1 } },
        },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { output_tokens: 7, cache_read_input_tokens: null },
        },
      ),
    );
    const usages = events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []));
    assert.deepEqual(
      usages.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]),
      [
        [13, 1],
        [13, 7],
      ],
    );
    assert.deepEqual(usages[1]!.raw, { input_tokens: 4, cache_read_input_tokens: 9, output_tokens: 7 });
  });
});

describe('Messages, eventDecoder()', () => {
  it('takes the arguments of a call that came whole at its start', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } };
    const events = decodeStream(
      messages,
      chunks(
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_stop', index: 0 },
      ),
    );
    assert.deepEqual(gather(events).toolCalls, [{ id: 'a', name: 'f', arguments: { x: 1 } }]);
  });

  it('says nothing to the client of tools that the provider runs itself', () => {
    const block = { type: 'server_tool_use', id: 'a', name: 'web_search', input: {} };
    const events = decodeStream(
      messages,
      chunks(
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'ping' },
      ),
    );
    assert.deepEqual(events, []);
  });

  it('reads an overloaded provider as one to try again', () => {
    const events = decodeStream(
      messages,
      Buffer.from(
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
      ),
    );
    const event = events[0]!;
    assert.ok(event.type === 'error' && event.error.retry);
    assert.equal(event.error.upstream?.type, 'overloaded_error');
  });

  it('reads a matched stop sequence', () => {
    const events = decodeStream(
      messages,
      chunks({ type: 'message_delta', delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' } }),
    );
    assert.deepEqual(events, [
      { type: 'finish', finish: { unified: 'stop', raw: 'stop_sequence', stopSequence: 'END' } },
    ]);
  });
});

function lines(dialect: DialectName, events: ChatEvent[], includeUsage = true): string[] {
  const framer = createSseFramer();
  return framer.push(encodeStream(dialects[dialect], events, includeUsage)).map(({ data }) => data!);
}

const done: ChatEvent = { type: 'end' };
const start: ChatEvent = { type: 'start', id: 'chatcmpl-9', model: 'up' };
const finished: ChatEvent = { type: 'finish', finish: { unified: 'stop', raw: 'stop' } };

describe('chat completions, eventEncoder()', () => {
  it('keeps an id of its own form, and makes one of the request’s id otherwise', () => {
    assert.match(lines('openai-chat', [start, done])[0]!, /^\{"id":"chatcmpl-9",/);
    assert.match(
      lines('openai-chat', [{ ...start, id: 'msg_1' } as ChatEvent, done])[0]!,
      /^\{"id":"chatcmpl-req_01",/,
    );
  });

  it('begins with the role, also when no start came', () => {
    const first = JSON.parse(lines('openai-chat', [{ type: 'text', text: 'x' }, done])[0]!);
    assert.deepEqual(first.choices[0].delta, { role: 'assistant', content: '', refusal: null });
    assert.equal(first.model, identity.model);
  });

  it('says a refusal without words in the finish reason', () => {
    const refused: ChatEvent = { type: 'finish', finish: { unified: 'refusal', raw: 'refusal' } };
    assert.match(lines('openai-chat', [start, refused, done]).at(-2)!, /"finish_reason":"content_filter"/);
  });

  it('ends an error without [DONE]', () => {
    const error = new GatewayError('stream_interrupted', 'The provider ended the stream early.');
    const text = encodeStream(chat, [
      start,
      { type: 'text', text: 'x' },
      { type: 'error', error },
    ]).toString();
    assert.match(
      text,
      /data: \{"error":\{"message":"The provider ended the stream early\.","type":"server_error","param":null,"code":"stream_interrupted"\}\}\n\n$/,
    );
    assert.doesNotMatch(text, /DONE/);
  });
});

describe('Messages, eventEncoder()', () => {
  const usage = {
    inputTokens: 10,
    cacheReadTokens: 4,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 5,
    reasoningTokens: 0,
  };

  it('holds message_delta until the usage that follows the finish', () => {
    const encoder = messages.eventEncoder(identity);
    encoder.encode(start);
    encoder.encode({ type: 'text', text: 'x' });
    assert.doesNotMatch(String(encoder.encode(finished)), /message_delta/);
    const delta = String(encoder.encode({ type: 'usage', usage }));
    assert.match(
      delta,
      /^event: message_delta\n.*"input_tokens":6,.*"cache_read_input_tokens":4,"output_tokens":5/s,
    );
    assert.equal(encoder.encode({ type: 'usage', usage }), '');
    assert.match(String(encoder.encode(done)), /^event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/);
  });

  it('shows the usage of the prompt in message_start when it came first', () => {
    const text = lines('anthropic-messages', [
      start,
      { type: 'usage', usage },
      { type: 'text', text: 'x' },
      done,
    ])[0]!;
    assert.equal(JSON.parse(text).message.usage.input_tokens, 6);
  });

  it('writes one tool call at a time, as soon as the one before is whole', () => {
    const encoder = messages.eventEncoder(identity);
    const seen = (event: ChatEvent) => String(encoder.encode(event)).match(/event: \w+|"index":\d/g) ?? [];
    encoder.encode({ type: 'tool-call', index: 0, id: 'a', name: 'f' });
    encoder.encode({ type: 'tool-arguments', index: 0, fragment: '{"x":' });
    assert.deepEqual(seen({ type: 'tool-call', index: 1, id: 'b', name: 'g' }), []);
    assert.deepEqual(seen({ type: 'tool-arguments', index: 1, fragment: '{' }), []);
    assert.deepEqual(
      seen({ type: 'tool-arguments', index: 0, fragment: '1}' }),
      [
        'event: content_block_delta',
        '"index":0',
        '"index":0',
        'event: content_block_stop',
        '"index":0',
        'event: content_block_start',
        '"index":1',
        '"index":1',
        'event: content_block_delta',
        '"index":1',
        '"index":1',
      ].filter((_, at) => ![2, 7, 10].includes(at)),
    );
    assert.deepEqual(seen({ type: 'tool-arguments', index: 1, fragment: '}' }), [
      'event: content_block_delta',
      '"index":1',
    ]);
  });

  it('refuses to hold more than waitingCharsMax behind an open call', () => {
    const encoder = messages.eventEncoder(identity);
    encoder.encode({ type: 'tool-call', index: 0, id: 'a', name: 'f' });
    encoder.encode({ type: 'tool-call', index: 1, id: 'b', name: 'g' });
    const fragment = 'x'.repeat(4 * 1024 * 1024);
    const write = () => {
      for (let i = 0; i < 5; i++) encoder.encode({ type: 'tool-arguments', index: 1, fragment });
    };
    assert.throws(write, { code: 'upstream_protocol' });
    assert.equal(encoder.encode(done), '');
  });

  it('says tool_use when calls were made and no reason came', () => {
    const events: ChatEvent[] = [{ type: 'tool-call', index: 0, id: 'a', name: 'f' }, done];
    assert.match(lines('anthropic-messages', events).at(-2)!, /"stop_reason":"tool_use"/);
  });
});
