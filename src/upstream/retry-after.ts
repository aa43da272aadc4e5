import { exhaustedForMs } from './rate-headers.ts';

/** Longer waits say no more than «not today». */
const retryAfterMsMax = 24 * 60 * 60 * 1000;

/**
 * How long an upstream asks us to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110,
 * section 10.2.3), else when its limits are whole again, of which nothing remains. Undefined when it does not say, or not in a way we can read.
 *
 * @param nowMs wall clock when the head arrived; a date is a wait only against a clock
 */
export function retryAfterOf(headers: { [name: string]: string }, nowMs: number): number | undefined {
  const waitMs =
    amountOf(headers['retry-after-ms'], 1) ??
    waitOf(headers['retry-after'], nowMs) ??
    exhaustedForMs(headers, nowMs);
  return waitMs === undefined ? undefined : Math.min(Math.max(0, waitMs), retryAfterMsMax);
}

function waitOf(value: string | undefined, nowMs: number): number | undefined {
  return amountOf(value, 1000) ?? untilDate(value, nowMs);
}

function amountOf(value: string | undefined, unitMs: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const amount = Number(value);
  return Number.isFinite(amount) ? amount * unitMs : undefined;
}

/** Every form of an HTTP date begins with the day's name, and all are in GMT, though one does not say so. */
function untilDate(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const atMs = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
