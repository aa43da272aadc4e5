import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createCatalog } from '../../src/catalog/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import { profiles } from '../../src/sandbox/profiles.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { systemClock } from '../../src/std/index.ts';

test('a client that leaves ends the generation', async () => {
  const sandbox = await startSandbox({ seed: 1, clock: systemClock, port: 0, speed: 1 });
  try {
    const body = JSON.stringify({
      model: 'sandbox/mini-open',
      stream: true,
      messages: [{ role: 'user', content: 'List 20 things' }],
    });
    const call = request(`${sandbox.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    call.on('error', () => undefined);
    call.end(body);
    const [response] = await once(call, 'response');
    await once(response, 'data');
    assert.equal(sandbox.activeRequests(), 1);
    call.destroy();
    for (let tries = 0; sandbox.activeRequests() > 0 && tries < 100; tries++) await pause(5);
    assert.equal(sandbox.activeRequests(), 0);
  } finally {
    await sandbox.close();
  }
});

test('a malformed body, an unknown path and a wrong method get errors in OpenAI’s form', async () => {
  const sandbox = await startSandbox({
    seed: 1,
    clock: systemClock,
    port: 0,
    speed: Number.POSITIVE_INFINITY,
  });
  const statusAndCode = async (path: string, init: RequestInit) => {
    const response = await fetch(sandbox.baseUrl + path, init);
    const body = (await response.json()) as { error: { message: string; code: string | null } };
    assert.equal(typeof body.error.message, 'string');
    return [response.status, body.error.code];
  };
  try {
    assert.deepEqual(await statusAndCode('/chat/completions', { method: 'POST', body: '{' }), [400, null]);
    assert.deepEqual(await statusAndCode('/chat/completions', { method: 'POST', body: '[]' }), [400, null]);
    assert.deepEqual(await statusAndCode('/embeddings', { method: 'POST', body: '{}' }), [
      404,
      'unknown_url',
    ]);
    assert.deepEqual(await statusAndCode('/chat/completions', { method: 'GET' }), [
      405,
      'method_not_supported',
    ]);
    const huge = { method: 'POST', body: 'x'.repeat(9 * 1024 * 1024) };
    assert.deepEqual(await statusAndCode('/chat/completions', huge), [413, 'request_too_large']);
  } finally {
    await sandbox.close();
  }
});

test('the catalogue describes the sandbox’s models as the sandbox serves them', () => {
  const provider = createProvider({ id: 'sandbox', vendor: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' });
  const catalog = createCatalog({ providers: [provider] });
  assert.deepEqual(
    catalog
      .deployments()
      .map((each) => each.upstreamName)
      .sort(),
    profiles.map((profile) => profile.id).sort(),
  );
  for (const profile of profiles) {
    const model = catalog.findModel(profile.id);
    assert.ok(model?.simulated);
    assert.equal(model.contextTokens, profile.contextTokens);
    assert.equal(model.outputTokensMax, profile.outputTokensMax);
    assert.equal(model.capabilities.imageInput, profile.imageInput);
    assert.equal(model.capabilities.parallelTools, profile.parallelTools);
    assert.equal(model.capabilities.reasoning, profile.reasoning);
  }
});
