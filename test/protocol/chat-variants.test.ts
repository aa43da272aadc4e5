import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChatEvent,
  createSseFramer,
  dialects,
  GatewayError,
  type JsonObject,
} from '../../src/protocol/index.ts';

/** Words and counts that vendors of chat completions use in their own way. */

const { decodeAnswer, eventDecoder } = dialects['openai-chat'];

function answer(finish: unknown, usage?: JsonObject): JsonObject {
  return {
    id: 'x',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: finish }],
    ...(usage === undefined ? {} : { usage }),
  };
}

function streamed(chunks: JsonObject[]): ChatEvent[] {
  const framer = createSseFramer();
  const decoder = eventDecoder();
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('');
  return framer.push(new TextEncoder().encode(text)).flatMap((frame) => decoder.decode(frame));
}

function chunk(delta: JsonObject, finish: unknown = null): JsonObject {
  return { id: 'x', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] };
}

test('ends of an answer have one meaning, whatever the word', () => {
  const cases: [string, string][] = [
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['normal', 'stop'],
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filter', 'content-filter'],
    ['sensitive', 'content-filter'],
    ['repetition_truncation', 'other'],
  ];
  for (const [word, unified] of cases) {
    assert.deepEqual(decodeAnswer(answer(word)).finish, { unified, raw: word });
    const finish = streamed([chunk({ content: 'a' }), chunk({}, word)]).find(({ type }) => type === 'finish');
    assert.deepEqual(finish, { type: 'finish', finish: { unified, raw: word } });
  }
});

test('an end that means the vendor broke down is a failure', () => {
  for (const word of ['network_error', 'insufficient_system_resource']) {
    assert.throws(
      () => decodeAnswer(answer(word)),
      (thrown: unknown) =>
        thrown instanceof GatewayError &&
        thrown.code === 'stream_interrupted' &&
        thrown.upstream?.code === word,
    );
    const events = streamed([
      chunk({ content: 'a' }),
      chunk({ content: 'b' }, word),
      chunk({ content: 'c' }),
    ]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'text', 'text', 'error'],
    );
  }
});

test('an empty end in every chunk ends nothing', () => {
  for (const nothing of ['', 'null', null]) {
    const events = streamed([
      chunk({ content: 'a' }, nothing),
      chunk({ content: 'b' }, nothing),
      chunk({}, 'length'),
    ]);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'text', 'text', 'finish'],
    );
  }
});

test('a closing chunk that repeats the whole message adds nothing to it', () => {
  const whole = {
    id: 'x',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ab' }, finish_reason: 'stop' }],
  };
  const texts = (events: ChatEvent[]) =>
    events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
  assert.deepEqual(texts(streamed([chunk({ content: 'a' }), chunk({ content: 'b' }), whole])), ['a', 'b']);
  assert.deepEqual(texts(streamed([whole])), ['ab']);
});

test('usage is read in each vendor’s form, and nothing is counted twice', () => {
  const cases: [string, JsonObject, [number, number, number, number, number]][] = [
    [
      'cached tokens at the top, beside the same in the details',
      {
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 110,
        cached_tokens: 60,
        prompt_tokens_details: { cached_tokens: 60 },
      },
      [100, 60, 0, 10, 0],
    ],
    [
      'hits and misses',
      {
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 110,
        prompt_cache_hit_tokens: 60,
        prompt_cache_miss_tokens: 40,
      },
      [100, 60, 0, 10, 0],
    ],
    [
      'hits and misses alone',
      {
        completion_tokens: 10,
        total_tokens: 110,
        prompt_cache_hit_tokens: 60,
        prompt_cache_miss_tokens: 40,
      },
      [100, 60, 0, 10, 0],
    ],
    [
      'a cache written on request',
      {
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 110,
        prompt_tokens_details: { cached_tokens: 20, cache_creation_input_tokens: 70 },
      },
      [100, 20, 70, 10, 0],
    ],
    [
      'reasoning inside the completion',
      {
        prompt_tokens: 5,
        completion_tokens: 50,
        total_tokens: 55,
        completion_tokens_details: { reasoning_tokens: 40 },
      },
      [5, 0, 0, 50, 40],
    ],
  ];
  for (const [what, usage, expected] of cases) {
    const read = decodeAnswer(answer('stop', usage)).usage;
    assert.deepEqual(
      [
        read?.inputTokens,
        read?.cacheReadTokens,
        read?.cacheWriteTokens,
        read?.outputTokens,
        read?.reasoningTokens,
      ],
      expected,
      what,
    );
  }
});
