import type { Timers } from '../timers.ts';
import type { Gate, Waiter } from './gate.ts';
import type { LoadPolicy } from './policy.ts';

export interface Waiting {
  timers: Timers;
  nowMs(): number;
  /** When the caller first stood in a queue: no later one lengthens its wait. */
  sinceMs: number;
  onCancel(listener: () => void): void;
}

/**
 * Waits at the gates that `find` names until it finds something else. `changed` when it names none any more: there is nothing to wait for at a
 * gate. Undefined when their queues are full, when it was in vain, or when the caller left.
 */
export function waitInTurn<Found extends object>(
  find: (hasWaited: boolean) => Found | { gates: Gate[] },
  { queueLengthMax, queueWaitMsMax }: Pick<LoadPolicy, 'queueLengthMax' | 'queueWaitMsMax'>,
  { timers, nowMs, sinceMs, onCancel }: Waiting,
): Promise<Found | 'changed' | undefined> {
  return new Promise((resolve) => {
    const joined = new Set<Gate>();
    let over = false;
    let hasWaited = false;
    const finish = (found: Found | 'changed' | undefined): void => {
      over = true;
      stop();
      for (const gate of joined) gate.quit(waiter);
      resolve(found);
    };
    const waiter: Waiter = () => {
      if (over) return 'gone';
      const found = find(hasWaited);
      hasWaited = true;
      if (!('gates' in found)) {
        finish(found);
        return 'entered';
      }
      for (const gate of found.gates) {
        if (joined.has(gate) || gate.queued >= queueLengthMax) continue;
        joined.add(gate);
        gate.join(waiter);
      }
      if (found.gates.some((gate) => joined.has(gate))) return 'waits';
      finish(found.gates.length === 0 ? 'changed' : undefined);
      return 'gone';
    };
    const leftMs = Math.max(0, queueWaitMsMax - (nowMs() - sinceMs));
    const stop = timers.after(leftMs, () => finish(undefined));
    onCancel(() => {
      if (!over) finish(undefined);
    });
    if (!over) waiter();
  });
}
