import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../src/catalog/index.ts';
import type { Principal } from '../../src/identity/index.ts';
import { noPolicy, nothingSaid, openGate } from '../../src/policy/index.ts';
import { createProvider } from '../../src/providers/index.ts';

const catalog = createCatalog({
  providers: [
    createProvider({ id: 'openai', vendor: 'openai', apiKey: 'k' }),
    createProvider({ id: 'sandbox', vendor: 'sandbox', baseUrl: 'http://127.0.0.1:9/v1' }),
    createProvider({ id: 'gpu', vendor: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' }),
  ],
  deployments: [{ model: 'house-model', provider: 'gpu' }],
});

const anyone: Principal = {
  keyId: 'key_1',
  name: 'test',
  role: 'caller',
  project: undefined,
  models: undefined,
  limits: {},
};

function judged(
  principal: Principal,
  calls: [name: string, calledAs: string][],
): { [candidate: string]: string } {
  const candidates = calls.flatMap(([name, calledAs]) =>
    catalog.candidates(name).map((candidate) => ({ candidate, calledAs })),
  );
  const about = { route: undefined, stated: nothingSaid, claimed: undefined, policy: noPolicy };
  const gate = openGate({ principal, ...about, switches: () => [], nowMs: () => 0 });
  const { allowed, excluded } = gate.admit(candidates, 'serve');
  return Object.fromEntries([
    ...allowed.map(({ id }) => [id, 'allowed']),
    ...excluded.map(({ candidate, rule }) => [candidate, rule]),
  ]);
}

test('admit() allows every candidate to a key without restrictions', () => {
  assert.deepEqual(judged(anyone, [['openai/gpt-4o', 'auto']]), { 'openai/gpt-4o': 'allowed' });
});

test('admit() takes a route’s name as authority for the candidates it called for, and for no other', () => {
  const key = { ...anyone, models: ['auto'] };
  assert.deepEqual(
    judged(key, [
      ['openai/gpt-4o', 'auto'],
      ['openai/gpt-4o-mini', 'openai/gpt-4o-mini'],
    ]),
    { 'openai/gpt-4o': 'allowed', 'openai/gpt-4o-mini': 'key.models' },
  );
});

test('admit() allows by deployment, by catalogue name and by pattern', () => {
  for (const pattern of ['openai/gpt-4o', 'gpt-4o', 'openai/*', '*4o']) {
    assert.deepEqual(judged({ ...anyone, models: [pattern] }, [['openai/gpt-4o', 'x']]), {
      'openai/gpt-4o': 'allowed',
    });
  }
});

test('admit() refuses an unknown price to a key with a budget: unknown is never free', () => {
  const key = { ...anyone, limits: { budgetNanoPerDay: 1_000_000_000 } };
  assert.deepEqual(
    judged(key, [
      ['gpu/house-model', 'auto'],
      ['openai/gpt-4o', 'auto'],
    ]),
    {
      'gpu/house-model': 'budget.price-unknown',
      'openai/gpt-4o': 'allowed',
    },
  );
});

test('admit() never lets a simulated model serve beside real ones', () => {
  assert.deepEqual(
    judged(anyone, [
      ['sandbox/frontier', 'auto'],
      ['openai/gpt-4o', 'auto'],
    ]),
    {
      'sandbox/frontier': 'simulated.separate',
      'openai/gpt-4o': 'allowed',
    },
  );
  assert.deepEqual(judged(anyone, [['sandbox/frontier', 'auto']]), { 'sandbox/frontier': 'allowed' });
});
