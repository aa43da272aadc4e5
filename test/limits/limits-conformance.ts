import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KeyLimits, Principal } from '../../src/identity/index.ts';
import type { Limits, Reservation } from '../../src/limits/index.ts';
import type { Clock } from '../../src/std/index.ts';

const dayMs = 86_400_000;
/** Noon of a day. */
const noon = 20_000 * dayMs + dayMs / 2;

/** A clock that a test moves: both hands together, or the wall clock alone, as an operator does. */
export class TestClock implements Clock {
  wall = noon;
  monotonic = 5000;
  nowMs = () => this.wall;
  monotonicMs = () => this.monotonic;
  pass(ms: number): void {
    this.wall += ms;
    this.monotonic += ms;
  }
}

export interface LimitsUnderTest {
  clock: Clock;
  spentSince: (keyId: string, fromMs: number) => Promise<bigint>;
}

export function principal(limits: KeyLimits, keyId = 'key_1'): Principal {
  return { keyId, name: keyId, role: 'caller', project: undefined, models: undefined, limits };
}

/** What every `Limits` does. `open` gives one without any use yet. */
export function limitsConformance(name: string, open: (options: LimitsUnderTest) => Promise<Limits>): void {
  const nothing = async () => 0n;
  const check = (behaviour: string, body: (limits: Limits, clock: TestClock) => Promise<void>) =>
    test(`${name}: ${behaviour}`, async () => {
      const clock = new TestClock();
      await body(await open({ clock, spentSince: nothing }), clock);
    });
  const budgetExceeded = { code: 'budget_exceeded', status: 402 };

  check('a key without limits is never refused and has no rate to tell', async (limits) => {
    for (let i = 0; i < 1000; i++) {
      const admission = await limits.admitRate(principal({}));
      assert.equal(admission.rate, undefined);
      await (await limits.reserve(principal({}), Number.MAX_SAFE_INTEGER)).settle(Number.MAX_SAFE_INTEGER);
    }
  });

  check('the rate admits a minute’s worth at once, then one by one as time passes', async (limits, clock) => {
    const caller = principal({ requestsPerMinute: 3 });
    for (const remaining of [2, 1, 0]) {
      const { rate } = await limits.admitRate(caller);
      assert.deepEqual(rate, { limit: 3, remaining, resetMs: (3 - remaining) * 20_000 });
    }
    await assert.rejects(limits.admitRate(caller), {
      code: 'rate_limited',
      status: 429,
      retryAfterMs: 20_000,
    });
    clock.pass(19_999);
    await assert.rejects(limits.admitRate(caller), { retryAfterMs: 1 });
    clock.pass(1);
    await limits.admitRate(caller);
    await assert.rejects(limits.admitRate(caller), { code: 'rate_limited' });
    clock.pass(600_000);
    for (let i = 0; i < 3; i++) await limits.admitRate(caller);
    await assert.rejects(limits.admitRate(caller), { code: 'rate_limited' });
  });

  check('setting the wall clock changes no rate', async (limits, clock) => {
    const caller = principal({ requestsPerMinute: 1 });
    await limits.admitRate(caller);
    clock.wall += 10 * dayMs;
    await assert.rejects(limits.admitRate(caller), { retryAfterMs: 60_000 });
    clock.wall -= 20 * dayMs;
    await assert.rejects(limits.admitRate(caller), { retryAfterMs: 60_000 });
  });

  check('keys do not share limits', async (limits) => {
    const of = (keyId: string) => principal({ requestsPerMinute: 1, budgetNanoPerDay: 10 }, keyId);
    await limits.admitRate(of('key_1'));
    await limits.admitRate(of('key_2'));
    await limits.reserve(of('key_1'), 10);
    await limits.reserve(of('key_2'), 10);
  });

  check('a changed rate takes effect at the next request', async (limits) => {
    await limits.admitRate(principal({ requestsPerMinute: 2 }));
    const { rate } = await limits.admitRate(principal({ requestsPerMinute: 10 }));
    assert.equal(rate?.remaining, 8);
    await assert.rejects(limits.admitRate(principal({ requestsPerMinute: 1 })), { code: 'rate_limited' });
  });

  check('concurrent requests are bounded; releasing gives the place back once', async (limits) => {
    const caller = principal({ concurrentRequests: 2 });
    const first = await limits.admitRate(caller);
    await limits.admitRate(caller);
    await assert.rejects(limits.admitRate(caller), { code: 'rate_limited', retryAfterMs: 1000 });
    first.release();
    first.release();
    await limits.admitRate(caller);
    await assert.rejects(limits.admitRate(caller), { code: 'rate_limited' });
  });

  check(
    'a request refused for concurrency uses no rate, and one refused by rate holds no place',
    async (limits, clock) => {
      const caller = principal({ requestsPerMinute: 2, concurrentRequests: 1 });
      const first = await limits.admitRate(caller);
      await assert.rejects(limits.admitRate(caller), /1 requests running/);
      first.release();
      const second = await limits.admitRate(caller);
      second.release();
      await assert.rejects(limits.admitRate(caller), /2 requests per minute/);
      clock.pass(30_000);
      await limits.admitRate(caller);
    },
  );

  check('reserve refuses the second of two requests when the budget covers one', async (limits) => {
    const caller = principal({ budgetNanoPerDay: 1_000_000_000 });
    const first = await limits.reserve(caller, 600_000_000);
    await assert.rejects(limits.reserve(caller, 600_000_000), {
      ...budgetExceeded,
      message:
        "This request may cost up to 0.600000000 USD, and 0.400000000 USD are left of this key's budget of 1.000000000 USD per day (UTC). The budget renews at 2024-10-05T00:00:00.000Z.",
    });
    await first.settle(100_000_000);
    await limits.reserve(caller, 900_000_000);
    await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
  });

  check('settling counts once; an amendment that does not fit leaves the hold as it was', async (limits) => {
    const caller = principal({ budgetNanoPerDay: 100 });
    const held = await limits.reserve(caller, 40);
    await held.amend(100);
    await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
    await assert.rejects(held.amend(101), budgetExceeded);
    await held.amend(50);
    const other = await limits.reserve(caller, 50);
    await held.settle(20);
    await held.settle(20);
    await other.settle(0);
    await limits.reserve(caller, 80);
    await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
  });

  check('a request that cost more than was held is booked in full', async (limits) => {
    const caller = principal({ budgetNanoPerDay: 100 });
    await (await limits.reserve(caller, 10)).settle(150);
    await assert.rejects(limits.reserve(caller, 1), /0\.000000000 USD are left/);
    // What may cost nothing is let through: it takes nothing from the budget.
    await limits.reserve(caller, 0);
  });

  check('a budget of zero lets nothing through that may cost something', async (limits) => {
    await assert.rejects(limits.reserve(principal({ budgetNanoPerDay: 0 }), 1), budgetExceeded);
  });

  const noAmounts = [-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 1e300];

  check('a worst case that is no amount fits no budget', async (limits) => {
    const caller = principal({ budgetNanoPerDay: 100 });
    const held = await limits.reserve(caller, 10);
    for (const nano of noAmounts) {
      await assert.rejects(limits.reserve(caller, nano), budgetExceeded);
      await assert.rejects(held.amend(nano), budgetExceeded);
      await (await limits.reserve(principal({}), nano)).settle(nano);
    }
    await limits.reserve(caller, 90);
  });

  check(
    'settling ends the hold whatever the number; what is no amount books what was held',
    async (limits) => {
      for (const [at, nano] of noAmounts.entries()) {
        const caller = principal({ budgetNanoPerDay: 100 }, `key_${at}`);
        const held = await limits.reserve(caller, 60);
        await held.settle(nano);
        await held.settle(0);
        await assert.rejects(limits.reserve(caller, 41), budgetExceeded, String(nano));
        await (await limits.reserve(caller, 40)).settle(0);
      }
    },
  );

  check('a part of a nano-USD counts as a whole one', async (limits) => {
    const caller = principal({ budgetNanoPerDay: 100 });
    await (await limits.reserve(caller, 9.5)).settle(0.5);
    await limits.reserve(caller, 99);
    await assert.rejects(limits.reserve(caller, 0.5), budgetExceeded);
  });

  check(
    'the budget renews with the UTC day; what was held before is booked on the day before',
    async (limits, clock) => {
      const caller = principal({ budgetNanoPerDay: 100 });
      const held = await limits.reserve(caller, 100);
      clock.pass(dayMs / 2 - 1);
      await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
      clock.pass(1);
      await limits.reserve(caller, 60);
      await held.settle(100);
      await limits.reserve(caller, 40);
      await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
    },
  );

  check(
    'setting the wall clock forward, or back over midnight, gives no fresh budget',
    async (limits, clock) => {
      const caller = principal({ budgetNanoPerDay: 100 });
      await limits.reserve(caller, 100);
      clock.wall += 3 * dayMs;
      await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
      clock.wall -= 3 * dayMs;
      // The day ends, but the wall clock was set back by an hour meanwhile: the same day goes on.
      clock.wall -= 3_600_000;
      clock.pass(dayMs / 2);
      await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
      clock.pass(3_600_000);
      await limits.reserve(caller, 100);
    },
  );

  test(`${name}: what the ledger knows of the day counts, and is asked once however many wait`, async () => {
    const asked: [string, number][] = [];
    const limits = await open({
      clock: new TestClock(),
      spentSince: async (keyId, fromMs) => {
        asked.push([keyId, fromMs]);
        return 70n;
      },
    });
    const caller = principal({ budgetNanoPerDay: 100 });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => limits.reserve(caller, 10)));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
    );
    assert.deepEqual(asked, [['key_1', noon - dayMs / 2]]);
  });

  test(`${name}: while it is unknown what was spent a budget fails closed, and recovers`, async () => {
    let failing = true;
    const limits = await open({
      clock: new TestClock(),
      spentSince: async () => {
        if (failing) throw new Error('no store');
        return 0n;
      },
    });
    const caller = principal({ budgetNanoPerDay: 100 });
    await assert.rejects(limits.reserve(caller, 1), { code: 'store_unavailable' });
    await limits.reserve(principal({}), 1);
    failing = false;
    await limits.reserve(caller, 1);
  });

  test(`${name}: whatever the interleaving, spent + held stays within the budget, and nothing is held at rest`, async () => {
    const amount = fc.integer({ min: 0, max: 60 });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('reserve' as const), amount }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('amend' as const), which: fc.nat(), amount }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), share: fc.nat(100) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 0, max: 40 }),
        fc.array(step, { maxLength: 60 }),
        async (scheduler, seed, steps) => {
          const budget = 100;
          let racing = true;
          const limits = await open({
            clock: new TestClock(),
            spentSince: () => {
              const spentBefore = Promise.resolve(BigInt(seed));
              return racing ? scheduler.schedule(spentBefore, 'ledger') : spentBefore;
            },
          });
          const caller = principal({ budgetNanoPerDay: budget });
          let spent = seed;
          const reservations: { reservation: Reservation; held: number }[] = [];
          const checkBounds = () => {
            const held = reservations.reduce((total, one) => total + one.held, 0);
            assert.ok(spent + held <= budget, `${spent} spent + ${held} held`);
          };
          const perform = async (s: (typeof steps)[number]) => {
            if (s.kind === 'reserve') {
              const reservation = await limits.reserve(caller, s.amount);
              reservations.push({ reservation, held: s.amount });
            } else if (reservations.length > 0) {
              const at = s.which % reservations.length;
              const one = reservations[at]!;
              if (s.kind === 'amend') {
                await one.reservation.amend(s.amount);
                one.held = s.amount;
              } else {
                reservations.splice(at, 1);
                const actual = Math.floor((one.held * s.share) / 100);
                await one.reservation.settle(actual);
                spent += actual;
              }
            }
            checkBounds();
          };
          // The first ones meet while the ledger is still being asked.
          const first = steps.slice(0, 10).filter((s) => s.kind === 'reserve');
          await scheduler.waitFor(Promise.allSettled(first.map((s) => perform(s))));
          racing = false;
          for (const s of steps) {
            await perform(s).catch((error: { code?: string }) => {
              if (error.code !== 'budget_exceeded') throw error;
            });
          }
          for (const one of reservations.splice(0)) await one.reservation.settle(0);
          // At rest all that is not spent can be had again, and not one nano-USD more.
          const rest = await limits.reserve(caller, budget - spent);
          await assert.rejects(limits.reserve(caller, 1), budgetExceeded);
          await rest.settle(0);
        },
      ),
    );
  });

  test(`${name}: no window of a minute admits more than the limit and its refill`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 150 }),
        async (limit, pauses) => {
          const clock = new TestClock();
          const limits = await open({ clock, spentSince: nothing });
          const caller = principal({ requestsPerMinute: limit });
          const admitted: number[] = [];
          for (const pause of pauses) {
            clock.pass(pause);
            const outcome = await limits.admitRate(caller).catch((error: { retryAfterMs: number }) => error);
            if ('release' in outcome) {
              admitted.push(clock.monotonic);
              outcome.release();
            } else {
              assert.ok(outcome.retryAfterMs >= 1 && outcome.retryAfterMs <= 60_000);
            }
          }
          for (const [i, from] of admitted.entries()) {
            for (let j = i; j < admitted.length; j++) {
              const allowed = limit + ((admitted[j]! - from) * limit) / 60_000;
              assert.ok(
                j - i + 1 <= allowed + 1e-6,
                `${j - i + 1} in ${admitted[j]! - from} ms, limit ${limit}`,
              );
            }
          }
        },
      ),
    );
  });
}
