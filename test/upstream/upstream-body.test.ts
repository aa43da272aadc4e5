import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import { dialects, type JsonObject, parseJsonBody } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import { upstreamBody } from '../../src/upstream/upstream-body.ts';

const catalog = createCatalog({
  providers: [
    createProvider({ id: 'openai', vendor: 'openai', apiKey: 'k' }),
    createProvider({ id: 'anthropic', vendor: 'anthropic', apiKey: 'k' }),
    createProvider({ id: 'engine', vendor: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' }),
  ],
  deployments: [{ model: 'some-model', provider: 'engine', name: 'org/Some-Model' }],
});

function sent(dialect: 'openai-chat' | 'anthropic-messages', body: string, deployment: string) {
  const bytes = new TextEncoder().encode(body);
  const request = dialects[dialect].decodeRequest(parseJsonBody(bytes), bytes);
  const made = upstreamBody(request, catalog.candidates(deployment)[0]!);
  return {
    ...made,
    text: new TextDecoder().decode(made.bytes),
    body: parseJsonBody(made.bytes) as JsonObject,
  };
}

const messages = '"messages":[{"role":"user","content":"hi"}]';

test('same dialect: only the model name changes', () => {
  const { text, passthrough } = sent(
    'openai-chat',
    `{"model":"auto", ${messages}, "x":1.0}`,
    'engine/some-model',
  );
  assert.equal(text, `{"model":"org/Some-Model", ${messages}, "x":1.0}`);
  assert.equal(passthrough, true);
});

test('same dialect: usage is asked for in a stream, beside the client’s other stream options', () => {
  const { body, hidesUsage } = sent(
    'openai-chat',
    `{"model":"auto","stream":true,"stream_options":{"include_obfuscation":false},${messages}}`,
    'engine/some-model',
  );
  assert.deepEqual(body['stream_options'], { include_obfuscation: false, include_usage: true });
  assert.equal(hidesUsage, true);
});

test('same dialect: the output limit goes under the name the upstream knows', () => {
  const { body } = sent(
    'openai-chat',
    `{"model":"auto","max_completion_tokens":9,${messages}}`,
    'engine/some-model',
  );
  assert.deepEqual([body['max_tokens'], body['max_completion_tokens']], [9, undefined]);
});

for (const [dialect, deployment] of [
  ['openai-chat', 'openai/gpt-5'],
  ['openai-chat', 'anthropic/claude-haiku-5-5'],
  ['anthropic-messages', 'openai/gpt-5'],
  ['anthropic-messages', 'anthropic/claude-haiku-5-5'],
] as const) {
  test(`${dialect} → ${deployment}: a model that refuses sampling gets none, and what was lost is named`, () => {
    const body = `{"model":"auto","max_tokens":100,"temperature":0.2,"top_p":1,${messages}}`;
    const made = sent(dialect, body, deployment);
    assert.deepEqual([made.body['temperature'], made.body['top_p']], [undefined, undefined]);
    assert.deepEqual(made.dropped, ['temperature']);
  });
}

test('a model that takes sampling keeps it', () => {
  assert.equal(
    sent('openai-chat', `{"model":"auto","temperature":0.2,${messages}}`, 'openai/gpt-4o').body[
      'temperature'
    ],
    0.2,
  );
});

test('a message of which nothing can be translated is refused by name, and passes where it need not be', () => {
  const body =
    '{"model":"auto","max_tokens":9,"messages":[{"role":"user","content":[{"type":"txt","text":"a"}]}]}';
  assert.throws(() => sent('anthropic-messages', body, 'openai/gpt-4o'), /messages\[0\].*txt/);
  assert.equal(sent('anthropic-messages', body, 'anthropic/claude-haiku-4-5').passthrough, true);
});

function preset(dialect: 'openai-chat' | 'anthropic-messages', name: string, extra = '') {
  const bytes = new TextEncoder().encode(`{"model":"x","max_tokens":9000,${extra}${messages}}`);
  const request = dialects[dialect].decodeRequest(parseJsonBody(bytes), bytes);
  return parseJsonBody(upstreamBody(request, catalog.candidates(name)[0]!).bytes) as JsonObject;
}

test('an effort preset replaces what the client said of thinking, in a body that passes', () => {
  const low = preset('openai-chat', 'openai/gpt-5.5#low', '"reasoning_effort":"high",');
  assert.equal(low['reasoning_effort'], 'low');
  const off = preset(
    'anthropic-messages',
    'anthropic/claude-haiku-4-5#off',
    '"thinking":{"type":"enabled","budget_tokens":2000},',
  );
  assert.deepEqual(off['thinking'], { type: 'disabled' });
  assert.equal(
    preset('openai-chat', 'openai/gpt-5.5', '"reasoning_effort":"high",')['reasoning_effort'],
    'high',
  );
});

test('an effort preset replaces it in a translation', () => {
  const off = preset('openai-chat', 'anthropic/claude-haiku-4-5#off', '"reasoning_effort":"high",');
  assert.deepEqual(off['thinking'] ?? { type: 'disabled' }, { type: 'disabled' });
  const high = preset('openai-chat', 'anthropic/claude-haiku-4-5#high');
  assert.equal((high['thinking'] as JsonObject)['type'], 'enabled');
});
