import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTimerWheel, systemClock } from '../../src/std/index.ts';

const tickMs = 10;

/** A wheel whose time passes when the test says so. */
function handDriven() {
  let nowMs = 0;
  let tick: (() => void) | undefined;
  const wheel = createTimerWheel({
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    tickMs,
    every: (_, turn) => {
      tick = turn;
      return () => {
        tick = undefined;
      };
    },
  });
  return {
    wheel,
    now: () => nowMs,
    turning: () => tick !== undefined,
    /** Lets time pass in ticks, or in one leap as when the event loop was blocked. */
    pass(ms: number, leap = false): void {
      const endMs = nowMs + ms;
      while (nowMs < endMs) {
        nowMs = leap ? endMs : Math.min(endMs, nowMs + tickMs);
        tick?.();
      }
    },
  };
}

test('a timer fires once, not early and at most a tick late', () => {
  const { wheel, pass, now } = handDriven();
  pass(7);
  const firedAtMs: number[] = [];
  wheel.schedule(25, () => firedAtMs.push(now()));
  pass(100);
  assert.equal(firedAtMs.length, 1);
  assert.ok(firedAtMs[0]! >= 32 && firedAtMs[0]! <= 32 + tickMs);
  assert.equal(wheel.size, 0);
});

test('a cancelled timer does not fire, also when a timer of the same tick cancels it', () => {
  const { wheel, pass } = handDriven();
  let fired = 0;
  wheel
    .schedule(20, () => {
      fired += 1;
    })
    .cancel();
  wheel.schedule(30, () => second.cancel());
  const second = wheel.schedule(30, () => {
    fired += 1;
  });
  pass(200);
  assert.deepEqual([fired, wheel.size], [0, 0]);
});

test('a timer may schedule the next one, with no delay at all too', () => {
  const { wheel, pass } = handDriven();
  let fired = 0;
  const again = (): void => {
    fired += 1;
    if (fired < 5) wheel.schedule(0, again);
  };
  wheel.schedule(0, again);
  pass(tickMs * 10);
  assert.equal(fired, 5);
});

test('an endless delay is never due', () => {
  const { wheel, pass } = handDriven();
  wheel.schedule(Number.POSITIVE_INFINITY, () => assert.fail('fired'));
  pass(20_000);
});

test('the wheel rests while nothing is scheduled', () => {
  const { wheel, pass, turning } = handDriven();
  assert.equal(turning(), false);
  wheel.schedule(10, () => undefined);
  assert.equal(turning(), true);
  pass(5_000);
  assert.equal(turning(), false);
  let fired = 0;
  wheel.schedule(10, () => {
    fired += 1;
  });
  pass(50);
  assert.equal(fired, 1);
  wheel.stop();
  assert.equal(turning(), false);
});

test('whatever is scheduled, cancelled and slept through, each timer fires exactly when it is due', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('schedule' as const), ms: fc.integer({ min: 0, max: 30_000 }) }),
    fc.record({ do: fc.constant('cancel' as const), ms: fc.nat() }),
    fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ do: fc.constant('leap' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { wheel, pass, now } = handDriven();
      const waiting = new Map<number, { dueMs: number; cancel: () => void }>();
      let made = 0;
      for (const { do: action, ms } of steps) {
        if (action === 'schedule') {
          const id = made++;
          const dueMs = now() + ms;
          const { cancel } = wheel.schedule(ms, () => {
            assert.ok(now() >= dueMs, 'early');
            assert.ok(waiting.delete(id), 'twice, or after it was cancelled');
          });
          waiting.set(id, { dueMs, cancel });
        } else if (action === 'cancel') {
          const id = [...waiting.keys()][ms % Math.max(1, waiting.size)];
          if (id !== undefined) {
            waiting.get(id)!.cancel();
            waiting.delete(id);
          }
        } else {
          pass(ms, action === 'leap');
          for (const { dueMs } of waiting.values()) assert.ok(dueMs + tickMs > now(), 'late');
        }
        assert.equal(wheel.size, waiting.size);
      }
    }),
  );
});

test('on the real clock a timer fires and does not keep the process alive', async () => {
  const wheel = createTimerWheel({ clock: systemClock });
  const keepAlive = setTimeout(() => assert.fail('the wheel did not fire'), 5_000);
  await new Promise<void>((resolve) => wheel.schedule(30, resolve));
  clearTimeout(keepAlive);
  wheel.stop();
});
