import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createJoiner } from '../../src/catalog/build/join.ts';
import { type Offer, priceFields } from '../../src/catalog/build/offer.ts';
import { readLitellm } from '../../src/catalog/build/read-litellm.ts';
import { readModelsDev } from '../../src/catalog/build/read-models-dev.ts';
import { shippedSourceNames } from '../../src/catalog/build/source-names.ts';
import { type CatalogFile, compileCatalogData } from '../../src/catalog/compile.ts';
import type { PriceRow } from '../../src/catalog/index.ts';
import { shippedCatalogFiles } from '../../src/catalog/shipped.ts';

/** As a file of the operator's would be read: with its form checked, and every price for overlaps. */
const shipped = compileCatalogData(shippedCatalogFiles().map(({ checked: _checked, ...file }) => file));

test('the shipped catalogue has the form that start-up takes for granted, and compiles to the same', () => {
  assert.deepEqual(compileCatalogData(shippedCatalogFiles()), shipped);
});

test('every fact, score and price of the shipped catalogue says where it is from and when it was read', () => {
  assert.ok(shipped.models.length >= 250);
  for (const model of shipped.models) {
    assert.ok(model.facts.length > 0, model.id);
    assert.ok(model.outputTokensMax <= model.contextTokens, model.id);
    assert.equal(model.outputTokensMax === 0, (model.kind ?? 'chat') !== 'chat', model.id);
    for (const fact of [...model.facts, ...model.scores, ...(model.evidence ?? [])])
      assert.match(fact.asOf, /^\d{4}-\d{2}-\d{2}$/);
  }
  const chat = new Set(shipped.models.filter(({ kind }) => kind === undefined).map(({ id }) => id));
  for (const price of shipped.prices) {
    assert.ok(price.source !== '' && price.origin === 'shipped');
    assert.ok(
      price.input > 0 || (price.perRequest ?? 0) > 0,
      `${price.model}@${price.vendor}: nothing shipped is free`,
    );
    assert.ok(price.output > 0 || !chat.has(price.model), `${price.model}@${price.vendor}`);
    assert.ok(
      (price.cacheRead ?? 0) <= price.input,
      `${price.model}: a cached token costs no more than a new one`,
    );
  }
});

test('a price that ended is followed by the one that began, and no place has a gap in between', () => {
  for (const price of shipped.prices.filter(({ to }) => to !== undefined)) {
    const next = shipped.prices.find(
      (other) =>
        other.model === price.model &&
        other.vendor === price.vendor &&
        other.region === price.region &&
        other.from === price.to,
    );
    assert.ok(next !== undefined, `${price.model}@${price.vendor} ends on ${price.to}`);
  }
});

test('a licence that is not proprietary says what it asks, and where that was read', () => {
  for (const { id, licence, simulated } of shipped.models) {
    if (simulated || licence.id === 'unverified-open') continue;
    assert.ok((licence.obligations ?? []).length > 0, id);
    assert.ok(licence.id === 'proprietary' || licence.readAt !== undefined, id);
  }
  const find = (id: string) => shipped.models.find((model) => model.id === id)!.licence;
  assert.equal(find('minimax-m2.7').commercialUse, 'no');
  assert.deepEqual(
    find('hunyuan-a13b-instruct').obligations?.find(({ kind }) => kind === 'territory')?.territories,
    ['EU', 'GB', 'KR'],
  );
});

test('effort words are given only where an effort is how the model is switched', () => {
  for (const [id, servings] of shipped.servings) {
    const model = shipped.models.find((each) => each.id === id)!;
    for (const { vendor, quirks } of servings) {
      if (quirks?.reasoningEfforts !== undefined)
        assert.notEqual(model.capabilities.reasoning, 'none', `${id}@${vendor}`);
      if (quirks?.reasoningControl === 'thinking_budget')
        assert.equal(quirks.reasoningEfforts, undefined, id);
    }
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

test('enough chat models have a citable score to compare abilities', () => {
  const chat = shipped.models.filter((model) => model.kind === undefined && !model.simulated);
  const scored = chat.filter((model) => model.scores.length > 0);
  assert.ok(scored.length >= 70, `${scored.length} of ${chat.length}`);
});

test('a higher tier is never cheaper, and off-peak never dearer', () => {
  for (const price of shipped.prices) {
    for (const other of shipped.prices) {
      if (other.model !== price.model || other.vendor !== price.vendor || other.region !== price.region)
        continue;
      if (other.from !== price.from) continue;
      if (other.inputTokensAbove > price.inputTokensAbove) assert.ok(other.input >= price.input, price.model);
      if (other.inputTokensAbove !== price.inputTokensAbove) continue;
      if (other.minutesUtc !== undefined && price.minutesUtc === undefined)
        assert.ok(other.input >= price.input, price.model);
      if (other.outputTokensUpTo !== undefined && price.outputTokensUpTo === undefined)
        assert.ok(other.output <= price.output, price.model);
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

const sources = new URL('../../../shared/data/catalog/sources/', import.meta.url);
const present = existsSync(fileURLToPath(sources));
const skip = present ? false : 'the source files are not here';
const readJson = (file: string) => JSON.parse(readFileSync(new URL(file, sources), 'utf8'));

/** Every row taken from a source is a tier that the source states for that model at that vendor. */
function checkTaken(rows: PriceRow[], offers: Offer[]): void {
  const joiner = createJoiner(shipped, shippedSourceNames().aliases);
  const byModel = new Map<string, Offer[]>();
  const missing: string[] = [];
  for (const offer of offers) {
    const id = joiner.find(offer.vendor, offer.native);
    if (id !== undefined) byModel.set(id, [...(byModel.get(id) ?? []), offer]);
  }
  for (const row of rows) {
    const tiers = (byModel.get(row.model) ?? [])
      .filter(
        ({ vendor, region }) => vendor === row.vendor && (region === undefined || region === row.region),
      )
      .flatMap((offer) => offer.tiers)
      .filter((tier) => tier.inputTokensAbove === row.inputTokensAbove);
    const said = tiers.some((tier) =>
      priceFields.every((field) => {
        // One-hour writes come from the map where the rest is the same; a stated zero is left out.
        if (row[field] === undefined || field === 'cacheWrite1h') return true;
        return row[field] === Math.round((tier[field] ?? 0) * 1e6);
      }),
    );
    if (!said) missing.push(`${row.model}@${row.vendor}/${row.region ?? '*'} above ${row.inputTokensAbove}`);
  }
  assert.deepEqual(missing, []);
}

test('prices taken from models.dev are the file’s', { skip }, () => {
  const taken = shipped.prices.filter((price) => price.source.endsWith('anomalyco/models.dev@f3fc692'));
  assert.ok(taken.length > 300);
  checkTaken(taken, readModelsDev(readJson('models-dev.json'), shippedSourceNames(), 'models.dev').offers);
});

test('prices taken from the LiteLLM map are the file’s', { skip }, () => {
  const taken = shipped.prices.filter(
    (price) => price.source.startsWith('LiteLLM') && price.perRequest === undefined,
  );
  assert.ok(taken.length > 100);
  checkTaken(taken, readLitellm(readJson('litellm-prices.json'), shippedSourceNames(), 'litellm').offers);
});

/** Names without the organisation that publishes the weights. */
const bare = (names: string[]) => names.map((name) => name.slice(name.indexOf('/') + 1));

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
      .filter(([id]) => bare(names).includes(id.slice(id.indexOf('/') + 1).toLowerCase()))
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
