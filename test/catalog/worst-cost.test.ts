import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PriceRow } from '../../src/catalog/index.ts';
import { worstCostOf } from '../../src/catalog/index.ts';

const row: PriceRow = {
  source: 'test',
  asOf: '2026-01-01',
  model: 'm',
  vendor: 'v',
  region: undefined,
  from: '2020-01-01',
  to: undefined,
  inputTokensAbove: 0,
  input: 1_000,
  output: 2_000,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
};
const use = {
  atMs: Date.parse('2026-06-01'),
  region: undefined,
  inputTokens: 100,
  outputTokens: 10,
  hourCache: false,
};

function check(rows: Partial<PriceRow>[], asked: Partial<typeof use>, nano: number | undefined): void {
  const all = rows.map((each) => ({ ...row, ...each }));
  assert.equal(worstCostOf(all, { ...use, ...asked }), nano);
}

test('the worst case is all input read and all output said, where nothing is dearer', () => {
  check([{}], {}, 120);
});

test('it has what is dearer: a cache that is written, for an hour only where that is asked for, and thinking', () => {
  const claude = { cacheWrite: 1_250, cacheWrite1h: 2_000 };
  check([claude], {}, 145);
  check([claude], { hourCache: true }, 220);
  check([{ outputThinking: 8_000 }], {}, 180);
});

test('a bound beyond the last size with a price is charged at that price, and never nothing', () => {
  check([{ inputTokensUpTo: 50 }], {}, 120);
  check([{ inputTokensUpTo: 50, outputThinking: 8_000 }], {}, 180);
});

test('without a price there is no worst case', () => {
  check([], {}, undefined);
  check([{ region: 'eu' }], {}, undefined);
});
