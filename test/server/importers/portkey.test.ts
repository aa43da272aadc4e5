import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { importConfig } from '../../../src/server/index.ts';
import { advice, allText, imported, said } from './import-check.ts';

const fallback = {
  strategy: { mode: 'fallback', onStatusCodes: [429] },
  retry: { attempts: 3 },
  cache: { mode: 'simple' },
  request_timeout: 20_000,
  targets: [
    {
      provider: 'openai',
      api_key: 'sk-proj-abcdef0123456789',
      override_params: { model: 'gpt-4o', temperature: 0.1 },
    },
    {
      strategy: { mode: 'loadbalance' },
      targets: [
        {
          virtual_key: 'anthropic-prod-9f3a11',
          weight: 0.7,
          override_params: { model: 'claude-sonnet-4-5' },
        },
        {
          provider: 'azure-openai',
          resourceName: 'acme',
          deploymentId: 'gpt4o',
          azureModelName: 'gpt-4o',
          apiKey: 'az-0123456789',
          weight: 0.3,
        },
      ],
    },
    { provider: '@mystery', override_params: { model: 'x' } },
  ],
};

const shared = {
  name: 'Support bot',
  config: JSON.stringify({
    strategy: { mode: 'loadbalance' },
    targets: [
      {
        provider: 'bedrock',
        aws_access_key_id: 'AKIAEXAMPLE000001',
        aws_secret_access_key: 'wJalrXUtnFEMIK7MDENG',
        aws_region: 'eu-central-1',
        weight: 1,
        override_params: { model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' },
      },
      { provider: '@anthropic-main', weight: 3, override_params: { model: 'claude-sonnet-4-5' } },
      {
        provider: 'vertex-ai',
        vertex_project_id: 'acme-ml',
        vertex_region: 'europe-west4',
        weight: 0,
        override_params: { model: 'claude-sonnet-4-5' },
      },
    ],
  }),
};

const conditional = {
  strategy: {
    mode: 'conditional',
    conditions: JSON.parse('[{ "query": { "metadata.plan": { "$eq": "paid" } }, "then": "good" }]'),
    default: 'cheap',
  },
  targets: [
    { name: 'good', provider: 'openai', override_params: { model: 'gpt-4o' } },
    { name: 'cheap', provider: 'deepseek', override_params: { model: 'deepseek-chat' } },
  ],
};

test('a fallback config becomes one route that observes, its first target the reference', () => {
  const { config } = imported('portkey', fallback);
  assert.deepEqual(config.routes, {
    gateway: {
      reference: 'openai/gpt-4o',
      candidates: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'azure-openai-acme/gpt-4o'],
      mode: 'observe',
    },
  });
  assert.deepEqual([config.limits, config.timeouts], [{ attempts_max: 4 }, { total_ms: 20_000 }]);
});

test('what has no equivalent is reported by its path', () => {
  const result = imported('portkey', fallback);
  assert.match(advice(result, 'cache'), /not cached/);
  assert.match(advice(result, 'targets[0].override_params.temperature'), /with the request/);
  assert.match(advice(result, 'targets[1].strategy'), /flattened/);
  assert.match(said(result, 'targets[2]'), /«mystery»/);
  assert.match(said(result, 'targets[1].targets[0]'), /virtual key/);
});

test('of a shared load the largest share is the reference; a share of 0 is left out', () => {
  const result = imported('portkey', shared);
  assert.deepEqual(result.config.routes, {
    'Support-bot': {
      reference: 'anthropic/claude-sonnet-4-5',
      candidates: ['anthropic/claude-sonnet-4-5', 'bedrock/claude-sonnet-4-5'],
      mode: 'observe',
    },
  });
  assert.equal(result.config.balance, 'weight');
  assert.equal(result.config.providers.find(({ vendor }) => vendor === 'bedrock')?.region, 'eu-central-1');
  assert.match(said(result, 'targets[2]'), /weight is 0/);
});

test('of conditions the default is the reference, and each condition is reported', () => {
  const result = imported('portkey', conditional);
  assert.equal(Object.values(result.config.routes!)[0]!.reference, 'deepseek/deepseek-v4.1-flash');
  assert.match(advice(result, 'strategy.conditions[0]'), /route for each case/);
});

test('targets within themselves end, and are reported', () => {
  const cyclic: { [name: string]: unknown } = { strategy: { mode: 'fallback' } };
  cyclic['targets'] = [{ provider: 'openai', override_params: { model: 'gpt-4o' } }, cyclic];
  const result = imported('portkey', cyclic);
  assert.equal(result.report.entries.filter(({ became }) => became.length > 0).length, 1);
  assert.match(advice(result, 'targets[1]'), /within itself/);
  let deep: unknown = { provider: 'openai', override_params: { model: 'gpt-4o' } };
  for (let level = 0; level < 30; level += 1) deep = { strategy: { mode: 'fallback' }, targets: [deep] };
  const buried = importConfig('portkey', deep, 'x');
  assert.match(buried.report.problems[0]!, /Nothing could be imported/);
  assert.ok(buried.report.settings.some(({ advice: sentence }) => /nested too deeply/.test(sentence)));
});

test('a hostile config never crashes', () => {
  for (const targets of [
    'x',
    [null, 5, 'x', [], {}],
    [
      { provider: {} },
      { provider: '__proto__', override_params: [] },
      { virtual_key: 7, override_params: { model: {} } },
    ],
    [
      {
        provider: 'openai',
        custom_host: 'javascript:alert(1)',
        override_params: { model: 'm' },
        weight: 'x',
      },
    ],
  ])
    importConfig(
      'portkey',
      { strategy: { mode: 5, conditions: 'x' }, targets, retry: 'x', request_timeout: -5 },
      'x',
    );
  for (const document of [null, 'x', [], {}, { config: 'x' }])
    assert.throws(() => importConfig('portkey', document, 'x'), /no config/);
  assert.throws(
    () =>
      importConfig(
        'portkey',
        {
          strategy: { mode: 'fallback' },
          targets: Array.from({ length: 1001 }, () => ({ provider: 'openai' })),
        },
        'x',
      ),
    /more than 1000 targets/,
  );
});

test('no key of a target is anywhere in the result', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9_-]{10,40}$/).map((text) => `k5${text}`);
  const field = fc.constantFrom(
    'api_key',
    'apiKey',
    'virtual_key',
    'aws_secret_access_key',
    'awsSessionToken',
    'azure_ad_token',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(secret, field), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('openai', 'bedrock', 'vertex-ai', 'nope'),
      (keys, provider) => {
        const targets = keys.map(([value, name]) => ({
          provider,
          [name]: value,
          name: `target ${value}`,
          custom_host: `https://host.example/${value}`,
          override_params: { model: value },
          vertex_service_account_json: { private_key: value },
          metadata: { [value]: value },
        }));
        const text = allText(
          importConfig('portkey', { strategy: { mode: 'fallback' }, targets, name: keys[0]![0] }, 'x'),
        );
        for (const [value] of keys) assert.ok(!text.includes(value));
      },
    ),
    { numRuns: 60 },
  );
});
