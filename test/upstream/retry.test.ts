import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorCode, errorTable } from '../../src/protocol/index.ts';
import { failureToError } from '../../src/upstream/failure.ts';
import { backoffMs, defaultRetryPolicy, mayMoveOn, mayRepeat } from '../../src/upstream/retry.ts';
import { createRetryBudget } from '../../src/upstream/retry-budget.ts';
import type { TransportFailureKind } from '../../src/upstream/transport.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

test('what may be repeated may also move on, and our own refusals may do neither', () => {
  for (const code of codes) {
    if (mayRepeat(code)) assert.ok(mayMoveOn(code), code);
    if (!code.startsWith('upstream_') && code !== 'stream_interrupted' && code !== 'overloaded') {
      assert.equal(mayMoveOn(code), false, code);
    }
  }
});

const advised: { code: ErrorCode; repeat: boolean; moveOn: boolean }[] = [
  { code: 'upstream_rejected', repeat: false, moveOn: false },
  { code: 'content_filtered', repeat: false, moveOn: false },
  { code: 'client_closed', repeat: false, moveOn: false },
  { code: 'upstream_total_timeout', repeat: false, moveOn: false },
  { code: 'upstream_auth', repeat: false, moveOn: true },
  { code: 'upstream_quota', repeat: false, moveOn: true },
  { code: 'upstream_first_byte_timeout', repeat: false, moveOn: true },
  { code: 'upstream_rate_limited', repeat: true, moveOn: true },
  { code: 'upstream_unavailable', repeat: true, moveOn: true },
];
for (const { code, repeat, moveOn } of advised) {
  test(`after ${code} the same deployment is ${repeat ? '' : 'not '}asked again, another one is ${moveOn ? '' : 'not '}asked`, () => {
    assert.deepEqual([mayRepeat(code), mayMoveOn(code)], [repeat, moveOn]);
  });
}

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a backoff is bounded, and honours retry-after or says that it cannot', () => {
  const policy = defaultRetryPolicy;
  fc.assert(
    fc.property(
      fc.nat(100),
      unit,
      fc.option(fc.nat(20_000), { nil: undefined }),
      (repeat, random, retryAfterMs) => {
        const waitMs = backoffMs(policy, repeat, random, retryAfterMs);
        if (retryAfterMs !== undefined && retryAfterMs > policy.retryAfterMsMax) {
          assert.equal(waitMs, undefined);
          return;
        }
        assert.ok(waitMs !== undefined && waitMs >= (retryAfterMs ?? 0));
        assert.ok(waitMs <= policy.retryAfterMsMax + policy.backoffMsMax);
      },
    ),
  );
});

test('full jitter spreads a backoff over its whole range, which doubles each time', () => {
  const upper = (repeat: number): number | undefined =>
    backoffMs(defaultRetryPolicy, repeat, 0.999_999, undefined);
  assert.deepEqual([upper(0), upper(1), upper(2), upper(9)], [249, 499, 999, 3_999]);
  assert.equal(backoffMs(defaultRetryPolicy, 5, 0, undefined), 0);
});

test('retries under way stay within a fifth of the requests in flight, or three', () => {
  const action = fc.constantFrom('began', 'ended', 'retry', 'release');
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const budget = createRetryBudget();
      let inFlight = 0;
      let retrying = 0;
      for (const next of actions) {
        if (next === 'began') {
          inFlight += 1;
          budget.requestBegan();
        } else if (next === 'ended' && inFlight > 0) {
          inFlight -= 1;
          budget.requestEnded();
        } else if (next === 'release' && retrying > 0) {
          retrying -= 1;
          budget.release();
        } else if (next === 'retry') {
          const allowed = retrying < Math.max(3, Math.floor(inFlight / 5));
          assert.equal(budget.tryAcquire(), allowed);
          if (allowed) retrying += 1;
        }
      }
      assert.deepEqual([budget.snapshot.inFlight, budget.snapshot.retrying], [inFlight, retrying]);
    }),
  );
});

const mapped: { kind: TransportFailureKind; responded?: boolean; code: ErrorCode }[] = [
  { kind: 'refused', code: 'upstream_unavailable' },
  { kind: 'dns', code: 'upstream_unavailable' },
  { kind: 'tls', code: 'upstream_unavailable' },
  { kind: 'connect-timeout', code: 'upstream_connect_timeout' },
  { kind: 'first-byte-timeout', code: 'upstream_first_byte_timeout' },
  { kind: 'inter-chunk-timeout', responded: true, code: 'upstream_inter_chunk_timeout' },
  { kind: 'total-timeout', responded: true, code: 'upstream_total_timeout' },
  { kind: 'reset', code: 'upstream_unavailable' },
  { kind: 'reset', responded: true, code: 'stream_interrupted' },
  { kind: 'protocol', code: 'upstream_protocol' },
  { kind: 'too-large', responded: true, code: 'upstream_protocol' },
  { kind: 'saturated', code: 'overloaded' },
  { kind: 'aborted', code: 'shutting_down' },
];
for (const { kind, responded = false, code } of mapped) {
  test(`a transport failure ${kind}${responded ? ' after the head' : ''} becomes ${code}, its detail kept from the client`, () => {
    const error = failureToError({ kind, responded, detail: '10.0.0.5:8000 said no' });
    assert.equal(error.code, code);
    assert.doesNotMatch(error.message, /10\.0\.0\.5/);
    assert.match(error.detail ?? '', /10\.0\.0\.5/);
  });
}
