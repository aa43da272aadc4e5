import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import {
  type ChatEvent,
  createSseFramer,
  dialects,
  type ErrorCode,
  errorTable,
  GatewayError,
  type JsonObject,
} from '../../src/protocol/index.ts';
import { responsesOracle } from './support/responses-grammar.ts';
import { decodeStream, encodeStream, gather, identity } from './support/streams.ts';

const responses = dialects['openai-responses'];
const oracle = responsesOracle();

function frames(...list: object[]): Buffer {
  return Buffer.from(list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
}

function read(...list: object[]) {
  return gather(decodeStream(responses, frames(...list)));
}

function framesOf(bytes: Uint8Array) {
  const framer = createSseFramer();
  return [...framer.push(bytes), ...framer.end()];
}

function bodiesOf(bytes: Uint8Array): JsonObject[] {
  return framesOf(bytes).map(({ data }) => JSON.parse(data!) as JsonObject);
}

const created = { type: 'response.created', response: { id: 'resp_1', model: 'm' } };
const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } };
const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f' };

describe('Responses, eventDecoder()', () => {
  const whole = { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] };
  const delta = (said: string, place: object = { output_index: 0 }) => ({
    type: 'response.output_text.delta',
    delta: said,
    ...place,
  });
  const texts: [string, object[]][] = [
    ['deltas', [delta('Hel'), delta('lo')]],
    [
      'deltas before a whole item',
      [delta('Hello'), { type: 'response.output_item.done', output_index: 0, item: whole }],
    ],
    ['a whole item alone', [{ type: 'response.output_item.done', output_index: 0, item: whole }]],
    [
      'an item named by its place, its deltas by its id',
      [
        { type: 'response.output_item.added', output_index: 3, item: { type: 'message' } },
        delta('Hello', { item_id: 'msg_1' }),
        { type: 'response.output_item.done', output_index: 3, item: whole },
      ],
    ],
    [
      'events of other kinds between',
      [delta('Hel'), { type: 'response.web_search_call.searching' }, delta('lo')],
    ],
  ];
  for (const [name, list] of texts) {
    it(`reads text from ${name}, once`, () => {
      const gathered = read(created, ...list, completed);
      assert.deepEqual([gathered.text, gathered.finish, gathered.ended], ['Hello', 'stop', true]);
    });
  }

  it('reads an answer that came only in the last event', () => {
    const gathered = read(created, {
      type: 'response.completed',
      response: { status: 'completed', output: [whole, { ...call, arguments: '{"a":1}' }] },
    });
    assert.equal(gathered.text, 'Hello');
    assert.deepEqual(gathered.toolCalls, [{ id: 'c1', name: 'f', arguments: { a: 1 } }]);
  });

  const added = { type: 'response.output_item.added', output_index: 0, item: call };
  const done = {
    type: 'response.output_item.done',
    output_index: 0,
    item: { ...call, arguments: '{"a":1}' },
  };
  const fragment = (json: string) => ({
    type: 'response.function_call_arguments.delta',
    item_id: 'fc_1',
    output_index: 0,
    delta: json,
  });
  const argued = {
    type: 'response.function_call_arguments.done',
    item_id: 'fc_1',
    output_index: 0,
    arguments: '{"a":1}',
  };
  const calls: [string, object[]][] = [
    ['deltas', [added, fragment('{"a"'), fragment(':1}'), argued, done]],
    ['the whole arguments alone', [added, argued, done]],
    ['the whole item alone', [done]],
    ['an item without deltas', [added, done]],
  ];
  for (const [name, list] of calls) {
    it(`reads a tool call from ${name}, once`, () => {
      const gathered = read(created, ...list, completed);
      assert.deepEqual(gathered.toolCalls, [{ id: 'c1', name: 'f', arguments: { a: 1 } }]);
      assert.equal(gathered.finish, 'tool-calls');
    });
  }

  it('keeps parallel calls apart where every item has the same place', () => {
    const second = { ...call, id: 'fc_2', call_id: 'c2', name: 'g' };
    const gathered = read(
      created,
      added,
      fragment('{"a":1}'),
      done,
      { type: 'response.output_item.added', output_index: 0, item: second },
      { type: 'response.function_call_arguments.delta', item_id: 'fc_2', output_index: 0, delta: '{}' },
      { type: 'response.output_item.done', output_index: 0, item: { ...second, arguments: '{}' } },
      completed,
    );
    assert.deepEqual(
      gathered.toolCalls.map(({ id, name }) => [id, name]),
      [
        ['c1', 'f'],
        ['c2', 'g'],
      ],
    );
  });

  it('takes no arguments for an empty object', () => {
    const gathered = read(created, added, { ...done, item: { ...call, arguments: '' } }, completed);
    assert.deepEqual(gathered.toolCalls, [{ id: 'c1', name: 'f', arguments: {} }]);
  });

  it('reads thinking or its summary, whichever comes first, with paragraphs between summaries', () => {
    const summary = (index: number, said: string) => ({
      type: 'response.reasoning_summary_text.delta',
      output_index: 0,
      summary_index: index,
      delta: said,
    });
    const raw = { type: 'response.reasoning_text.delta', output_index: 0, delta: 'raw' };
    assert.equal(
      read(created, summary(0, 'A'), summary(0, 'B'), summary(1, 'C'), raw, completed).reasoning,
      'AB\n\nC',
    );
    assert.equal(read(created, raw, summary(0, 'A'), completed).reasoning, 'raw');
  });

  it('binds encrypted thinking to its item and this dialect', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' };
    const gathered = read(created, { type: 'response.output_item.done', output_index: 0, item }, completed);
    assert.deepEqual(gathered.signatures, ['openai-responses:rs_1:gAAA']);
  });

  const finishes: [JsonObject, string][] = [
    [{ status: 'completed' }, 'stop'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: null }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content-filter'],
    [{ status: 'incomplete', incomplete_details: { reason: 'novel' } }, 'other'],
    [{ status: 'cancelled' }, 'other'],
  ];
  for (const [response, finish] of finishes) {
    it(`reads ${JSON.stringify(response)} as ${finish}`, () => {
      assert.equal(read(created, { type: 'response.completed', response }).finish, finish);
    });
  }

  const failures: [object, ErrorCode][] = [
    [{ type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null }, 'upstream_rate_limited'],
    [{ type: 'error', error: { type: 'invalid_request_error', message: 'm' } }, 'upstream_rejected'],
    [{ error: { message: 'm' } }, 'upstream_unavailable'],
    [
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'm' } },
      },
      'upstream_unavailable',
    ],
    [
      { type: 'response.failed', response: { error: { code: 'context_length_exceeded', message: 'm' } } },
      'upstream_rejected',
    ],
    [{ type: 'response.failed', response: { status: 'failed', error: null } }, 'upstream_unavailable'],
  ];
  for (const [event, code] of failures) {
    it(`reads ${JSON.stringify(event)} as ${code}, and nothing after it`, () => {
      const gathered = read(created, event, { type: 'response.output_text.delta', delta: 'x' }, completed);
      assert.deepEqual([gathered.errors, gathered.text, gathered.ended], [[code], '', false]);
    });
  }

  it('keeps what a failed response used', () => {
    const usage = { input_tokens: 5, output_tokens: 2, total_tokens: 7 };
    const gathered = read(created, { type: 'response.failed', response: { usage, error: { message: 'm' } } });
    assert.deepEqual([gathered.usage?.inputTokens, gathered.usage?.outputTokens], [5, 2]);
  });

  it('does not take [DONE] for the end of an answer that was not completed', () => {
    const events = decodeStream(responses, Buffer.concat([frames(created), Buffer.from('data: [DONE]\n\n')]));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start'],
    );
  });

  it('counts reasoning that a vendor counts apart, and trusts no count that cannot be true', () => {
    const counted = (usage: object) =>
      responses.decodeAnswer({ output: [], status: 'completed', usage }).usage;
    const apart = counted({ input_tokens: 10, output_tokens: 5, total_tokens: 45 });
    assert.deepEqual([apart?.outputTokens, apart?.reasoningTokens], [35, 30]);
    assert.equal(counted({ input_tokens: -1, output_tokens: 5 }), undefined);
    assert.equal(counted({}), undefined);
    const cached = counted({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 8, cache_write_tokens: 2 },
      output_tokens: 5,
    });
    assert.deepEqual([cached?.cacheReadTokens, cached?.cacheWriteTokens], [8, 2]);
  });
});

describe('Responses, eventEncoder()', () => {
  const start: ChatEvent = { type: 'start', id: 'chatcmpl-1', model: 'm' };
  const finish: ChatEvent = { type: 'finish', finish: { unified: 'stop', raw: undefined } };
  const usage: ChatEvent = {
    type: 'usage',
    usage: {
      inputTokens: 9,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 4,
      reasoningTokens: 0,
    },
  };

  it('tells an answer step by step', () => {
    const bytes = encodeStream(responses, [
      start,
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
      { type: 'tool-call', index: 0, id: 'c1', name: 'f' },
      { type: 'tool-arguments', index: 0, fragment: '{}' },
      finish,
      usage,
      { type: 'end' },
    ]);
    oracle.stream(framesOf(bytes));
    assert.deepEqual(
      bodiesOf(bytes).map(({ type }) => String(type).replace('response.', '')),
      [
        'created',
        'in_progress',
        'output_item.added',
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.done',
        'reasoning_summary_part.done',
        'output_item.done',
        'output_item.added',
        'content_part.added',
        'output_text.delta',
        'output_text.done',
        'content_part.done',
        'output_item.done',
        'output_item.added',
        'function_call_arguments.delta',
        'function_call_arguments.done',
        'output_item.done',
        'completed',
      ],
    );
  });

  it('names everything after the request, and repeats what was asked', () => {
    const body = {
      model: 'auto',
      input: 'x',
      instructions: 'Be brief.',
      tools: [
        { type: 'function', name: 'f' },
        { type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'find' }] },
      ],
      tool_choice: { type: 'function', name: 'f' },
      temperature: 0,
      metadata: { a: 'b' },
      reasoning: { effort: 'low' },
      max_output_tokens: 50,
    };
    const request = responses.decodeRequest(body, new Uint8Array());
    const parts = [
      { type: 'text' as const, text: 'Hi' },
      { type: 'tool-call' as const, id: 'c1', name: 'crm__find', arguments: '' },
    ];
    const answer = {
      id: 'chatcmpl-1',
      model: 'm',
      parts,
      finish: { unified: 'tool-calls', raw: undefined },
    } as const;
    const response = responses.encodeAnswer({ ...answer, parts, usage: undefined }, { ...identity, request });
    oracle.response(JSON.parse(JSON.stringify(response)));
    assert.equal(response['id'], 'resp_req_01');
    assert.deepEqual(response['output'], [
      {
        id: 'msg_req_01_0',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
      },
      {
        id: 'fc_req_01_1',
        type: 'function_call',
        status: 'completed',
        arguments: '{}',
        call_id: 'c1',
        namespace: 'crm',
        name: 'find',
      },
    ]);
    assert.deepEqual(
      [
        response['instructions'],
        response['temperature'],
        response['metadata'],
        response['max_output_tokens'],
      ],
      ['Be brief.', 0, { a: 'b' }, 50],
    );
    assert.deepEqual(response['tool_choice'], { type: 'function', name: 'f' });
    assert.deepEqual(response['reasoning'], { effort: 'low', summary: null });
    assert.deepEqual(response['tools'], [
      { type: 'function', name: 'f', description: null, parameters: null, strict: null },
    ]);
  });

  it('holds the last event until the usage that follows the finish', () => {
    const encoder = responses.eventEncoder(identity);
    const texts = [start, { type: 'text', text: 'Hi' } as const, finish].map((event) =>
      encoder.encode(event),
    );
    assert.ok(texts.every((text) => !String(text).includes('response.completed')));
    const last = String(encoder.encode(usage));
    assert.match(last, /^event: response.completed\n/);
    assert.match(last, /"input_tokens":9/);
    assert.equal(encoder.encode({ type: 'end' }), '');
  });

  it('says when the answer was complete', () => {
    let now = 100;
    const encoder = responses.eventEncoder({ ...identity, elapsedMs: () => now });
    encoder.encode(start);
    now += 2500;
    encoder.encode(finish);
    const [last] = bodiesOf(Buffer.from(encoder.encode({ type: 'end' })));
    const response = last!['response'] as JsonObject;
    assert.equal(Number(response['completed_at']) - Number(response['created_at']), 2);
  });

  it('writes one tool call at a time', () => {
    const bytes = encodeStream(responses, [
      { type: 'tool-call', index: 0, id: 'c1', name: 'f' },
      { type: 'tool-call', index: 1, id: 'c2', name: 'g' },
      { type: 'tool-arguments', index: 1, fragment: '{"b":2}' },
      { type: 'tool-arguments', index: 0, fragment: '{"a":1}' },
      { type: 'end' },
    ]);
    oracle.stream(framesOf(bytes));
    const done = bodiesOf(bytes).filter(({ type }) => type === 'response.function_call_arguments.done');
    assert.deepEqual(
      done.map((body) => [body['output_index'], body['name'], body['arguments']]),
      [
        [0, 'f', '{"a":1}'],
        [1, 'g', '{"b":2}'],
      ],
    );
  });

  it('says an answer that was cut or filtered', () => {
    const cases = [
      ['length', 'max_output_tokens'],
      ['content-filter', 'content_filter'],
      ['refusal', 'content_filter'],
    ] as const;
    for (const [unified, reason] of cases) {
      const bytes = encodeStream(responses, [
        { type: 'text', text: 'Hi' },
        { type: 'finish', finish: { unified, raw: undefined } },
        { type: 'end' },
      ]);
      oracle.stream(framesOf(bytes));
      const last = bodiesOf(bytes).at(-1)!;
      assert.equal(last['type'], 'response.incomplete');
      const response = last['response'] as JsonObject;
      assert.deepEqual(response['incomplete_details'], { reason });
      assert.equal((response['output'] as JsonObject[])[0]!['status'], 'incomplete');
    }
  });

  it('refuses to hold more than answerCharsMax', () => {
    const encoder = responses.eventEncoder(identity);
    const text = 'x'.repeat(8 * 1024 * 1024);
    for (let i = 0; i < 8; i++) encoder.encode({ type: 'text', text });
    assert.throws(() => encoder.encode({ type: 'text', text: 'x' }), { code: 'upstream_protocol' });
    assert.equal(encoder.encode({ type: 'end' }), '');
  });
});

describe('Responses, errors', () => {
  const failure = new GatewayError('stream_interrupted', 'The provider ended the stream early.');

  it('ends a broken stream by an error, then a failed response', async () => {
    const bytes = Buffer.from(responses.encodeErrorFrame(failure, 'req_01'));
    const [error, failed] = bodiesOf(bytes);
    assert.deepEqual(error!['error'], {
      message: failure.message,
      type: 'server_error',
      param: null,
      code: 'stream_interrupted',
    });
    assert.deepEqual([error!['type'], error!['message']], ['error', failure.message]);
    const response = failed!['response'] as JsonObject;
    oracle.response(response);
    assert.deepEqual([response['id'], response['status']], ['resp_req_01', 'failed']);
    assert.deepEqual(response['error'], { code: 'server_error', message: failure.message });
    const fetch = async () =>
      new Response(bytes, { status: 200, headers: { 'content-type': 'text/event-stream' } });
    const client = new OpenAI({ apiKey: 'test', baseURL: 'http://127.0.0.1/v1', fetch });
    const stream = await client.responses.create({ model: 'm', input: 'x', stream: true });
    await assert.rejects(
      async () => {
        for await (const _ of stream);
      },
      (thrown) => thrown instanceof OpenAI.APIError && thrown.message.includes('ended the stream early'),
    );
  });

  it('says a final refusal by a status that no agent repeats', () => {
    const status = (code: ErrorCode) => responses.statusOf!(new GatewayError(code, 'm'));
    assert.deepEqual(
      [status('budget_exceeded'), status('forbidden'), status('body_too_large'), status('model_not_found')],
      [429, 429, 400, 404],
    );
    const refused = responses.encodeError(new GatewayError('budget_exceeded', 'm'), 'r')[
      'error'
    ] as JsonObject;
    assert.deepEqual([refused['type'], refused['code']], ['insufficient_quota', 'insufficient_quota']);
  });

  it('is understood by the official SDK for every code of the table', async () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const error = new GatewayError(code, `about ${code}`);
      const fetch = async () =>
        new Response(JSON.stringify(responses.encodeError(error, 'req_01')), {
          status: responses.statusOf!(error),
          headers: { 'content-type': 'application/json' },
        });
      const client = new OpenAI({ apiKey: 'test', maxRetries: 0, baseURL: 'http://127.0.0.1', fetch });
      await assert.rejects(
        client.responses.create({ model: 'm', input: 'x' }),
        (thrown) => thrown instanceof OpenAI.APIError && thrown.message.includes(`about ${code}`),
      );
    }
  });
});
