import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import { clientDialects, parseJsonBody } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import { upstreamBody } from '../../src/upstream/upstream-body.ts';

const catalog = createCatalog({
  providers: [
    createProvider({ id: 'engine', vendor: 'openai-compatible', baseUrl: 'http://127.0.0.1:1/v1' }),
    createProvider({ id: 'claude', vendor: 'anthropic', apiKey: 'k' }),
  ],
  deployments: [
    { provider: 'engine', model: 'plain' },
    { provider: 'claude', model: 'sonnet' },
  ],
});

function dropped(
  dialect: 'openai-chat' | 'gemini' | 'bedrock-converse',
  body: object,
  model: string,
): string[] {
  const bytes = Buffer.from(JSON.stringify(dialect === 'openai-chat' ? { model: 'm', ...body } : body));
  const path = { model: 'm', stream: false };
  const request = clientDialects[dialect].decodeRequest(parseJsonBody(bytes), bytes, path);
  return upstreamBody(request, catalog.candidates(model)[0]!).dropped.toSorted();
}

const contents = [{ role: 'user', parts: [{ text: 'x' }] }];

test('what is lost has the name that the client gave it', () => {
  const generationConfig = { seed: 1, presencePenalty: 0.5, topK: 3, stopSequences: [' '] };
  assert.deepEqual(dropped('gemini', { contents, generationConfig }, 'sonnet'), [
    'generationConfig.presencePenalty',
    'generationConfig.seed',
    'generationConfig.stopSequences',
  ]);
  assert.deepEqual(dropped('gemini', { contents, generationConfig }, 'plain'), ['generationConfig.topK']);
  const messages = [{ role: 'user', content: [{ text: 'x' }] }];
  const additionalModelRequestFields = { top_k: 3 };
  assert.deepEqual(dropped('bedrock-converse', { messages, additionalModelRequestFields }, 'plain'), [
    'additionalModelRequestFields.top_k',
  ]);
});

test('several answers at once are lost in a translation, one is not', () => {
  const named = (candidateCount: number) =>
    dropped('gemini', { contents, generationConfig: { candidateCount } }, 'plain');
  assert.deepEqual(named(2), ['generationConfig.candidateCount']);
  assert.deepEqual(named(1), []);
});

test('a tool that is switched on by an empty object is lost', () => {
  const messages = [{ role: 'user', content: 'x' }];
  assert.deepEqual(dropped('openai-chat', { messages, web_search_options: {}, metadata: {} }, 'sonnet'), [
    'web_search_options',
  ]);
});

test('fields named after what every object has are dropped like any other', () => {
  const body = JSON.parse('{"contents":[],"constructor":1,"toString":"x","hasOwnProperty":true}') as object;
  assert.deepEqual(dropped('gemini', { ...body, contents }, 'sonnet'), [
    'constructor',
    'hasOwnProperty',
    'toString',
  ]);
});
