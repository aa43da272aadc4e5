import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CatalogFile, compileCatalogData } from '../../src/catalog/compile.ts';
import { picoFromUnits } from '../../src/catalog/exchange-rate.ts';
import { costOf, describePriceRow, type PriceRow, selectPrice } from '../../src/catalog/index.ts';
import { shippedCatalogFiles } from '../../src/catalog/shipped.ts';
import { noUsage } from '../../src/protocol/index.ts';

const source = { source: 'our contract', asOf: '2026-11-01' };
const price = {
  model: 'gpt-4o',
  vendor: 'openai',
  from: '2026-01-01',
  currency: 'CNY',
  input: 10,
  output: 40,
  source,
};
const rate = (usd: number, from: string) => ({ currency: 'CNY', usd, from, source });

function rowsOf(content: unknown): PriceRow[] {
  const overlay: CatalogFile = { label: 'overlay.yaml', origin: 'operator', content };
  return compileCatalogData([...shippedCatalogFiles(), overlay]).prices.filter(
    (row) => row.origin === 'operator',
  );
}

function costAt(rows: PriceRow[], instant: string): number | undefined {
  const question = { atMs: Date.parse(instant), inputTokens: 1_000_000, region: undefined };
  const row = selectPrice(rows, question);
  return row === undefined ? undefined : costOf({ ...noUsage, inputTokens: 1_000_000 }, row);
}

test('usage is billed at the exchange rate of its own day, and unknown before the first rate', () => {
  const rows = rowsOf({ prices: [price], rates: [rate(0.15, '2026-09-01'), rate(0.14, '2026-06-01')] });
  assert.equal(costAt(rows, '2026-05-31T23:59:59Z'), undefined);
  assert.equal(costAt(rows, '2026-06-01T00:00:00Z'), 1_400_000_000);
  assert.equal(costAt(rows, '2026-08-31T23:59:59Z'), 1_400_000_000);
  assert.equal(costAt(rows, '2026-09-01T00:00:00Z'), 1_500_000_000);
});

test('a price ends where it ends, whatever the rates do', () => {
  const rows = rowsOf({
    prices: [{ ...price, from: '2026-07-01', to: '2026-10-01' }],
    rates: [rate(0.14, '2026-06-01'), rate(0.15, '2026-09-01'), rate(0.16, '2026-11-01')],
  });
  assert.deepEqual(
    rows.map(({ from, to }) => [from, to]),
    [
      ['2026-07-01', '2026-09-01'],
      ['2026-09-01', '2026-10-01'],
    ],
  );
});

test('the operator’s first rate ends the shipped ones, which hold before it', () => {
  const shipped: CatalogFile = {
    label: 'shipped',
    origin: 'shipped',
    content: { rates: [rate(0.2, '2026-02-01'), rate(0.3, '2026-09-01')] },
  };
  const own: CatalogFile = {
    label: 'own',
    origin: 'operator',
    content: { prices: [price], rates: [rate(0.14, '2026-06-01')] },
  };
  const files = shippedCatalogFiles().map((file) =>
    file.checked?.rates === undefined
      ? file
      : { ...file, checked: { ...file.checked, rates: [], prices: [] } },
  );
  const rows = compileCatalogData([...files, shipped, own]).prices.filter(
    ({ origin }) => origin === 'operator',
  );
  assert.deepEqual(
    rows.map(({ from, converted }) => [from, converted?.usdPerUnit]),
    [
      ['2026-02-01', 0.2],
      ['2026-06-01', 0.14],
    ],
  );
});

test('a row names its currency, rate, date and who says so', () => {
  const [row] = rowsOf({ prices: [price], rates: [rate(0.14, '2026-06-01')] });
  assert.equal(
    describePriceRow(row!),
    'openai/gpt-4o@* from 2026-06-01 in 1.4 out 5.6 billed in CNY at 0.14 USD since 2026-06-01 [our contract] (operator: our contract, 2026-11-01)',
  );
});

test('a currency without a rate, and two rates of one day, are refused with the remedy', () => {
  assert.throws(() => rowsOf({ prices: [{ ...price, currency: 'JPY' }] }), /`rates` needs a row for JPY/);
  assert.throws(
    () => rowsOf({ prices: [price], rates: [rate(0.14, '2026-06-01'), rate(0.15, '2026-06-01')] }),
    /two rates of CNY from 2026-06-01/,
  );
  assert.throws(() => rowsOf({ rates: [{ ...rate(1, '2026-06-01'), currency: 'USD' }] }), /currency/);
});

test('conversion is exact to the pico-dollar, rounded half up', () => {
  assert.equal(picoFromUnits(0.8, 0.148434), 118_747);
  assert.equal(picoFromUnits(0.000001, 0.5), 1);
  assert.equal(picoFromUnits(0.000001, 0.499999), 0);
  const millionths = fc.nat(10_000_000_000);
  fc.assert(
    fc.property(millionths, fc.integer({ min: 1, max: 1_000_000_000 }), (price, rate) => {
      const exact = (BigInt(price) * BigInt(rate) + 500_000n) / 1_000_000n;
      assert.equal(BigInt(picoFromUnits(price / 1e6, rate / 1e6)), exact);
    }),
  );
});
