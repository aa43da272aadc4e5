import { InvalidArgumentError } from 'commander';
import { systemClock } from '../std/index.ts';

const unitMs: { [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An ISO date, or how long ago: milliseconds of the epoch. */
export function whenOf(text: string): number {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  if (ago !== null) return systemClock.nowMs() - Number(ago[1]) * unitMs[ago[2]!]!;
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new InvalidArgumentError('give an ISO date, or how long ago with m, h or d, e.g. 24h.');
  return at;
}
