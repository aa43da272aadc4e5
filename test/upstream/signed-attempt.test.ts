import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../src/protocol/index.ts';
import { createProvider } from '../../src/providers/index.ts';
import type { SignableRequest } from '../../src/upstream/credentials/request-signer.ts';
import { createSigners } from '../../src/upstream/signers.ts';
import { Simulation, type SimulationOptions } from './load/simulation.ts';

function simulate(signer: NonNullable<SimulationOptions['signer']>): Simulation {
  const up = { reply: () => ({ afterMs: 100, status: 200 }) };
  return new Simulation({ seed: 1, strategy: 'price', upstreams: { up }, signer, attemptsMax: 1 });
}

test('a request is signed as it will be sent, and goes out with what the signer added', async () => {
  const signed: SignableRequest[] = [];
  const simulation = simulate({
    async sign(request) {
      signed.push(request);
      return { authorization: 'Bearer of-the-signer' };
    },
  });
  const asked = simulation.ask();
  await simulation.time.run(1_000);
  assert.equal((await asked).kind, 'answered');
  assert.equal(simulation.calls[0]!.key, 'of-the-signer');
  const [{ url, method, body }] = signed as [SignableRequest];
  assert.deepEqual([method, url.pathname], ['POST', '/v1/chat/completions']);
  assert.equal(JSON.parse(Buffer.from(body).toString()).model, 'm');
});

test('a signer that fails is a failed attempt, and nothing is sent', async () => {
  const simulation = simulate({
    sign: () => Promise.reject(new GatewayError('upstream_auth', 'no credentials')),
  });
  const asked = simulation.ask();
  await simulation.time.run(1_000);
  const outcome = await asked;
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'upstream_auth');
  assert.equal(simulation.calls.length, 0);
});

test('a client that leaves while its request is being signed causes no call, and its place is free again', async () => {
  let finish: (headers: { [name: string]: string }) => void = () => undefined;
  const simulation = simulate({
    sign: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  const listeners: (() => void)[] = [];
  const cancellation = { cancelled: false, onCancel: (listener: () => void) => listeners.push(listener) };
  const asked = simulation.ask(cancellation);
  await simulation.time.run(10);
  cancellation.cancelled = true;
  for (const listener of listeners) listener();
  assert.equal((await asked).kind, 'cancelled');
  finish({ authorization: 'late' });
  await simulation.time.run(1_000);
  assert.equal(simulation.calls.length, 0);
  assert.equal(simulation.fleet.view(simulation.plan[0]!.deployment, 0).inFlight, 0);
});

test('only a provider without a key has its requests signed; other credentials make another signer', () => {
  const signers = createSigners({ nowMs: () => 0 });
  const settings = { id: 'b', vendor: 'bedrock', region: 'eu-central-1' };
  const aws = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const one = signers.of(createProvider({ ...settings, aws }));
  assert.ok(one !== undefined);
  assert.equal(signers.of(createProvider({ ...settings, aws })), one);
  assert.notEqual(signers.of(createProvider({ ...settings, aws: { ...aws, accessKeyId: 'OTHER' } })), one);
  assert.equal(signers.of(createProvider({ ...settings, apiKey: 'bedrock-api-key', aws })), undefined);
});
