import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLimits } from '../../src/limits/index.ts';
import { limitsConformance, principal, TestClock } from './limits-conformance.ts';

limitsConformance('memory limits', async (options) => createMemoryLimits(options));

test('keys at rest are forgotten beyond a number; those that run or have used their rate are not', async () => {
  const clock = new TestClock();
  const limits = createMemoryLimits({ clock, spentSince: async () => 0n, keysKept: 3 });
  await limits.admitRate(principal({ concurrentRequests: 1 }, 'key_running'));
  await limits.admitRate(principal({ requestsPerMinute: 1 }, 'key_used'));
  for (let n = 0; n < 20; n++) (await limits.admitRate(principal({}, `key_${n}`))).release();
  await assert.rejects(limits.admitRate(principal({ concurrentRequests: 1 }, 'key_running')), {
    code: 'rate_limited',
  });
  await assert.rejects(limits.admitRate(principal({ requestsPerMinute: 1 }, 'key_used')), {
    code: 'rate_limited',
  });
});
