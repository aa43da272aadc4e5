import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorCode, GatewayError } from '../../src/protocol/index.ts';
import {
  type BreakerPolicy,
  type CircuitBreaker,
  createCircuitBreaker,
  createCircuitBreakers,
  defaultBreakerPolicy,
} from '../../src/upstream/circuit-breaker.ts';

const policy: BreakerPolicy = { ...defaultBreakerPolicy, jitterShare: 0 };

function error(code: ErrorCode = 'upstream_unavailable', retryAfterMs?: number): GatewayError {
  return new GatewayError(code, 'no', { retryAfterMs });
}

function breaker(random = 0, changes: Partial<BreakerPolicy> = {}): CircuitBreaker {
  return createCircuitBreaker({ ...policy, ...changes }, () => random);
}

function fail(subject: CircuitBreaker, times: number, nowMs: number, code?: ErrorCode): void {
  for (let at = 0; at < times; at++) subject.enter(nowMs)?.failed(nowMs, error(code));
}

test('five failures in a row open the circuit until the cooldown is over', () => {
  const subject = breaker();
  fail(subject, 4, 1_000);
  assert.equal(subject.allows(1_000), true);
  fail(subject, 1, 1_000);
  assert.equal(subject.allows(1_000), false);
  assert.equal(subject.enter(5_999), undefined);
  assert.deepEqual(subject.snapshot(2_000), {
    state: 'open',
    waitMs: 4_000,
    consecutiveFailures: 5,
    calls: 5,
    failures: 5,
    reason: 'upstream_unavailable',
  });
  assert.equal(subject.allows(6_000), true);
});

test('a success between failures starts the count again', () => {
  const subject = breaker();
  for (let at = 0; at < 4; at++) {
    fail(subject, 4, 1_000 + at * 20_000);
    subject.enter(1_000)?.succeeded(1_000);
  }
  assert.equal(subject.allows(1_000), true);
});

test('half of twenty calls within the window open it, though successes lie between', () => {
  const subject = breaker();
  for (let at = 0; at < 10; at++) {
    assert.equal(subject.allows(at), true);
    subject.enter(at)?.succeeded(at);
    subject.enter(at)?.failed(at, error());
  }
  assert.equal(subject.snapshot(10).state, 'open');
});

test('failures that are older than the window do not count towards the rate', () => {
  const subject = breaker();
  for (let at = 0; at < 15; at++) {
    subject.enter(at)?.succeeded(at);
    if (at < 9) subject.enter(at)?.failed(at, error());
  }
  const laterMs = 20_000;
  for (let at = 0; at < 11; at++) subject.enter(laterMs)?.succeeded(laterMs);
  fail(subject, 4, laterMs);
  assert.equal(subject.snapshot(laterMs).state, 'closed');
  assert.deepEqual([subject.snapshot(laterMs).calls, subject.snapshot(laterMs).failures], [15, 4]);
});

test('after the cooldown a single probe goes; its success closes the circuit', () => {
  const subject = breaker();
  fail(subject, 5, 0);
  const probe = subject.enter(5_000);
  assert.ok(probe !== undefined);
  assert.equal(subject.enter(5_000), undefined);
  assert.equal(subject.allows(60_000), false);
  probe.succeeded(5_100);
  assert.equal(subject.snapshot(5_100).state, 'closed');
  assert.equal(subject.snapshot(5_100).failures, 0);
  assert.ok(subject.enter(5_100) !== undefined);
});

test('a failed probe opens it for twice as long, up to the maximum', () => {
  const subject = breaker();
  fail(subject, 5, 0);
  let nowMs = 0;
  const waits: number[] = [];
  for (let at = 0; at < 6; at++) {
    const { waitMs } = subject.snapshot(nowMs);
    waits.push(waitMs);
    nowMs += waitMs;
    subject.enter(nowMs)?.failed(nowMs, error());
  }
  assert.deepEqual(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test('a probe whose client leaves gives its place to the next one', () => {
  const subject = breaker();
  fail(subject, 5, 0);
  const probe = subject.enter(5_000);
  probe?.cancelled(5_010);
  probe?.succeeded(5_020);
  assert.equal(subject.snapshot(5_020).state, 'half-open');
  assert.ok(subject.enter(5_020) !== undefined);
});

test('calls that began before it opened neither close it nor lengthen the cooldown', () => {
  const subject = breaker();
  const early = Array.from({ length: 10 }, () => subject.enter(0)!);
  for (const permit of early.slice(0, 5)) permit.failed(100, error());
  early[5]!.succeeded(200);
  early[6]!.failed(4_000, error());
  assert.deepEqual([subject.snapshot(4_000).state, subject.snapshot(4_000).waitMs], ['open', 1_100]);
  const probe = subject.enter(5_100);
  early[7]!.succeeded(5_200);
  assert.equal(subject.snapshot(5_200).state, 'half-open');
  probe?.succeeded(5_300);
  early[8]!.failed(5_400, error());
  assert.equal(subject.snapshot(5_400).consecutiveFailures, 0);
});

test('a rate limit with retry-after opens at once for that long; without one it counts as a failure', () => {
  const told = breaker();
  told.enter(0)?.failed(0, error('upstream_rate_limited', 30_000));
  assert.equal(told.snapshot(0).waitMs, 30_000);
  const briefly = breaker(0.9, { jitterShare: 0.2 });
  briefly.enter(0)?.failed(0, error('upstream_rate_limited', 1_000));
  assert.equal(briefly.allows(999), false);
  assert.equal(briefly.allows(1_000), true, 'a client that was told to wait a second finds it ready');
  const untold = breaker();
  fail(untold, 4, 0, 'upstream_rate_limited');
  assert.equal(untold.allows(0), true);
  const absurd = breaker();
  absurd.enter(0)?.failed(0, error('upstream_rate_limited', 1e12));
  assert.equal(absurd.snapshot(0).waitMs, policy.retryAfterMsMax);
});

for (const code of ['upstream_auth', 'upstream_quota'] as const) {
  test(`${code} opens at once, for longer`, () => {
    const subject = breaker();
    fail(subject, 1, 0, code);
    assert.equal(subject.snapshot(0).waitMs, policy.operatorCooldownMs);
  });
}

test('a refused request shows that the upstream works; our own errors show nothing', () => {
  const subject = breaker();
  fail(subject, 4, 0);
  fail(subject, 1, 0, 'upstream_rejected');
  assert.equal(subject.snapshot(0).consecutiveFailures, 0);
  fail(subject, 100, 0, 'client_closed');
  assert.equal(subject.snapshot(0).calls, 5);
});

test('jitter lengthens a cooldown by up to its share', () => {
  const subject = breaker(0.5, { jitterShare: 0.2 });
  fail(subject, 5, 0);
  assert.equal(subject.snapshot(0).waitMs, 5_500);
});

test('deployments have circuits of their own', () => {
  const breakers = createCircuitBreakers(() => 0, policy);
  fail(breakers.of('a'), 5, 0);
  fail(breakers.of('b'), 1, 0, 'upstream_auth');
  assert.equal(breakers.of('c').allows(0), true);
  assert.deepEqual(
    [...breakers.snapshot(0)].map(([id, { state }]) => `${id} ${state}`),
    ['a open', 'b open', 'c closed'],
  );
});

test('whatever happens, an open circuit lets nothing through and a half-open one a single probe', () => {
  const action = fc.record({
    do: fc.constantFrom('enter', 'succeed', 'fail', 'cancel', 'wait'),
    pick: fc.nat(),
    code: fc.constantFrom<ErrorCode>(
      'upstream_unavailable',
      'upstream_auth',
      'upstream_rejected',
      'client_closed',
    ),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const subject = breaker();
      const open: { permit: NonNullable<ReturnType<CircuitBreaker['enter']>>; probe: boolean }[] = [];
      let nowMs = 0;
      for (const { do: next, pick, code } of actions) {
        const before = subject.snapshot(nowMs);
        if (next === 'enter') {
          const permit = subject.enter(nowMs);
          if (before.waitMs > 0) assert.equal(permit, undefined);
          if (before.state === 'closed') assert.ok(permit !== undefined);
          if (permit !== undefined) open.push({ permit, probe: before.state !== 'closed' });
          assert.ok(open.filter(({ probe }) => probe).length <= 1, 'two probes');
        } else if (next === 'wait') {
          nowMs += pick % 10_000;
        } else if (open.length > 0) {
          const [{ permit }] = open.splice(pick % open.length, 1) as [(typeof open)[number]];
          if (next === 'succeed') permit.succeeded(nowMs);
          else if (next === 'fail') permit.failed(nowMs, error(code));
          else permit.cancelled(nowMs);
        }
        const { waitMs } = subject.snapshot(nowMs);
        assert.ok(waitMs >= 0 && waitMs <= policy.operatorCooldownMs);
        assert.equal(subject.allows(nowMs), subject.allows(nowMs));
      }
    }),
  );
});
