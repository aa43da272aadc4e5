type Headers = { readonly [name: string]: string | undefined };

/** Where vendors say what remains of a limit, and when it is whole again. */
const remainders = ['requests', 'tokens'].flatMap((what) => [
  { remaining: `x-ratelimit-remaining-${what}`, reset: `x-ratelimit-reset-${what}` },
  { remaining: `anthropic-ratelimit-${what}-remaining`, reset: `anthropic-ratelimit-${what}-reset` },
]);

/** Longer waits say no more than «not soon»: the next answer will tell again. */
const exhaustedMsMax = 60_000;

const unitsMs: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * How long nothing remains of the account's requests or tokens, in milliseconds; undefined when something does, or nothing is said. OpenAI and
 * those that follow it give durations (`6m0s`, `120ms`) or seconds, Anthropic an RFC 3339 time.
 *
 * @param nowMs wall clock when the head arrived
 */
export function exhaustedForMs(headers: Headers, nowMs: number): number | undefined {
  let longestMs: number | undefined;
  for (const { remaining, reset } of remainders) {
    const left = headers[remaining];
    if (left === undefined || left.trim() === '' || !(Number(left) <= 0)) continue;
    const waitMs = waitOf(headers[reset] ?? '', nowMs);
    if (waitMs !== undefined && waitMs > 0) longestMs = Math.max(longestMs ?? 0, waitMs);
  }
  return longestMs === undefined ? undefined : Math.min(longestMs, exhaustedMsMax);
}

function waitOf(reset: string, nowMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(reset)) return Number(reset) * 1000;
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(reset)) {
    let ms = 0;
    for (const [, amount, unit] of reset.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
      ms += Number(amount) * unitsMs[unit!]!;
    return ms;
  }
  if (!/^\d{4}-\d\d-\d\dT/.test(reset)) return undefined;
  const atMs = Date.parse(reset);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
