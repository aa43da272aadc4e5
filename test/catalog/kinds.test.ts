import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import { createProvider } from '../../src/providers/index.ts';

const openai = createProvider({ id: 'openai', vendor: 'openai', apiKey: 'sk-test' });
const cohere = createProvider({ id: 'cohere', vendor: 'cohere', apiKey: 'key' });
const qwen = createProvider({ id: 'qwen', vendor: 'dashscope', region: 'cn-beijing', apiKey: 'key' });
const gpu = createProvider({ id: 'gpu', vendor: 'vllm', baseUrl: 'http://10.0.0.5:8000/v1' });
const catalog = createCatalog({
  providers: [openai, cohere, qwen, gpu],
  deployments: [
    { model: 'BAAI/bge-m3', provider: 'gpu' },
    { model: 'house-embedder', provider: 'gpu', kind: 'embedding' },
    { model: 'house-chat', provider: 'gpu' },
  ],
});

const ids = (name: string, kind: Parameters<typeof catalog.deploymentsOf>[1]) =>
  catalog.deploymentsOf(name, kind).map(({ id }) => id);

test('a model of another kind than chat is found by the endpoint it is for, by name, alias and provider', () => {
  assert.deepEqual(ids('text-embedding-3-small', 'embedding'), ['openai/text-embedding-3-small']);
  assert.deepEqual(ids('openai/text-embedding-3-small', 'embedding'), ['openai/text-embedding-3-small']);
  assert.deepEqual(ids('rerank-v3.5', 'rerank'), ['cohere/rerank-v3.5']);
  assert.deepEqual(ids('text-embedding-v4', 'embedding'), ['qwen/text-embedding-v4']);
  assert.deepEqual(ids('bge-m3', 'embedding'), ['gpu/bge-m3']);
  assert.deepEqual(ids('house-embedder', 'embedding'), ['gpu/house-embedder']);
  assert.deepEqual(ids('omni-moderation-latest', 'moderation'), ['openai/omni-moderation-latest']);
});

test('a model is not found for what it is not for', () => {
  assert.deepEqual(ids('text-embedding-3-small', 'rerank'), []);
  assert.deepEqual(ids('gpt-4o', 'embedding'), []);
  assert.deepEqual(ids('house-chat', 'embedding'), []);
  assert.deepEqual(ids('nothing', 'embedding'), []);
  assert.deepEqual(ids('gpt-4o', 'chat'), ['openai/gpt-4o']);
  assert.deepEqual(ids('house-chat', 'chat'), ['gpu/house-chat']);
});

test('a chat with an embedding model is refused with the endpoint that would take it', () => {
  const found = catalog.resolve('text-embedding-3-small');
  assert.ok(found.kind === 'other-kind' && found.model.id === 'text-embedding-3-small');
  assert.throws(
    () => catalog.candidates('text-embedding-3-small'),
    /of kind embedding.*call it at \/v1\/embeddings/,
  );
  assert.throws(() => catalog.candidates('cohere/rerank-v3.5'), /\/v1\/rerank/);
});

test('every deployment is listed, whatever its model is for', () => {
  const listed = new Set(catalog.deployments().map(({ id }) => id));
  for (const id of ['openai/gpt-4o', 'openai/text-embedding-3-small', 'cohere/rerank-v3.5', 'gpu/bge-m3'])
    assert.ok(listed.has(id), id);
});
