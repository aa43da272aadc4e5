import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CatalogFile, compileCatalogData } from '../../src/catalog/compile.ts';
import type { PriceRow } from '../../src/catalog/index.ts';
import { shippedCatalogFiles } from '../../src/catalog/shipped.ts';

const shipped = compileCatalogData(shippedCatalogFiles());

test('the shipped catalogue compiles, and every fact, score and price says where it is from and when it was read', () => {
  assert.ok(shipped.models.length >= 15);
  for (const model of shipped.models) {
    assert.ok(model.facts.length > 0, model.id);
    assert.ok(model.outputTokensMax <= model.contextTokens, model.id);
    for (const fact of [...model.facts, ...model.scores]) assert.match(fact.asOf, /^\d{4}-\d{2}-\d{2}$/);
  }
  for (const price of shipped.prices) {
    assert.ok(price.source !== '' && price.origin === 'shipped');
    assert.ok(price.input > 0 && price.output > 0, `${price.model}: nothing shipped is free`);
    assert.ok(
      (price.cacheRead ?? 0) <= price.input,
      `${price.model}: a cached token costs no more than a new one`,
    );
  }
});

test('a benchmark has one spelling, and a model one score on it', () => {
  const spellings = new Map<string, string>();
  for (const model of shipped.models) {
    const names = model.scores.map((score) => score.benchmark);
    assert.equal(new Set(names).size, names.length, model.id);
    for (const name of names) {
      const bare = name
        .replace(/\(.*/, '')
        .toLowerCase()
        .replace(/[^a-z0-9]/g, '');
      assert.equal(spellings.get(bare) ?? name, name);
      spellings.set(bare, name);
    }
  }
});

test('a real model without any score is one of the few about which nothing citable is published', () => {
  const unscored = shipped.models.filter((model) => model.scores.length === 0).map((model) => model.id);
  assert.deepEqual(unscored, ['gpt-6.2-sol', 'qwen-plus', 'qwen-flash']);
});

test('a higher tier is never cheaper, and off-peak never dearer', () => {
  for (const price of shipped.prices) {
    for (const other of shipped.prices) {
      if (other.model !== price.model || other.vendor !== price.vendor || other.region !== price.region)
        continue;
      if (other.from !== price.from) continue;
      if (other.inputTokensAbove > price.inputTokensAbove) assert.ok(other.input >= price.input, price.model);
      if (other.hoursUtc !== undefined && price.hoursUtc === undefined)
        assert.ok(other.input >= price.input, price.model);
    }
  }
});

function withOverlay(content: unknown) {
  const overlay: CatalogFile = { label: 'overlay.yaml', origin: 'operator', content };
  return compileCatalogData([...shippedCatalogFiles(), overlay]);
}

const source = { source: 'our contract', asOf: '2026-11-01' };

test('an overlay changes single facts of a model and wins on prices', () => {
  const data = withOverlay({
    models: [{ id: 'gpt-4o', contextTokens: 64_000 }],
    prices: [{ model: 'gpt-4o', vendor: 'openai', from: '2026-01-01', input: 1, output: 4, source }],
  });
  const model = data.models.find((each) => each.id === 'gpt-4o');
  assert.equal(model?.contextTokens, 64_000);
  assert.equal(model?.name, 'GPT-4o');
  assert.equal(data.prices[0]?.origin, 'operator');
  assert.equal(data.prices[0]?.input, 1_000_000);
});

test('mistakes are refused with the place and the remedy', () => {
  const price = { model: 'gpt-4o', vendor: 'openai', from: '2026-01-01', input: 1, output: 4, source };
  const cases: [unknown, RegExp][] = [
    [{ prices: [{ ...price, output: undefined }] }, /overlay\.yaml:.*output/s],
    [{ prices: [{ ...price, input: -1 }] }, /input/],
    [{ prices: [{ ...price, input: '1' }] }, /input/],
    [{ prices: [{ ...price, cach_read: 1 }] }, /cach_read/],
    [{ prices: [{ ...price, from: '1 Jan' }] }, /must be a date/],
    [{ prices: [{ ...price, to: '2025-01-01' }] }, /must begin before it ends/],
    [{ prices: [{ ...price, hoursUtc: [[5, 5]] }] }, /must begin before it ends/],
    [{ prices: [{ ...price, source: 'nowhere' }] }, /no source «nowhere»/],
    [{ prices: [{ ...price, model: 'gpt-9' }] }, /no such model; add it to `models`/],
    [{ prices: [{ ...price, vendor: 'acme' }] }, /no vendor «acme»/],
    [
      { prices: [price, { ...price, from: '2026-05-01' }] },
      /prices overlap: «gpt-4o» at «openai» \(every region\)/,
    ],
    [
      {
        prices: [
          { ...price, hoursUtc: [[1, 4]] },
          { ...price, hoursUtc: [[3, 5]] },
        ],
      },
      /prices overlap/,
    ],
    [{ models: [{ id: 'new-model' }] }, /model «new-model» is new, so every field is needed/],
    [{ models: [{ id: 'gpt-4o-mini', aliases: ['gpt-4o'] }] }, /the name «gpt-4o» belongs to both/],
    [{ models: [{ id: 'gpt-4o' }, { id: 'gpt-4o' }] }, /is there twice/],
    [{ models: [{ id: 'GPT-4o' }] }, /lower case/],
    [{ modles: [] }, /modles/],
    ['text', /overlay\.yaml/],
  ];
  for (const [content, message] of cases)
    assert.throws(() => withOverlay(content), message, JSON.stringify(content));
});

test('rows that meet at an instant, or split the day, do not overlap', () => {
  const price = { model: 'gpt-4o', vendor: 'openai', from: '2026-01-01', input: 1, output: 4, source };
  assert.doesNotThrow(() =>
    withOverlay({
      prices: [
        { ...price, to: '2026-05-01' },
        { ...price, from: '2026-05-01' },
        { ...price, hoursUtc: [[0, 4]] },
        { ...price, hoursUtc: [[4, 8]] },
        { ...price, inputTokensAbove: 1000 },
        { ...price, region: 'eu-proxy' },
      ],
    }),
  );
});

interface Cost {
  input: number;
  output: number;
  cache_read?: number;
  cache_write?: number;
  reasoning?: number;
  tiers?: (Cost & { tier: { size: number } })[];
}

const sources = new URL('../../../shared/data/catalog/sources/', import.meta.url);
const present = existsSync(fileURLToPath(sources));
const skip = present ? false : 'the source files are not here';

function modelsDevName(price: PriceRow): [string, string] {
  const provider =
    price.region === 'cn-beijing' ? 'alibaba-cn' : price.vendor === 'dashscope' ? 'alibaba' : price.vendor;
  return [provider, price.model.replace('qwen2.5', 'qwen2-5')];
}

test('prices taken from models.dev are the file’s', { skip }, () => {
  const { providers } = JSON.parse(readFileSync(new URL('models-dev.json', sources), 'utf8'));
  const taken = shipped.prices.filter((price) => price.source.startsWith('models.dev'));
  assert.ok(taken.length > 5);
  for (const price of taken) {
    const [provider, name] = modelsDevName(price);
    const cost: Cost = providers[provider].models[name].cost;
    const tier =
      price.inputTokensAbove === 0
        ? cost
        : cost.tiers?.find((each) => each.tier.size === price.inputTokensAbove);
    assert.ok(tier !== undefined, name);
    const figures = [tier.input, tier.output, tier.cache_read, tier.cache_write, tier.reasoning];
    const ours = [price.input, price.output, price.cacheRead, price.cacheWrite, price.outputThinking];
    assert.deepEqual(
      ours,
      figures.map((usd) => (usd === undefined ? undefined : Math.round(usd * 1e6))),
      name,
    );
  }
});

test('prices taken from the LiteLLM map are the file’s', { skip }, () => {
  const map = JSON.parse(readFileSync(new URL('litellm-prices.json', sources), 'utf8'));
  const keys: { [model: string]: string } = {
    'qwen-plus': 'dashscope/qwen-plus-latest',
    'qwen-flash': 'dashscope/qwen-flash',
  };
  for (const price of shipped.prices.filter((each) => each.source.startsWith('LiteLLM'))) {
    const entry = map[keys[price.model] ?? price.model];
    const tier =
      entry.tiered_pricing?.find(
        (each: { range: [number, number] }) => each.range[0] === price.inputTokensAbove,
      ) ?? entry;
    assert.equal(price.input, Math.round(tier.input_cost_per_token * 1e12), price.model);
    assert.equal(price.output, Math.round(tier.output_cost_per_token * 1e12), price.model);
    const cache: [number | undefined, number | undefined][] = [
      [price.cacheRead, tier.cache_read_input_token_cost],
      [price.cacheWrite, tier.cache_creation_input_token_cost],
      [price.cacheWrite1h, tier.cache_creation_input_token_cost_above_1hr],
    ];
    for (const [ours, theirs] of cache) {
      if (ours !== undefined) assert.equal(ours, Math.round((theirs ?? 0) * 1e12), price.model);
    }
    if (tier.output_cost_per_reasoning_token !== undefined) {
      assert.equal(
        price.outputThinking,
        Math.round(tier.output_cost_per_reasoning_token * 1e12),
        price.model,
      );
    }
  }
});

/** The scores of one source, with the model's own name and its aliases. */
function scoresFrom(source: string) {
  return shipped.models.flatMap((model) =>
    model.scores
      .filter((score) => score.source.startsWith(source))
      .map((score) => ({ names: [model.id, ...model.aliases], ...score })),
  );
}

test('MMLU scores are those of the HELM rows in Epoch’s file', { skip }, () => {
  const rows = readFileSync(new URL('epoch/external_benchmark_mmlu.csv', sources), 'utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter((cells) => cells[5] === 'Stanford CRFM Leaderboard');
  const taken = scoresFrom('Epoch AI');
  assert.ok(taken.length >= 10);
  for (const { names, value } of taken) {
    // The most exact name first: an undated one may stand for an earlier version there.
    const exact = names.toSorted((one, other) => other.length - one.length);
    const row = exact
      .map((name) => rows.find((cells) => cells[3]?.toLowerCase() === name))
      .find((found) => found);
    assert.equal(`${value.toFixed(1)}%`, row?.[2], names[0]);
  }
});

test('scores taken from models.dev are the file’s', { skip }, () => {
  const { models } = JSON.parse(readFileSync(new URL('models-dev.json', sources), 'utf8'));
  const taken = scoresFrom('models.dev (MIT), anomalyco/models.dev@f3fc692');
  assert.ok(taken.length >= 6);
  for (const { names, benchmark, value } of taken) {
    const wanted = benchmark.replace(/ \(.*/, '').toLowerCase();
    const listed = Object.entries<{ benchmarks?: { name: string; score: number }[] }>(models)
      .filter(([id]) => names.includes(id.slice(id.indexOf('/') + 1)))
      .flatMap(([, model]) => model.benchmarks ?? [])
      .filter((each) => each.name.toLowerCase() === wanted)
      .map((each) => each.score);
    assert.ok(listed.includes(value), `${names[0]}: ${benchmark}`);
  }
});

test('LiveBench scores are those computed from its table for the same model', { skip }, () => {
  const { models } = JSON.parse(readFileSync(new URL('../models.json', sources), 'utf8'));
  const taken = scoresFrom('LiveBench');
  assert.ok(taken.length >= 5);
  for (const { names, benchmark, value } of taken) {
    const listed = models
      .filter((each: { id: string }) => names.includes(each.id.slice(each.id.indexOf('/') + 1)))
      .flatMap((each: { scores: { name: string; value: number }[] }) => each.scores)
      .filter((each: { name: string }) => each.name === benchmark);
    assert.ok(
      listed.some((each: { value: number }) => each.value === value),
      names[0],
    );
  }
});
