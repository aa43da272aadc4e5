import type { Clock } from './clock.ts';

/** A scheduled wake-up. Cancelling one that has fired or was cancelled does nothing. */
export interface WheelTimer {
  cancel(): void;
}

export interface TimerWheel {
  /** Calls `onDue` once, not before `delayMs` have passed and about one tick after it at the latest. */
  schedule(delayMs: number, onDue: () => void): WheelTimer;
  /** Timers that are waiting. */
  readonly size: number;
  /** Drops all timers. */
  stop(): void;
}

export interface TimerWheelOptions {
  clock: Clock;
  /** Coarseness: how late a timer may be. */
  tickMs?: number;
  /** Calls `tick` every `tickMs` until the returned function is called. Tests drive the wheel by hand with it. */
  every?: (tickMs: number, tick: () => void) => () => void;
}

const defaultTickMs = 20;
/** One turn is 512 ticks: about 10 s, so that most timers of a request are looked at once or never. */
const slotCount = 512;
/** Empty ticks before the wheel stops turning. */
const idleTicksMax = 50;

/**
 * One coarse clock for the many timers of a request that almost never fire: scheduling and cancelling link and unlink a
 * list node, and a single interval serves all of them. It rests while nothing is scheduled and never keeps the
 * process alive.
 */
export function createTimerWheel(options: TimerWheelOptions): TimerWheel {
  const { clock } = options;
  const tickMs = options.tickMs ?? defaultTickMs;
  const every = options.every ?? everyInterval;
  const slots = Array.from({ length: slotCount }, () => new Node());
  let size = 0;
  /** The last tick that was looked at; its slot is looked at again, since it may hold timers due later within that tick. */
  let turned = 0;
  let idleTicks = 0;
  let rest: (() => void) | undefined;

  function turn(): void {
    const nowMs = clock.monotonicMs();
    const now = Math.floor(nowMs / tickMs);
    // After a long block of the event loop every slot is visited once, not once per missed tick.
    const first = Math.max(turned, now - slotCount + 1);
    turned = Math.max(turned, now);
    for (let tick = first; tick <= now; tick++) fireSlot(slots[tick % slotCount]!, nowMs);
    idleTicks = size === 0 ? idleTicks + 1 : 0;
    if (idleTicks > idleTicksMax) {
      rest?.();
      rest = undefined;
    }
  }

  function fireSlot(head: Node, nowMs: number): void {
    // The due ones are unlinked first: a callback may schedule into the very slot it came from.
    const due: Node[] = [];
    for (let node = head.next; node !== head; node = node.next) if (node.dueMs <= nowMs) due.push(node);
    for (const node of due) {
      if (node.onDue === undefined) continue;
      const { onDue } = node;
      remove(node);
      onDue();
    }
  }

  function remove(node: Node): void {
    if (node.onDue === undefined) return;
    node.onDue = undefined;
    node.unlink();
    size -= 1;
  }

  return {
    schedule(delayMs, onDue) {
      const node = new Node();
      if (delayMs === Number.POSITIVE_INFINITY) return { cancel: () => undefined };
      const nowMs = clock.monotonicMs();
      if (rest === undefined) {
        turned = Math.floor(nowMs / tickMs);
        idleTicks = 0;
        rest = every(tickMs, turn);
      }
      node.dueMs = nowMs + delayMs;
      node.onDue = onDue;
      node.linkBefore(slots[Math.max(Math.floor(node.dueMs / tickMs), turned) % slotCount]!);
      size += 1;
      return { cancel: () => remove(node) };
    },
    get size() {
      return size;
    },
    stop() {
      for (const head of slots) while (head.next !== head) remove(head.next);
      rest?.();
      rest = undefined;
    },
  };
}

/** Element of a ring; a slot is a ring whose head carries no timer. */
class Node {
  next: Node = this;
  previous: Node = this;
  dueMs = 0;
  onDue: (() => void) | undefined;

  linkBefore(head: Node): void {
    this.previous = head.previous;
    this.next = head;
    head.previous.next = this;
    head.previous = this;
  }

  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}

function everyInterval(tickMs: number, tick: () => void): () => void {
  const interval = setInterval(tick, tickMs);
  interval.unref();
  return () => clearInterval(interval);
}
