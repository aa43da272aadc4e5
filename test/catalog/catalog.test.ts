import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CatalogOptions,
  costOf,
  createCatalog,
  deploymentSettingsSchema,
  selectPrice,
} from '../../src/catalog/index.ts';
import { noUsage } from '../../src/protocol/index.ts';
import { createProvider, type Provider } from '../../src/providers/index.ts';

const apiKey = 'sk-test';
const openai = createProvider({ id: 'openai', vendor: 'openai', apiKey });
const deepseek = createProvider({ id: 'ds', vendor: 'deepseek', apiKey });
const singapore = createProvider({ id: 'qwen-sg', vendor: 'dashscope', region: 'ap-southeast-1', apiKey });
const beijing = createProvider({ id: 'qwen-cn', vendor: 'dashscope', region: 'cn-beijing', apiKey });
const gpu = createProvider({
  id: 'gpu-1',
  vendor: 'vllm',
  baseUrl: 'http://10.0.0.5:8000/v1',
  region: 'on-prem',
});
const anthropic = createProvider({ id: 'claude', vendor: 'anthropic', apiKey });

function catalogOf(providers: Provider[], options: Partial<CatalogOptions> = {}) {
  return createCatalog({ providers, ...options });
}

function found(catalog: ReturnType<typeof createCatalog>, name: string): string[] {
  const resolution = catalog.resolve(name);
  return resolution.kind === 'deployments' ? resolution.deployments.map((each) => each.id) : [];
}

test('a provider serves the models that the catalogue says its vendor serves in its region', () => {
  const catalog = catalogOf([singapore, beijing]);
  assert.deepEqual(found(catalog, 'qwen3.6-35b-a3b'), ['qwen-sg/qwen3.6-35b-a3b']);
  assert.deepEqual(found(catalog, 'kimi-k2.6'), ['qwen-cn/kimi-k2.6']);
  assert.deepEqual(found(catalog, 'qwen-plus'), ['qwen-sg/qwen-plus', 'qwen-cn/qwen-plus']);
  assert.equal(catalogOf([gpu]).deployments().length, 0);
});

test('explicit deployments come first, in the operator’s order, and replace discovered ones', () => {
  const catalog = catalogOf([singapore, gpu], {
    deployments: [
      { model: 'Qwen/Qwen2.5-72B-Instruct', provider: 'gpu-1', price: { input: 0, output: 0 } },
      { model: 'qwen-plus', provider: 'qwen-sg', name: 'qwen-plus-2025-09-11' },
    ],
  });
  assert.deepEqual(found(catalog, 'qwen2.5-72b-instruct'), [
    'gpu-1/qwen2.5-72b-instruct',
    'qwen-sg/qwen2.5-72b-instruct',
  ]);
  assert.equal(
    catalog.findDeployment('gpu-1/qwen2.5-72b-instruct')?.upstreamName,
    'Qwen/Qwen2.5-72B-Instruct',
  );
  assert.equal(catalog.findDeployment('qwen-sg/qwen-plus')?.upstreamName, 'qwen-plus-2025-09-11');
  assert.equal(catalog.deployments().filter((each) => each.id === 'qwen-sg/qwen-plus').length, 1);
});

test('names resolve by alias, in any case, and split at the first slash only', () => {
  const catalog = catalogOf([openai, deepseek, gpu], {
    deployments: [{ model: 'Org/My-Model', provider: 'gpu-1' }],
  });
  const cases: [string, string[]][] = [
    ['gpt-4o', ['openai/gpt-4o']],
    ['GPT-4o', ['openai/gpt-4o']],
    ['openai/gpt-4o', ['openai/gpt-4o']],
    ['deepseek-chat', ['ds/deepseek-v4.1-flash']],
    ['ds/deepseek-flash', ['ds/deepseek-v4.1-flash']],
    ['gpu-1/Org/My-Model', ['gpu-1/org/my-model']],
    ['org/my-model', ['gpu-1/org/my-model']],
    ['ds/gpt-4o', []],
    ['openai/gpt-oss-120b', []],
    ['', []],
  ];
  for (const [name, ids] of cases) assert.deepEqual(found(catalog, name), ids, name);
});

test('names with a date, as SDK users write them, lead to the model they mean', () => {
  const catalog = catalogOf([openai, anthropic]);
  const cases: [string, string][] = [
    ['gpt-4o-2024-08-06', 'openai/gpt-4o'],
    ['gpt-4o-2024-11-20', 'openai/gpt-4o-2024-11-20'],
    ['gpt-4o-mini-2024-07-18', 'openai/gpt-4o-mini'],
    ['gpt-4.1-2025-04-14', 'openai/gpt-4.1'],
    ['gpt-4.1-mini-2025-04-14', 'openai/gpt-4.1-mini'],
    ['gpt-5-2025-08-07', 'openai/gpt-5'],
    ['gpt-5-mini-2025-08-07', 'openai/gpt-5-mini'],
    ['gpt-5.5-2026-04-23', 'openai/gpt-5.5'],
    ['claude-haiku-4-5-20251001', 'claude/claude-haiku-4-5'],
    ['claude-sonnet-4-5-20250929', 'claude/claude-sonnet-4-5'],
    ['claude-opus-4-5-20251101', 'claude/claude-opus-4-5'],
  ];
  for (const [name, id] of cases) assert.deepEqual(found(catalog, name), [id], name);
});

test('a model that its vendor has shut down is known, and called only where the operator says it still runs', () => {
  const retired: [string, string][] = [
    ['gpt-4-turbo-2024-04-09', 'gpt-4-turbo'],
    ['gpt-4.1-nano-2025-04-14', 'gpt-4.1-nano'],
    ['claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
    ['claude-3-5-sonnet-20240620', 'claude-3-5-sonnet-20240620'],
    ['claude-3-5-haiku-20241022', 'claude-3-5-haiku'],
    ['claude-3-haiku-20240307', 'claude-3-haiku'],
  ];
  const catalog = catalogOf([openai, anthropic]);
  for (const [name, id] of retired) {
    const resolution = catalog.resolve(name);
    assert.ok(resolution.kind === 'not-deployed', name);
    assert.equal(resolution.model.id, id);
    assert.deepEqual(resolution.vendors, []);
  }
  const hosted = catalogOf([gpu], {
    deployments: [
      { model: 'claude-3-haiku-20240307', provider: 'gpu-1', price: { input: 0.25, output: 1.25 } },
    ],
  });
  assert.deepEqual(found(hosted, 'claude-3-haiku'), ['gpu-1/claude-3-haiku']);
});

test('what cannot be called is explained: no provider for it, or a name that is nearly right', () => {
  const catalog = catalogOf([openai]);
  const undeployed = catalog.resolve('claude-sonnet-5-5');
  assert.ok(undeployed.kind === 'not-deployed');
  assert.deepEqual(undeployed.vendors, ['anthropic']);
  const close = catalog.resolve('gpt4o');
  assert.ok(close.kind === 'unknown' && close.near[0] === 'gpt-4o');
  const wrong = catalog.resolve('openai/gpt-4o-mni');
  assert.ok(wrong.kind === 'unknown' && wrong.near[0] === 'openai/gpt-4o-mini');
  assert.deepEqual(catalog.resolve('x'.repeat(100_000)), { kind: 'unknown', near: [] });
});

test('an absent price is unknown, a price of zero is free, and the operator’s price comes before the list', () => {
  const catalog = catalogOf([openai, gpu], {
    deployments: [
      { model: 'llama-3.3-70b-instruct', provider: 'gpu-1' },
      { model: 'gpt-oss-120b', provider: 'gpu-1', price: { input: 0, output: 0 } },
      { model: 'gpt-4o', provider: 'openai', price: { input: 1, output: 2, cache_read: 0.5 } },
    ],
  });
  const usage = { ...noUsage, inputTokens: 1000, outputTokens: 1000 };
  const cost = (id: string) => {
    const deployment = catalog.findDeployment(id);
    const { prices, provider } = deployment!;
    const row = selectPrice(prices, {
      atMs: Date.parse('2026-11-23'),
      inputTokens: 1000,
      region: provider.region,
    });
    return row === undefined ? undefined : costOf(usage, row);
  };
  assert.equal(cost('gpu-1/llama-3.3-70b-instruct'), undefined);
  assert.equal(cost('gpu-1/gpt-oss-120b'), 0);
  assert.equal(cost('openai/gpt-4o'), 3_000_000);
  assert.equal(cost('openai/gpt-4o-mini'), 750_000);
});

test('a model nobody described is assumed to be able to do little, unless the operator says more', () => {
  const catalog = catalogOf([gpu], {
    deployments: [
      { model: 'mystery', provider: 'gpu-1' },
      {
        model: 'riddle',
        provider: 'gpu-1',
        context_tokens: 100_000,
        capabilities: { tools: true, json_schema: true },
      },
    ],
  });
  const mystery = catalog.findDeployment('gpu-1/mystery')?.model;
  assert.equal(mystery?.capabilities.tools, false);
  assert.equal(mystery?.licence.commercialUse, 'unknown');
  const riddle = catalog.findDeployment('gpu-1/riddle')?.model;
  assert.equal(riddle?.contextTokens, 100_000);
  assert.equal(riddle?.capabilities.tools, true);
  assert.equal(riddle?.capabilities.jsonSchema, true);
  assert.equal(catalog.findModel('mystery')?.id, 'mystery');
});

test('a deployment shows the model and the provider as they are together', () => {
  const catalog = catalogOf([deepseek, anthropic, beijing, gpu], {
    deployments: [{ model: 'deepseek-v4-pro', provider: 'gpu-1' }],
  });
  // The vendor's API knows no JSON schema; an engine that serves the same weights does.
  assert.equal(catalog.findDeployment('ds/deepseek-v4-pro')?.model.capabilities.jsonSchema, false);
  assert.equal(catalog.findDeployment('gpu-1/deepseek-v4-pro')?.model.capabilities.jsonSchema, true);
  assert.equal(
    catalog.findDeployment('claude/claude-haiku-4-5')?.provider.quirks.reasoningControl,
    'thinking',
  );
  assert.equal(
    catalog.findDeployment('claude/claude-opus-5-5')?.provider.quirks.reasoningControl,
    'adaptive-thinking',
  );
  assert.equal(catalog.findDeployment('qwen-cn/kimi-k2.6')?.model.outputTokensMax, 16_384);
});

test('candidates() knows efforts, and refuses those a model does not have', () => {
  const catalog = catalogOf([openai, anthropic]);
  assert.deepEqual(
    catalog.candidates('gpt-5.5#low').map(({ id, effort }) => [id, effort]),
    [['openai/gpt-5.5#low', 'low']],
  );
  assert.deepEqual(
    catalog.candidates('gpt-4o').map(({ id }) => id),
    ['openai/gpt-4o'],
  );
  assert.deepEqual(catalog.candidates('nothing-like-it'), []);
  assert.throws(() => catalog.candidates('gpt-4o#high'), /does not reason/);
  assert.throws(() => catalog.candidates('claude-opus-5-5#off'), /cannot be switched off/);
  assert.throws(() => catalog.candidates('gpt-5.5#extreme'), /must be one of off, low, high, default/);
});

test('entries that make no sense are refused with the remedy', () => {
  const cases: [() => unknown, RegExp][] = [
    [
      () => catalogOf([openai], { deployments: [{ model: 'gpt-4o', provider: 'opnai' }] }),
      /configured are: openai/,
    ],
    [() => catalogOf([openai, openai]), /provider «openai» is there twice/],
    [
      () =>
        catalogOf([gpu], {
          deployments: [
            { model: 'a', provider: 'gpu-1' },
            { model: 'A', provider: 'gpu-1' },
          ],
        }),
      /deployment «gpu-1\/a» is there twice/,
    ],
    [
      () => catalogOf([gpu], { deployments: [{ model: 'two words', provider: 'gpu-1' }] }),
      /must not contain spaces/,
    ],
    [
      () =>
        catalogOf([singapore], {
          deployments: [{ model: 'qwen-plus', provider: 'qwen-sg', region: 'cn-beijing' }],
        }),
      /configure a second provider/,
    ],
    [() => catalogOf([openai], { overlay: { prices: [{}] } }), /catalogue overlay/],
  ];
  for (const [run, message] of cases) assert.throws(run, message);
});

test('the schema of configured deployments refuses a misspelt or negative price', () => {
  const entry = { model: 'm', provider: 'p' };
  assert.ok(deploymentSettingsSchema.safeParse({ ...entry, price: { input: 0, output: 0 } }).success);
  for (const price of [
    { input: 1 },
    { input: -1, output: 1 },
    { input: 1, output: 1, cached: 1 },
    'free',
    null,
  ]) {
    assert.equal(deploymentSettingsSchema.safeParse({ ...entry, price }).success, false);
  }
});

test('sandbox models are simulated in every deployment, whatever they are called', () => {
  const sandbox = createProvider({ id: 'demo', vendor: 'sandbox', baseUrl: 'http://127.0.0.1:1/v1' });
  const catalog = catalogOf([sandbox], { deployments: [{ model: 'mine', provider: 'demo' }] });
  assert.ok(catalog.deployments().length > 4);
  assert.ok(catalog.deployments().every((each) => each.model.simulated));
});
