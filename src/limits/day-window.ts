import type { Clock } from '../std/index.ts';

const dayMs = 86_400_000;

/** A UTC day of spending, with the monotonic instant at which it ends. */
export interface DayWindow {
  startMs: number;
  endMs: number;
  endsAtMonotonicMs: number;
}

/**
 * The window that holds now. A window ends when its time has passed on the monotonic clock, so that setting the clock forward
 * gives nobody a fresh budget; and a clock that was set back meanwhile prolongs the window instead of repeating its day.
 */
export function windowAt(clock: Clock, current: DayWindow | undefined): DayWindow {
  const monotonicMs = clock.monotonicMs();
  if (current !== undefined && monotonicMs < current.endsAtMonotonicMs) return current;
  const nowMs = clock.nowMs();
  const startMs = Math.floor(nowMs / dayMs) * dayMs;
  const endMs = startMs + dayMs;
  const endsAtMonotonicMs = monotonicMs + (endMs - nowMs);
  if (current !== undefined && current.startMs === startMs) {
    current.endsAtMonotonicMs = endsAtMonotonicMs;
    return current;
  }
  return { startMs, endMs, endsAtMonotonicMs };
}
