import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterOf } from '../../src/upstream/retry-after.ts';

const nowMs = Date.UTC(2026, 0, 15, 12, 0, 0);

test('the wait an upstream asks for is read in every form it may have', () => {
  const cases: [{ [name: string]: string }, number | undefined][] = [
    [{}, undefined],
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': '3', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': 'Thu, 15 Jan 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thursday, 15-Jan-26 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Thu Jan 15 12:00:30 2026' }, 30_000],
    [{ 'retry-after': 'Thu, 15 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after': '1e300' }, 86_400_000],
    [{ 'retry-after': 'Thu, 15 Jan 2099 12:00:00 GMT' }, 86_400_000],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': 'Thu, whenever' }, undefined],
  ];
  for (const [headers, expected] of cases) {
    assert.equal(retryAfterOf(headers, nowMs), expected, JSON.stringify(headers));
  }
});
