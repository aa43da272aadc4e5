import type { ResponseHead } from '../../upstream/index.ts';
import { ok, type Verdict, warning } from '../check.ts';

/** Signatures and tokens are refused from about five minutes on. */
const skewMsMax = 120_000;
const rateHeaders = /^(x-ratelimit-remaining|anthropic-ratelimit-\w+-remaining|ratelimit)/;

/** What the head of an answer tells beside it: the time there, and what remains of the account's rates. */
export function judgeHead({ headers, receivedAtMs }: ResponseHead): Verdict[] {
  const verdicts: Verdict[] = [];
  const theirMs = Date.parse(headers['date'] ?? '');
  if (!Number.isNaN(theirMs)) {
    const skewMs = receivedAtMs - theirMs;
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    verdicts.push(
      Math.abs(skewMs) > skewMsMax
        ? warning(
            'clock',
            'clock-skew',
            `this machine’s clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the provider’s: signed requests and tokens may be refused`,
            'synchronise the clock (NTP)',
          )
        : ok('clock', `within ${Math.max(seconds, 1)} s of the provider’s`),
    );
  }
  const rates = Object.keys(headers).filter((name) => rateHeaders.test(name));
  const shown = rates.slice(0, 4).map((name) => `${name}: ${headers[name]!.slice(0, 40)}`);
  if (shown.length > 0) verdicts.push(ok('rate-limits', shown.join(', ')));
  return verdicts;
}
