import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecord, encodeRecord } from '../../src/ledger/index.ts';
import type { Decision, PlanEstimate } from '../../src/router/index.ts';
import { sampleDecision, sampleRecord } from './sample-records.ts';

const even = { mean: 0.5, low: 0.4, high: 0.6 };
const estimate = (plan: PlanEstimate['plan']): PlanEstimate => ({
  plan,
  quality: even,
  loss: even,
  cost: undefined,
  escalation: 0.2,
});
const check = estimate({ kind: 'check', first: 'a', last: 'r' });
const vote = estimate({ kind: 'vote', voters: ['a', 'b'], last: 'r' });
const terms = { quality: { a: 0.7 }, costUsd: { a: 0.1 }, lambdaUsd: 1, comparison: 'choice' as const };

test('plans of records that call the last member `then` read as plans of today', () => {
  const decision: Decision = {
    ...sampleDecision('dec_1'),
    cascade: { ...check, terms },
    cascades: [vote, estimate({ kind: 'single', candidate: 'a' })],
  };
  const line = encodeRecord(sampleRecord({ decision }));
  const older = line.replaceAll('"last":', '"then":');
  assert.notEqual(older, line);
  assert.deepEqual(decodeRecord(older), decodeRecord(line));
  assert.deepEqual(decodeRecord(line)!.decision!.cascade!.plan, check.plan);
});
