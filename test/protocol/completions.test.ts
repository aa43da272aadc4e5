import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import OpenAI from 'openai';
import {
  type ChatEvent,
  clientDialects,
  createSseFramer,
  dialects,
  GatewayError,
  type JsonObject,
} from '../../src/protocol/index.ts';
import { openAiSchemas, schemaMissing } from './support/openai-schema.ts';
import { identity } from './support/streams.ts';

const completions = clientDialects['openai-completions'];
const validate =
  schemaMissing === false
    ? openAiSchemas(['CreateCompletionResponse'])['CreateCompletionResponse']
    : undefined;

function valid(value: unknown): void {
  if (validate !== undefined) assert.ok(validate(value), JSON.stringify(validate.errors?.slice(0, 3)));
}

function decode(fields: JsonObject) {
  const body = { model: 'auto', prompt: 'Once', ...fields };
  return completions.decodeRequest(body, Buffer.from(JSON.stringify(body)));
}

const usage = {
  inputTokens: 3,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
};
const events: ChatEvent[] = [
  { type: 'start', id: 'x', model: 'm' },
  { type: 'reasoning', text: 'Hm' },
  { type: 'text', text: ' upon' },
  { type: 'text', text: ' a time' },
  { type: 'finish', finish: { unified: 'length', raw: undefined } },
  { type: 'usage', usage },
  { type: 'end' },
];

function encode(list: readonly ChatEvent[], includeUsage: boolean): string {
  const encoder = completions.eventEncoder({ ...identity, includeUsage });
  return list.map((event) => encoder.encode(event)).join('');
}

describe('completions, decodeRequest()', () => {
  it('asks the prompt as the user', () => {
    const request = decode({
      max_tokens: 5,
      stop: 'x',
      stream: true,
      stream_options: { include_usage: true },
    });
    assert.deepEqual(request.messages, [{ role: 'user', parts: [{ type: 'text', text: 'Once' }] }]);
    assert.deepEqual([request.sampling.maxOutputTokens, request.sampling.stop], [5, ['x']]);
    assert.equal(request.wantsStreamUsage, true);
    assert.deepEqual(decode({ prompt: ['Once'] }).messages, request.messages);
  });

  it('has the limit that the format has where the client names none', () => {
    assert.equal(decode({}).sampling.maxOutputTokens, 16);
  });

  const refused: [string, JsonObject, RegExp][] = [
    ['prompt', { prompt: '' }, /non-empty/],
    ['prompt', { prompt: null }, /non-empty/],
    ['prompt', { prompt: ['a', 'b'] }, /one prompt/],
    ['prompt', { prompt: [1, 2] }, /token ids/],
    ['prompt', { prompt: [[1, 2]] }, /token ids/],
    ['suffix', { suffix: 'end' }, /left out/],
    ['n', { n: 2 }, /ask again/],
    ['max_tokens', { max_tokens: 0 }, /at least 1/],
    ['stop', { stop: 3 }, /array of strings/],
  ];
  for (const [param, fields, message] of refused) {
    it(`refuses ${JSON.stringify(fields)}, naming ${param}`, () => {
      assert.throws(
        () => decode(fields),
        (thrown) => thrown instanceof GatewayError && thrown.param === param && message.test(thrown.message),
      );
    });
  }

  it('names what no upstream can be asked for', () => {
    const request = decode({ echo: true, logprobs: 2, best_of: 3, logit_bias: { 1: 1 }, suffix: null, n: 1 });
    const target = {
      model: 'up',
      defaultMaxOutputTokens: 4096,
      maxTokensField: 'max_tokens',
      jsonSchema: true,
      reasoningControl: 'none',
    } as const;
    for (const dialect of [dialects['openai-chat'], dialects['anthropic-messages']]) {
      const { dropped } = dialect.encodeRequest(request, target);
      assert.deepEqual(dropped.toSorted(), ['best_of', 'echo', 'logit_bias', 'logprobs']);
    }
    const { dropped } = dialects['openai-chat'].encodeRequest(decode({ best_of: 1, echo: false }), target);
    assert.deepEqual(dropped, []);
  });
});

describe('completions, answers', () => {
  it('are text and nothing else', () => {
    const answer = completions.encodeAnswer(
      {
        id: 'x',
        model: 'm',
        parts: [
          { type: 'reasoning', text: 'Hm' },
          { type: 'text', text: ' upon' },
          { type: 'text', text: ' a time' },
        ],
        finish: { unified: 'stop', raw: undefined },
        usage,
      },
      identity,
    );
    valid(answer);
    assert.deepEqual(answer['choices'], [
      { index: 0, text: ' upon a time', logprobs: null, finish_reason: 'stop' },
    ]);
    assert.deepEqual([answer['id'], answer['object']], ['cmpl-req_01', 'text_completion']);
  });

  it('stream as chunks that validate, with usage only for those who asked, and are read by the official SDK', async () => {
    for (const includeUsage of [true, false]) {
      const bytes = Buffer.from(encode(events, includeUsage));
      const frames = createSseFramer().push(bytes);
      assert.equal(frames.pop()?.data, '[DONE]');
      // The schema is that of a whole answer; before the end of a stream there is no reason yet.
      for (const { data } of frames) {
        valid(JSON.parse(data!.replace('"finish_reason":null', '"finish_reason":"stop"')));
      }
      assert.equal(frames.filter(({ data }) => data!.includes('"usage"')).length, includeUsage ? 1 : 0);
      const fetch = async () =>
        new Response(bytes, { status: 200, headers: { 'content-type': 'text/event-stream' } });
      const client = new OpenAI({ apiKey: 'test', baseURL: 'http://127.0.0.1/v1', fetch });
      const stream = await client.completions.create({ model: 'm', prompt: 'Once', stream: true });
      let text = '';
      let finish: string | undefined;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.text ?? '';
        finish = chunk.choices[0]?.finish_reason ?? finish;
      }
      assert.deepEqual([text, finish], [' upon a time', 'length']);
    }
  });

  it('end an error without [DONE], and write nothing after it', () => {
    const error = new GatewayError('stream_interrupted', 'It broke.');
    const text = encode([...events.slice(0, 3), { type: 'error', error }, { type: 'end' }], true);
    assert.match(text, /It broke/);
    assert.doesNotMatch(text, /DONE/);
  });
});
