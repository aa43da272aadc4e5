import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientDialects, dialects, parseExact, parseJsonBody } from '../../src/protocol/index.ts';

const id = '12345678901234567890';

test('a long number is written again digit by digit, and others are numbers', () => {
  for (const kept of [
    `{"id":${id}}`,
    `[-${id},0.12345678901234567890]`,
    `{"a":[{"b":9007199254740993}],"c":1.5}`,
    `{"long":"${id}","n":1}`,
  ]) {
    assert.equal(JSON.stringify(parseExact(kept)), kept);
  }
  assert.deepEqual(parseExact('{"float":0.30000000000000004,"count":123}'), {
    float: 0.30000000000000004,
    count: 123,
  });
});

test('whatever JavaScript can write comes back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      assert.deepEqual(parseExact(json), JSON.parse(json));
    }),
  );
});

test('the settings of a request are numbers, however long', () => {
  const bytes = Buffer.from(`{"model":"m","seed":${id},"messages":[{"role":"user","content":"x"}]}`);
  const request = dialects['openai-chat'].decodeRequest(parseJsonBody(bytes), bytes);
  assert.equal(request.sampling.seed, Number(id));
});

const target = {
  model: 'm',
  defaultMaxOutputTokens: 100,
  maxTokensField: 'max_tokens',
  jsonSchema: true,
  reasoningControl: 'none',
} as const;

const histories = {
  'openai-chat': `{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"id\\":${id}}"}}]},{"role":"tool","tool_call_id":"c","content":"y"}]}`,
  'openai-responses': `{"model":"m","input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{\\"id\\":${id}}"},{"type":"function_call_output","call_id":"c","output":"y"}]}`,
  'anthropic-messages': `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"id":${id}}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"y"}]}]}`,
  gemini: `{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{"id":${id}}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"y"}}}]}]}`,
  'bedrock-converse': `{"messages":[{"role":"user","content":[{"text":"x"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":{"id":${id}}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"c","content":[{"text":"y"}]}}]}]}`,
} as const;
const names = Object.keys(histories) as (keyof typeof histories)[];

for (const from of names) {
  test(`a long id in the arguments of a ${from} history reaches every dialect whole`, () => {
    const bytes = Buffer.from(histories[from]);
    const request = clientDialects[from].decodeRequest(parseJsonBody(bytes), bytes, {
      model: 'm',
      stream: false,
    });
    for (const to of names) {
      const sent = JSON.stringify(dialects[to].encodeRequest(request, target).body);
      assert.match(sent, new RegExp(`\\\\?"id\\\\?":${id}\\b`), to);
    }
  });
}

const answers = {
  'anthropic-messages': `{"id":"msg_1","content":[{"type":"tool_use","id":"c","name":"f","input":{"id":${id}}}],"stop_reason":"tool_use"}`,
  gemini: `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"id":${id}}}}]},"finishReason":"STOP"}]}`,
  'bedrock-converse': `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":{"id":${id}}}}]}},"stopReason":"tool_use"}`,
} as const;

test('a long id in the arguments of an answer reaches every dialect whole', () => {
  const identity = { requestId: 'req_1', model: 'm', createdAtSeconds: 1, includeUsage: true };
  for (const from of Object.keys(answers) as (keyof typeof answers)[]) {
    const answer = dialects[from].decodeAnswer(parseExact(answers[from]) as { [key: string]: unknown });
    for (const to of names) {
      const written = JSON.stringify(dialects[to].encodeAnswer(answer, identity));
      assert.match(written, new RegExp(`\\\\?"id\\\\?":${id}\\b`), `${from} to ${to}`);
    }
  }
});
