import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { costOf, describePriceRow, type PriceRow, selectPrice } from '../../src/catalog/index.ts';
import { noUsage, type Usage } from '../../src/protocol/index.ts';
import { picoUsdPerToken } from '../../src/std/index.ts';

function row(change: Partial<PriceRow> = {}): PriceRow {
  return {
    source: 'test',
    asOf: '2026-11-23',
    model: 'm',
    vendor: 'v',
    region: undefined,
    from: '2026-01-01',
    to: undefined,
    inputTokensAbove: 0,
    input: picoUsdPerToken(2),
    output: picoUsdPerToken(10),
    cacheRead: picoUsdPerToken(0.2),
    cacheWrite: picoUsdPerToken(2.5),
    cacheWrite1h: picoUsdPerToken(4),
    ...change,
  };
}

const at = (instant: string) => Date.parse(instant);
const noon = at('2026-11-23T12:00:00Z');

function used(change: Partial<Usage>): Usage {
  return { ...noUsage, ...change };
}

test('costOf() charges each part at its rate', () => {
  const usage = used({
    inputTokens: 1000,
    cacheReadTokens: 300,
    cacheWriteTokens: 200,
    cacheWrite1hTokens: 50,
    outputTokens: 100,
    reasoningTokens: 40,
  });
  // 500 × 2 + 300 × 0.2 + 150 × 2.5 + 50 × 4 + 100 × 10 = 2,635 USD per 1M tokens' worth.
  assert.equal(costOf(usage, row()), 2_635_000);
});

test('costOf() falls back to the nearest rate the vendor has', () => {
  const usage = used({ inputTokens: 30, cacheReadTokens: 10, cacheWriteTokens: 10, cacheWrite1hTokens: 5 });
  const bare = row({ cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined });
  assert.equal(costOf(usage, bare), 30 * 2000);
  assert.equal(costOf(usage, row({ cacheWrite1h: undefined })), 10 * 2000 + 10 * 200 + 10 * 2500);
});

test('costOf() charges all output at the thinking rate when the answer reasoned and the vendor bills it apart', () => {
  const apart = row({ outputThinking: picoUsdPerToken(40) });
  assert.equal(costOf(used({ outputTokens: 10 }), apart), 10 * 10_000);
  assert.equal(costOf(used({ outputTokens: 10, reasoningTokens: 1 }), apart), 10 * 40_000);
  assert.equal(costOf(used({ outputTokens: 10, reasoningTokens: 1 }), row()), 10 * 10_000);
});

test('costOf() rounds once, half up', () => {
  const fine = row({ input: 250, output: 250 });
  assert.equal(costOf(used({ inputTokens: 1, outputTokens: 1 }), fine), 1);
  assert.equal(costOf(used({ inputTokens: 1 }), fine), 0);
  assert.equal(costOf(used({ inputTokens: 1 }), row({ input: 1500 })), 2);
});

test('costOf() survives counts that no vendor should send', () => {
  const odd = used({ inputTokens: -5, cacheReadTokens: Number.NaN, outputTokens: 1.9 });
  assert.equal(costOf(odd, row()), 10_000);
});

const parts = fc.record({
  uncached: fc.nat(2_000_000),
  cacheReadTokens: fc.nat(2_000_000),
  write5m: fc.nat(2_000_000),
  cacheWrite1hTokens: fc.nat(2_000_000),
  outputTokens: fc.nat(2_000_000),
});

test('no token is charged twice or not at all: with one rate the cost is that rate times all tokens', () => {
  fc.assert(
    fc.property(parts, fc.nat(1_000_000_000), ({ uncached, write5m, ...rest }, rate) => {
      const cacheWriteTokens = write5m + rest.cacheWrite1hTokens;
      const usage = used({
        ...rest,
        cacheWriteTokens,
        inputTokens: uncached + rest.cacheReadTokens + cacheWriteTokens,
      });
      const flat = row({ input: rate, output: rate, cacheRead: rate, cacheWrite: rate, cacheWrite1h: rate });
      const tokens = BigInt(usage.inputTokens + usage.outputTokens);
      assert.equal(BigInt(costOf(usage, flat)), (tokens * BigInt(rate) + 500n) / 1000n);
    }),
  );
});

test('more tokens never cost less, and cached ones never more than uncached', () => {
  fc.assert(
    fc.property(parts, fc.nat(1000), ({ uncached, write5m: _w, ...rest }, more) => {
      const usage = used({ inputTokens: uncached + rest.cacheReadTokens, outputTokens: rest.outputTokens });
      const larger = { ...usage, inputTokens: usage.inputTokens + more };
      assert.ok(costOf(larger, row()) >= costOf(usage, row()));
      assert.ok(costOf({ ...usage, cacheReadTokens: rest.cacheReadTokens }, row()) <= costOf(usage, row()));
    }),
  );
});

test('the tier that the whole request reaches prices all its tokens', () => {
  const rows = [
    row(),
    row({ inputTokensAbove: 100, input: picoUsdPerToken(5) }),
    row({ inputTokensAbove: 1000, input: picoUsdPerToken(9) }),
  ];
  fc.assert(
    fc.property(fc.nat(2000), (inputTokens) => {
      const found = selectPrice(rows, { atMs: noon, inputTokens, region: undefined });
      const rate = inputTokens > 1000 ? 9 : inputTokens > 100 ? 5 : 2;
      assert.equal(costOf(used({ inputTokens }), found!), inputTokens * rate * 1000);
    }),
  );
});

test('selectPrice() answers undefined where the price is unknown', () => {
  const question = { atMs: noon, inputTokens: 10, region: undefined };
  assert.equal(selectPrice([], question), undefined);
  assert.equal(selectPrice([row({ from: '2026-12-01' })], question), undefined);
  assert.equal(selectPrice([row({ to: '2026-11-23T12:00:00Z' })], question), undefined);
  assert.equal(selectPrice([row({ region: 'eu' })], question), undefined);
  assert.equal(selectPrice([row({ region: 'eu' })], { ...question, region: 'us' }), undefined);
  const limited = [row({ inputTokensUpTo: 100 })];
  assert.ok(selectPrice(limited, { ...question, inputTokens: 100 }) !== undefined);
  assert.equal(selectPrice(limited, { ...question, inputTokens: 101 }), undefined);
});

test('selectPrice() prefers the operator, then the region, then the tier, then the hour, then the later start', () => {
  const pick = (rows: PriceRow[], inputTokens = 10) =>
    selectPrice(rows, { atMs: noon, inputTokens, region: 'eu' })?.note ?? 'none';
  const base = row({ note: 'base' });
  const later = row({ note: 'later', from: '2026-06-01' });
  const regional = row({ note: 'regional', region: 'eu' });
  const tier = row({ note: 'tier', inputTokensAbove: 5 });
  const hours = row({ note: 'hours', minutesUtc: [[660, 780]] });
  const operator = row({ note: 'operator', origin: 'operator' });
  for (const [rows, expected] of [
    [[base, later], 'later'],
    [[base, later, hours], 'hours'],
    [[base, hours, tier], 'tier'],
    [[base, tier, regional], 'regional'],
    [[base, tier, regional, operator], 'operator'],
  ] as const) {
    assert.equal(pick([...rows]), expected);
    assert.equal(pick([...rows].reverse()), expected);
  }
});

test('peak hours hold on their weekdays and hours only, the end excluded', () => {
  const rows = [
    row({ note: 'off-peak' }),
    row({
      note: 'peak',
      minutesUtc: [
        [60, 240],
        [360, 600],
      ],
      weekdaysUtc: [1, 2, 3, 4, 5],
    }),
  ];
  const pick = (instant: string) =>
    selectPrice(rows, { atMs: at(instant), inputTokens: 1, region: undefined })?.note;
  assert.equal(pick('2026-11-23T00:59:59Z'), 'off-peak');
  assert.equal(pick('2026-11-23T01:00:00Z'), 'peak');
  assert.equal(pick('2026-11-23T04:00:00Z'), 'off-peak');
  assert.equal(pick('2026-11-23T09:59:59Z'), 'peak');
  assert.equal(pick('2026-11-22T02:00:00Z'), 'off-peak');
});

test('hours may begin and end at a minute', () => {
  const rows = [row({ note: 'day' }), row({ note: 'night', minutesUtc: [[990, 1440]] })];
  const pick = (instant: string) =>
    selectPrice(rows, { atMs: at(instant), inputTokens: 1, region: undefined })?.note;
  assert.equal(pick('2026-11-23T16:29:59Z'), 'day');
  assert.equal(pick('2026-11-23T16:30:00Z'), 'night');
  assert.equal(pick('2026-11-23T23:59:59Z'), 'night');
  assert.equal(pick('2026-11-24T00:00:00Z'), 'day');
});

test('a discount for short answers holds once the answer is known to be short', () => {
  const rows = [
    row({ note: 'plain' }),
    row({ note: 'short', outputTokensUpTo: 200 }),
    row({ note: 'shorter', outputTokensUpTo: 50 }),
    row({ note: 'big', inputTokensAbove: 1000 }),
  ];
  const pick = (outputTokens: number | undefined, inputTokens = 10) =>
    selectPrice(rows, { atMs: noon, inputTokens, outputTokens, region: undefined })?.note;
  assert.equal(pick(undefined), 'plain');
  assert.equal(pick(50), 'shorter');
  assert.equal(pick(51), 'short');
  assert.equal(pick(200), 'short');
  assert.equal(pick(201), 'plain');
  assert.equal(pick(0), 'shorter');
  assert.equal(pick(10, 2000), 'big');
});

test('a call that is billed by the search costs its searches on top of its tokens', () => {
  const search = row({ input: 0, output: 0, perRequest: picoUsdPerToken(0.002) * 1_000_000 });
  assert.equal(costOf(used({ inputTokens: 5000 }), search), 2_000_000);
  assert.equal(costOf(used({ inputTokens: 5000 }), search, 3), 6_000_000);
  assert.equal(costOf(used({ inputTokens: 10 }), row({ perRequest: 1_000_000_000 })), 20_000 + 1_000_000);
});

test('of the rows that hold, the chosen one is the same in whatever order they come', () => {
  const some = fc.record({
    inputTokensAbove: fc.constantFrom(0, 100),
    outputTokensUpTo: fc.constantFrom(undefined, 50, 200),
    minutesUtc: fc.constantFrom<[number, number][] | undefined>(undefined, [[700, 800]]),
    region: fc.constantFrom(undefined, 'eu'),
    from: fc.constantFrom('2026-01-01', '2026-06-01'),
    origin: fc.constantFrom<PriceRow['origin']>('operator', 'shipped'),
  });
  const rows = fc.uniqueArray(some, { selector: (each) => JSON.stringify(each), maxLength: 12 });
  fc.assert(
    fc.property(
      rows,
      fc.nat(200),
      fc.option(fc.nat(300), { nil: undefined }),
      (changes, inputTokens, outputTokens) => {
        const all = changes.map((change) => row(change));
        const question = { atMs: noon, inputTokens, outputTokens, region: 'eu' };
        const found = selectPrice(all, question);
        assert.deepEqual(selectPrice(all.toReversed(), question), found);
        if (found?.outputTokensUpTo !== undefined) assert.ok(outputTokens! <= found.outputTokensUpTo);
      },
    ),
  );
});

test('describePriceRow() names the row, its rates and its source on one line', () => {
  assert.equal(
    describePriceRow(
      row({
        region: 'eu',
        inputTokensAbove: 200,
        minutesUtc: [[60, 240]],
        cacheRead: 2800,
        cacheWrite1h: undefined,
      }),
    ),
    'v/m@eu from 2026-01-01 above 200 input tokens hours 1-4 UTC in 2 out 10 cache-read 0.0028 cache-write 2.5 (test, 2026-11-23)',
  );
});
