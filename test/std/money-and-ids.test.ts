import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createIdSource, formatUsd, nanoFromPico, picoUsdPerToken } from '../../src/std/index.ts';

test('a list price in USD per 1M tokens becomes whole pico-USD per token', () => {
  assert.equal(picoUsdPerToken(2.5), 2_500_000);
  assert.equal(picoUsdPerToken(0.003625), 3625);
  assert.throws(() => picoUsdPerToken(-1), /non-negative/);
  assert.throws(() => picoUsdPerToken(Number.POSITIVE_INFINITY), RangeError);
});

test('pico-USD round to nano-USD half up, once', () => {
  assert.deepEqual([499n, 500n, 1499n, 1500n].map(nanoFromPico), [0, 1, 1, 2]);
});

test('money is written as a plain decimal, never with an exponent', () => {
  assert.equal(formatUsd(1), '0.000000001');
  assert.equal(formatUsd(12_340_000_000n), '12.340000000');
  assert.equal(formatUsd(-5), '-0.000000005');
});

test('ids sort by creation, also within a millisecond and when the clock goes back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_100 }), { minLength: 2 }),
      (times) => {
        let at = 0;
        const ids = createIdSource({ nowMs: () => times[at++]!, monotonicMs: () => 0 });
        const made = times.map(() => ids('req'));
        assert.deepEqual([...made].sort(), made);
        assert.equal(new Set(made).size, made.length);
        for (const id of made) assert.match(id, /^req_[0-9a-z]{22}$/);
      },
    ),
  );
});
