import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { QuotedTier } from '../../../src/catalog/build/offer.ts';
import { type Finding, type Quote, reconcile } from '../../../src/catalog/build/reconcile.ts';

/** A true price, what three sources say of it, and how each rounds or leaves out. */
interface Truth {
  tiers: QuotedTier[];
  /** Of each source: how far its rounding is off, and whether it lists the place at all. */
  readings: { noise: number; listed: boolean; cache: boolean }[];
}

const truth: fc.Arbitrary<Truth> = fc
  .record({
    cents: fc.integer({ min: 2, max: 3000 }),
    // Near 1 a swap is no mistake; vendors ask 2 to 10 times as much for output.
    outputTimes: fc.integer({ min: 15, max: 100 }),
    tiered: fc.boolean(),
    readings: fc.tuple(...[0, 1, 2].map(() => reading())),
  })
  .map(({ cents, outputTimes, tiered, readings }) => {
    const base = { input: cents / 100, output: (cents / 100) * (outputTimes / 10), cacheRead: cents / 1000 };
    const tiers = [{ inputTokensAbove: 0, ...base }];
    if (tiered) tiers.push({ inputTokensAbove: 200_000, ...scaled(base, 2) });
    // The faulty source and one other list it: a conflict needs two.
    const listed = readings.map((each, index) => (index < 2 ? { ...each, listed: true } : each));
    return { tiers, readings: listed };
  });

function reading() {
  return fc.record({
    noise: fc.integer({ min: -10, max: 10 }).map((permille) => 1 + permille / 1000),
    listed: fc.boolean(),
    cache: fc.boolean(),
  });
}

type Rates = Omit<QuotedTier, 'inputTokensAbove'>;

function scaled<T extends Rates>(rates: T, factor: number): T {
  return Object.fromEntries(
    Object.entries(rates).map(([field, value]) => [field, (value as number) * factor]),
  ) as T;
}

/** Every tier with its rates changed; its size stays. */
function eachTier(tiers: QuotedTier[], change: (rates: Rates) => Rates): QuotedTier[] {
  return tiers.map(({ inputTokensAbove, ...rates }) => ({ inputTokensAbove, ...change(rates) }));
}

function quotesOf({ tiers, readings }: Truth): Quote[] {
  return readings.flatMap(({ noise, listed, cache }, index) => {
    if (!listed) return [];
    const read = eachTier(tiers, ({ cacheRead, ...rates }) => ({
      ...scaled(rates, noise),
      ...(cache && cacheRead !== undefined ? { cacheRead: cacheRead * noise } : {}),
    }));
    return [{ source: `source ${index}`, asOf: `2026-0${index + 5}-01`, tiers: read }];
  });
}

const faults: { [kind: string]: { plant: (tiers: QuotedTier[]) => QuotedTier[]; diagnosis: RegExp } } = {
  'a price per 1M taken for one per 1K': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 1000)),
    diagnosis: /factor of 1,000/,
  },
  'a price per 1K taken for one per 1M': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 1 / 1000)),
    diagnosis: /factor of 1,000/,
  },
  'cents taken for dollars': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 1 / 100)),
    diagnosis: /cents/,
  },
  'yuan taken for dollars': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 6.9)),
    diagnosis: /yuan/,
  },
  'input and output swapped': {
    plant: (tiers) =>
      eachTier(tiers, ({ input, output, ...rates }) => ({ ...rates, input: output, output: input })),
    diagnosis: /swapped/,
  },
  'a stale price after a cut': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 1.5)),
    diagnosis: /may have changed/,
  },
  'a stale price after a rise': {
    plant: (tiers) => eachTier(tiers, (rates) => scaled(rates, 0.7)),
    diagnosis: /may have changed/,
  },
};

test('sources that agree up to their rounding raise nothing', () => {
  fc.assert(
    fc.property(fc.array(truth, { maxLength: 20 }), (places) => {
      for (const [index, place] of places.entries())
        assert.deepEqual(reconcile(`place ${index}`, quotesOf(place)), []);
    }),
  );
});

for (const [kind, { plant, diagnosis }] of Object.entries(faults)) {
  test(`planted among clean places, ${kind} is found where it is, named, and nowhere else`, () => {
    fc.assert(
      fc.property(fc.array(truth, { minLength: 1, maxLength: 10 }), fc.nat(), (places, chosen) => {
        const planted = chosen % places.length;
        for (const [index, place] of places.entries()) {
          const quotes = quotesOf(place);
          if (index === planted) quotes[0] = { ...quotes[0]!, tiers: plant(quotes[0]!.tiers) };
          const findings = reconcile(`place ${index}`, quotes);
          if (index !== planted) {
            assert.deepEqual(findings, []);
            continue;
          }
          for (const { inputTokensAbove } of place.tiers) {
            const found = findings.filter((each) => each.inputTokensAbove === inputTokensAbove);
            assert.ok(found.some(({ field }) => field === 'input'));
            assert.ok(found.some(({ field }) => field === 'output'));
            assert.ok(
              found.filter(onPrice).every((each) => diagnosis.test(each.diagnosis)),
              JSON.stringify(found),
            );
          }
        }
      }),
    );
  });
}

function onPrice({ field }: Finding): boolean {
  return field === 'input' || field === 'output';
}

const at = (source: string, input: number, output: number, above = 0): Quote => ({
  source,
  asOf: '2026-07-01',
  tiers: [{ inputTokensAbove: above, input, output }],
});

test('of three sources the one far off the median is named', () => {
  const [finding] = reconcile('p', [at('a', 1, 4), at('b', 1.02, 4), at('c', 9, 4)]);
  assert.deepEqual([finding?.kind, finding?.field, finding?.suspects], ['outlier', 'input', ['c']]);
});

test('of two sources five times apart neither is believed', () => {
  const [finding] = reconcile('p', [at('a', 1, 20), at('b', 5, 20)]);
  assert.deepEqual([finding?.kind, finding?.suspects], ['outlier', []]);
});

test('ten per cent is rounding, more is a conflict', () => {
  assert.deepEqual(reconcile('p', [at('a', 1, 4), at('b', 1.1, 4)]), []);
  assert.equal(reconcile('p', [at('a', 1, 4), at('b', 1.11, 4)])[0]?.kind, 'spread');
});

test('free beside a price is a conflict, free everywhere is none', () => {
  assert.equal(reconcile('p', [at('a', 0, 4), at('b', 1, 4)])[0]?.kind, 'free');
  assert.deepEqual(reconcile('p', [at('a', 0, 0), at('b', 0, 0)]), []);
});

test('output cheaper than input is odd even where only one source speaks', () => {
  assert.equal(reconcile('p', [at('a', 4, 1)])[0]?.kind, 'inverted');
  assert.deepEqual(reconcile('p', [at('a', 4, 4)]), []);
  assert.deepEqual(reconcile('p', [at('a', 4, 0)]), []);
});

test('a dearer tier that one source does not know is a conflict that says so', () => {
  const tiered = { ...at('a', 1, 4), tiers: [...at('a', 1, 4).tiers, ...at('a', 2, 8, 200_000).tiers] };
  const findings = reconcile('p', [tiered, at('b', 1, 4)]);
  assert.deepEqual(
    findings.map(({ inputTokensAbove, field }) => [inputTokensAbove, field]),
    [
      [200_000, 'input'],
      [200_000, 'output'],
    ],
  );
  assert.match(findings[0]!.diagnosis, /b knows no dearer tier above 200000/);
});
