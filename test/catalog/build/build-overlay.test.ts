import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BuildInput, buildOverlay } from '../../../src/catalog/build/build-overlay.ts';
import { readAtom } from '../../../src/catalog/build/read-atom.ts';
import { readEpochMmlu } from '../../../src/catalog/build/read-epoch.ts';
import { compileCatalogData } from '../../../src/catalog/compile.ts';
import { selectPrice } from '../../../src/catalog/index.ts';
import { catalogFiles } from '../../../src/catalog/shipped.ts';

const nowMs = Date.parse('2026-12-10');
const modelsDevSource = { key: 'models.dev', citation: 'models.dev (MIT)', asOf: '2026-12-01' };
const litellmSource = { key: 'litellm', citation: 'LiteLLM (MIT)', asOf: '2026-12-05' };

const chat = {
  name: 'Qwen9',
  release_date: '2026-11',
  reasoning: false,
  tool_call: true,
  open_weights: true,
  limit: { context: 500_000, output: 64_000 },
  modalities: { input: ['text', 'image'], output: ['text'] },
};

/** The API file of models.dev, with what a test changes. */
function modelsDev(models: { [provider: string]: { [name: string]: unknown } }) {
  const content = Object.fromEntries(
    Object.entries(models).map(([provider, each]) => [provider, { id: provider, models: each }]),
  );
  return { content, source: modelsDevSource };
}

/** A row of the price map, USD per 1M tokens. */
function mapRow(provider: string, input: number, output: number, more: object = {}) {
  return {
    litellm_provider: provider,
    mode: 'chat',
    input_cost_per_token: input / 1e6,
    output_cost_per_token: output / 1e6,
    max_input_tokens: 400_000,
    max_output_tokens: 64_000,
    ...more,
  };
}

function litellm(content: { [name: string]: unknown }) {
  return { content, source: litellmSource };
}

function build(input: Partial<BuildInput>) {
  return buildOverlay({ accepted: [], nowMs, ...input });
}

/** What a request of a million tokens in costs with the overlay, USD per 1M. */
function priceWith(overlay: unknown, model: string, vendor: string, inputTokens = 10) {
  const data = compileCatalogData(catalogFiles(overlay));
  const rows = data.prices.filter((row) => row.model === model && row.vendor === vendor);
  const found = selectPrice(rows, { atMs: nowMs, inputTokens, region: rows[0]?.region });
  return found === undefined ? undefined : [found.input / 1e6, found.output / 1e6];
}

const flash = { input: 0.0945, output: 0.472, cache_read: 0.0095 };

test('a price that sources and catalogue agree on up to ten per cent becomes a row with its own date', () => {
  const { overlay, report } = build({
    modelsDev: modelsDev({ openai: { 'gpt-4o': { ...chat, cost: { input: 2.6, output: 10 } } } }),
  });
  assert.deepEqual(report.changedPrices, [
    { place: 'gpt-4o@openai', from: '2026-12-01', was: '2.5/10', becomes: '2.6/10', source: 'models.dev' },
  ]);
  assert.deepEqual(
    overlay.prices?.map(({ model, vendor, from, input }) => [model, vendor, from, input]),
    [['gpt-4o', 'openai', '2026-12-01', 2.6]],
  );
  assert.deepEqual(priceWith(overlay, 'gpt-4o', 'openai'), [2.6, 10]);
});

test('a price that moved by more is reported, and billing stays as it was until the operator accepts it', () => {
  const sources = {
    modelsDev: modelsDev({ openai: { 'gpt-4o': { ...chat, cost: { input: 1.25, output: 5 } } } }),
  };
  const left = build(sources);
  assert.deepEqual(left.overlay.prices, []);
  assert.equal(left.report.leftOut[0]?.place, 'gpt-4o@openai');
  assert.deepEqual(priceWith(left.overlay, 'gpt-4o', 'openai'), [2.5, 10]);
  const accepted = build({ ...sources, accepted: ['gpt-4o@openai', 'nothing@openai'] });
  assert.deepEqual(priceWith(accepted.overlay, 'gpt-4o', 'openai'), [1.25, 5]);
  assert.deepEqual(accepted.report.unknownKeys, ['nothing@openai']);
  assert.ok(accepted.report.findings.length > 0, 'accepting does not hide the conflict');
});

test('of two sources that disagree the operator may choose one by name', () => {
  const sources = {
    modelsDev: modelsDev({ openai: { 'gpt-4o': { ...chat, cost: { input: 1.25, output: 5 } } } }),
    litellm: litellm({ 'gpt-4o': mapRow('openai', 1.5, 6) }),
  };
  const newest = build({ ...sources, accepted: ['gpt-4o@openai'] });
  assert.deepEqual(priceWith(newest.overlay, 'gpt-4o', 'openai'), [1.5, 6]);
  const chosen = build({ ...sources, accepted: ['gpt-4o@openai=models.dev'] });
  assert.deepEqual(priceWith(chosen.overlay, 'gpt-4o', 'openai'), [1.25, 5]);
});

test('a source read before the catalogue’s own reading changes nothing', () => {
  const { content } = modelsDev({ openai: { 'gpt-4o': { ...chat, cost: { input: 2.6, output: 10 } } } });
  const old = { content, source: { ...modelsDevSource, asOf: '2025-01-01' } };
  assert.deepEqual(build({ modelsDev: old }).overlay.prices, []);
});

test('a second build closes the row of the first and keeps it', () => {
  const first = build({
    modelsDev: modelsDev({ openai: { 'gpt-4o': { ...chat, cost: { input: 2.6, output: 10 } } } }),
  });
  const second = build({
    litellm: litellm({ 'gpt-4o': mapRow('openai', 2.7, 10) }),
    overlay: first.overlay,
  });
  assert.deepEqual(
    second.overlay.prices?.map(({ from, to, input }) => [from, to, input]),
    [
      ['2026-12-01', '2026-12-05', 2.6],
      ['2026-12-05', null, 2.7],
    ],
  );
  const third = build({ litellm: litellm({ 'gpt-4o': mapRow('openai', 2.7, 10) }), overlay: second.overlay });
  assert.deepEqual(third.overlay.prices, second.overlay.prices);
  assert.equal(third.report.confirmedPrices, 1);
});

test('what the operator wrote into the overlay stays', () => {
  const source = { source: 'our contract', asOf: '2026-11-01' };
  const overlay = {
    sources: { contract: source },
    models: [{ id: 'gpt-4o', contextTokens: 64_000 }],
    prices: [
      { model: 'gpt-4.1', vendor: 'openai', from: '2026-01-01', input: 1, output: 4, source: 'contract' },
    ],
  };
  const built = build({
    overlay,
    modelsDev: modelsDev({ openai: { 'gpt-4o-mini': { ...chat, cost: { input: 0.151, output: 0.6 } } } }),
  }).overlay;
  assert.deepEqual(built.prices?.[0], overlay.prices[0]);
  assert.deepEqual(built.models?.[0], overlay.models[0]);
  assert.deepEqual(priceWith(built, 'gpt-4.1', 'openai'), [1, 4]);
});

test('a new model comes with what the sources agree it can do, and a licence that nobody has read', () => {
  const atom = {
    weights: readAtom({
      models: 'org,model,modelId\nQwen,Qwen9-Max,Qwen/Qwen9-Max\n',
      organizationRegions: 'hf_org,region,notes\nQwen,china,"a, b"\n',
    }),
    source: { key: 'atom', citation: 'ATOM', asOf: '2026-12-01' },
  };
  const { overlay, report } = build({
    modelsDev: modelsDev({
      alibaba: { 'qwen9-max': { ...chat, cost: { input: 1, output: 4 } } },
      'alibaba-cn': { 'qwen9-max': { ...chat, cost: { input: 0.8, output: 3 } } },
      elsewhere: { 'qwen9-max': { ...chat, cost: { input: 1, output: 4 } } },
    }),
    litellm: litellm({ 'dashscope/qwen9-max': mapRow('dashscope', 1, 4) }),
    atom,
  });
  assert.deepEqual(report.newModels, ['qwen9-max']);
  assert.deepEqual(report.sources[0]?.unmapped, { elsewhere: 1 });
  const model = compileCatalogData(catalogFiles(overlay)).models.find(({ id }) => id === 'qwen9-max');
  assert.equal(model?.origin, 'CN');
  assert.equal(model?.lab, 'Qwen');
  assert.equal(model?.licence.commercialUse, 'unknown');
  // The map does not say that it calls tools or sees images, so the entry does not either.
  assert.equal(model?.capabilities.tools, false);
  assert.deepEqual(overlay.models?.[0]?.servedBy, [
    { vendor: 'dashscope', name: 'qwen9-max', regions: ['ap-southeast-1', 'cn-beijing'] },
  ]);
  assert.deepEqual(report.newPrices, [
    'qwen9-max@dashscope/ap-southeast-1',
    'qwen9-max@dashscope/cn-beijing',
  ]);
});

test('a model that its vendor no longer serves is not added', () => {
  const { report } = build({
    modelsDev: modelsDev({
      openai: { 'gpt-0': { ...chat, status: 'deprecated', cost: { input: 1, output: 4 } } },
    }),
    litellm: litellm({ 'gpt-00': mapRow('openai', 1, 4, { deprecation_date: '2026-01-01' }) }),
  });
  assert.deepEqual(report.newModels, []);
});

test('free, says a single source, is left out', () => {
  const { overlay, report } = build({
    modelsDev: modelsDev({ alibaba: { 'qwen9-flash': { ...chat, cost: { input: 0, output: 0 } } } }),
  });
  assert.deepEqual(overlay.prices, []);
  assert.match(report.leftOut[0]?.why ?? '', /^free/);
});

test('hours of the day that the source does not know are not overwritten', () => {
  const { overlay, report } = build({
    modelsDev: modelsDev({
      deepseek: { 'deepseek-v4-pro': { ...chat, cost: { input: 0.67, output: 2, cache_read: 0.022 } } },
    }),
  });
  assert.deepEqual(overlay.prices, []);
  assert.match(report.leftOut[0]?.why ?? '', /by the hour/);
});

test('names are joined by serving, alias, organisation and spelling, never by cutting a date off', () => {
  const { report } = build({
    modelsDev: modelsDev({
      'amazon-bedrock': { 'us.anthropic.claude-sonnet-5': { ...chat, cost: { input: 2, output: 10 } } },
      openrouter: { 'qwen/qwen3-coder': { ...chat, cost: { input: 0.3, output: 1.3 } } },
    }),
    litellm: litellm({
      'fireworks_ai/accounts/fireworks/models/kimi-k2p5': mapRow('fireworks_ai', 0.6, 3),
      'gpt-4o-2024-05-13': mapRow('openai', 5, 15),
    }),
  });
  assert.deepEqual(report.newModels, ['gpt-4o-2024-05-13']);
});

test('a limit stated otherwise is listed, and goes into the overlay only when it is accepted', () => {
  const sources = { litellm: litellm({ 'gpt-4o': mapRow('openai', 2.5, 10) }) };
  const { overlay, report } = build(sources);
  assert.deepEqual(overlay.models, []);
  assert.ok(
    report.changedFacts.some(
      ({ model, field, ours, theirs }) =>
        model === 'gpt-4o' && field === 'contextTokens' && ours === 128_000 && theirs === 400_000,
    ),
  );
  const accepted = build({ ...sources, accepted: ['gpt-4o:contextTokens'] });
  assert.deepEqual(accepted.overlay.models, [{ id: 'gpt-4o', contextTokens: 400_000 }]);
});

test('a score of Epoch’s table is added where there is none, and replaces none', () => {
  const csv =
    '﻿id,Name,EM,Model version,Shots,Source,Source link,Notes\n' +
    '1,New,81.5%,qwen3-max,5,Stanford CRFM Leaderboard,x,\n' +
    '2,Own claim,99%,qwen3-max,5,Vendor,x,\n' +
    '3,Known,12%,gpt-4o-2024-08-06,5,Stanford CRFM Leaderboard,x,\n';
  const epoch = { mmlu: readEpochMmlu(csv), source: { key: 'epoch', citation: 'Epoch', asOf: '2026-12-01' } };
  const { overlay, report } = build({ epoch });
  assert.equal(report.newScores, 1);
  assert.equal(overlay.models?.[0]?.id, 'qwen3-max');
  assert.equal(overlay.models?.[0]?.scores?.at(-1)?.value, 81.5);
});

test('files of another form than expected hold nothing, and break nothing', () => {
  for (const content of [
    null,
    [],
    'text',
    7,
    { openai: null },
    { openai: { models: { a: null, b: { cost: 'free' } } } },
  ]) {
    const { report } = build({
      modelsDev: { content, source: modelsDevSource },
      litellm: { content, source: litellmSource },
    });
    assert.deepEqual([report.newModels, report.newPrices, report.findings], [[], [], []]);
  }
});

test('tiers of the price map are read as sizes of the whole request', () => {
  const { overlay } = build({
    litellm: litellm({
      'dashscope/qwen9': mapRow('dashscope', 1, 4, {
        input_cost_per_token_above_200k_tokens: 2e-6,
        output_cost_per_token_above_200k_tokens: 8e-6,
      }),
      'dashscope/qwen9-tiered': {
        ...mapRow('dashscope', 0, 0),
        tiered_pricing: [
          {
            range: [0, 32000],
            input_cost_per_token: flash.input / 1e6,
            output_cost_per_token: flash.output / 1e6,
          },
          { range: [32000, 128000], input_cost_per_token: 2e-7, output_cost_per_token: 9e-7 },
        ],
      },
    }),
  });
  assert.deepEqual(priceWith(overlay, 'qwen9', 'dashscope', 200_000), [1, 4]);
  assert.deepEqual(priceWith(overlay, 'qwen9', 'dashscope', 200_001), [2, 8]);
  assert.deepEqual(priceWith(overlay, 'qwen9-tiered', 'dashscope', 32_000), [0.0945, 0.472]);
  assert.deepEqual(priceWith(overlay, 'qwen9-tiered', 'dashscope', 32_001), [0.2, 0.9]);
});

const files = new URL('../../../../shared/data/catalog/sources/', import.meta.url);
const skip = existsSync(fileURLToPath(files)) ? false : 'the source files are not here';

test('the real sources build an overlay that compiles and leaves every shipped price as it was', {
  skip,
}, () => {
  const text = (file: string) => readFileSync(new URL(file, files), 'utf8');
  const { overlay, report } = build({
    modelsDev: {
      content: JSON.parse(text('models-dev.json')),
      source: { ...modelsDevSource, asOf: '2026-07-02' },
    },
    litellm: {
      content: JSON.parse(text('litellm-prices.json')),
      source: { ...litellmSource, asOf: '2026-07-24' },
    },
    atom: {
      weights: readAtom({
        models: text('atom/models.csv'),
        organizationRegions: text('atom/organization_regions.csv'),
      }),
      source: { key: 'atom', citation: 'ATOM', asOf: '2026-08-17' },
    },
    epoch: {
      mmlu: readEpochMmlu(text('epoch/external_benchmark_mmlu.csv')),
      source: { key: 'epoch', citation: 'Epoch', asOf: '2025-12-03' },
    },
  });
  assert.ok(report.confirmedPrices > 400);
  assert.ok(report.findings.length > 20);
  const changed = new Set(report.changedPrices.map(({ place }) => place));
  const conflicting = new Set(report.findings.map(({ place }) => place));
  assert.deepEqual(
    [...changed].filter((place) => conflicting.has(place)),
    [],
  );
  const vendors = new Set(
    overlay.models?.flatMap(({ servedBy = [] }) => servedBy.map(({ vendor }) => vendor)),
  );
  assert.ok(vendors.size >= 10);
});
