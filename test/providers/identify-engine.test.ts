import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enginePorts, enginesToAsk, identifyEngine, vendors } from '../../src/providers/index.ts';

function identified(owner: string, server?: string): string | undefined {
  const body = { object: 'list', data: [{ id: 'org/model', object: 'model', owned_by: owner }] };
  return identifyEngine({ body, server })?.id;
}

test('an engine is known by the owner that its models have, whatever the port', () => {
  for (const id of ['vllm', 'sglang', 'llamacpp', 'xinference']) assert.equal(identified(id), id);
  assert.equal(identified('library'), 'ollama');
  assert.equal(identified('organization_owner'), 'lmstudio');
  assert.equal(identified('org/model'), 'tgi', 'its models own themselves');
});

test('llama.cpp is known by its server header too', () => {
  assert.equal(identified('somebody', 'llama.cpp'), 'llamacpp');
});

test('a server that names no engine is none: it may be a proxy that sends prompts elsewhere', () => {
  for (const owner of ['openai', 'system', 'anthropic'])
    assert.equal(identified(owner, 'uvicorn'), undefined);
  for (const body of [undefined, null, 'text', {}, { data: [null, 'x', { id: 1, owned_by: 2 }] }]) {
    assert.equal(identifyEngine({ body, server: undefined }), undefined);
  }
});

test('Ollama and LM Studio can be asked for a sign where their models have other owners', () => {
  assert.deepEqual(
    enginesToAsk(11434).map(({ vendor, path }) => [vendor.id, path]),
    [['ollama', '/api/version']],
  );
  assert.deepEqual(
    enginesToAsk(1234).map(({ vendor, path }) => [vendor.id, path]),
    [['lmstudio', '/api/v0/models']],
  );
  assert.deepEqual(enginesToAsk(8000), []);
});

test('every engine has a port, is called on this machine by default, and keeps data there', () => {
  const engines = vendors.filter(({ engine }) => engine !== undefined);
  assert.equal(engines.length, 7);
  for (const { id, engine, regions, keyOptional, headquarters } of engines) {
    assert.equal(regions['local']?.baseUrl, `http://127.0.0.1:${engine?.ports[0]}/v1`);
    assert.equal(regions['local']?.processing, 'local');
    assert.equal(headquarters, undefined, id);
    assert.equal(keyOptional, true);
    for (const port of engine?.ports ?? []) assert.ok(enginePorts.includes(port));
  }
  assert.equal(new Set(enginePorts).size, enginePorts.length, 'each port is asked once');
});
