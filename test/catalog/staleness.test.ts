import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelStaleness, type PriceRow, priceStaleness, staleness } from '../../src/catalog/index.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const row: PriceRow = {
  source: 'test',
  asOf: '2026-11-20',
  model: 'm',
  vendor: 'v',
  region: undefined,
  from: '2026-01-01',
  to: undefined,
  inputTokensAbove: 0,
  input: 1,
  output: 1,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
};

test('a price is stale after 45 days, a limit after half a year, a score after a year', () => {
  const cases: [Parameters<typeof staleness>[0], boolean][] = [
    [{ kind: 'price', asOf: '2026-10-09' }, false],
    [{ kind: 'price', asOf: '2026-10-08' }, true],
    [{ kind: 'facts', asOf: '2026-05-27' }, false],
    [{ kind: 'facts', asOf: '2026-05-26' }, true],
    [{ kind: 'score', asOf: '2025-11-23' }, false],
    [{ kind: 'score', asOf: '2025-11-22' }, true],
    [{ kind: 'price', asOf: '2027-01-01' }, false],
    [{ kind: 'price', asOf: 'as configured' }, false],
  ];
  for (const [fact, stale] of cases)
    assert.equal(staleness(fact, now).stale, stale, `${fact.kind} ${fact.asOf}`);
});

test('a closed price row is history and does not age', () => {
  assert.equal(priceStaleness({ ...row, asOf: '2025-01-01' }, now).stale, true);
  assert.equal(priceStaleness({ ...row, asOf: '2025-01-01', to: '2026-01-01' }, now).stale, false);
  assert.equal(priceStaleness({ ...row, asOf: '2025-01-01', to: '2027-01-01' }, now).stale, true);
});

test('a converted price is no fresher than its exchange rate', () => {
  const converted = { currency: 'CNY', usdPerUnit: 0.14, source: 'bank' };
  assert.equal(priceStaleness({ ...row, converted: { ...converted, from: '2026-11-01' } }, now).stale, false);
  const old = priceStaleness({ ...row, converted: { ...converted, from: '2026-10-01' } }, now);
  assert.deepEqual(old, { ageDays: 53, daysMax: 30, stale: true });
});

test('a model is as fresh as the newest source about it', () => {
  const fact = (asOf: string) => ({ source: 's', asOf });
  assert.equal(modelStaleness({ facts: [fact('2025-01-01'), fact('2026-11-01')] }, now)?.stale, false);
  assert.equal(modelStaleness({ facts: [fact('2025-01-01')] }, now)?.stale, true);
  assert.equal(modelStaleness({ facts: [] }, now), undefined);
});
