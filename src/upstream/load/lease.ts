import type { GatewayError } from '../../protocol/index.ts';
import type { ProviderKey } from '../../providers/index.ts';
import { type CircuitBreaker, isFailure, type Permit } from '../circuit-breaker.ts';
import type { AccountHold } from './account.ts';
import type { Place } from './room.ts';
import type { FirstContent, Siblings } from './siblings.ts';

/**
 * Leave to make one call, with everything it occupies. `succeeded`, `failed` or `cancelled` says how it went, the first of them counts;
 * `release` gives the place back, once, when the call is over.
 */
export interface Lease {
  /** The account it is made with; undefined where there is none. */
  readonly key: ProviderKey | undefined;
  /** It finds out whether a circuit may close: nobody else is let through meanwhile. */
  readonly probe: boolean;
  /** The first content is here, or the whole answer. */
  succeeded(nowMs: number, first: FirstContent): void;
  /** True when the account is to blame: the same deployment may be asked with another one at once. */
  failed(nowMs: number, error: GatewayError): boolean;
  /** Ended without saying anything about the upstream, e.g. because the client left. */
  cancelled(nowMs: number): void;
  /** The answer broke off after its first content. */
  broke(nowMs: number, error: GatewayError): void;
  /** The upstream said that nothing remains of its limits for so long. */
  spentFor(nowMs: number, ms: number): void;
  /** @param tokens what the call took in all; undefined = as expected */
  release(tokens: number | undefined): void;
}

export interface LeaseParts {
  deployment: string;
  permit: Permit;
  breaker: CircuitBreaker;
  account: AccountHold;
  /** At the deployment. */
  place: Place;
  siblings: Siblings;
  /** The operator should know: only they can mend it. */
  refused(error: GatewayError): void;
}

export function leaseOf(parts: LeaseParts): Lease {
  const { deployment, permit, breaker, account, place, siblings } = parts;
  let said = false;
  let released = false;
  const once = (say: () => void): void => {
    if (said) return;
    said = true;
    say();
  };
  return {
    key: account.key,
    probe: permit.probe,
    succeeded: (nowMs, first) =>
      once(() => {
        permit.succeeded(nowMs);
        account.succeeded();
        siblings.answered(deployment, first, nowMs);
      }),
    failed(nowMs, error) {
      let accountFailed = false;
      once(() => {
        accountFailed = account.failed(error, nowMs);
        if (error.code === 'upstream_auth' || error.code === 'upstream_quota') parts.refused(error);
        if (accountFailed) return permit.cancelled(nowMs);
        permit.failed(nowMs, error);
        if (isFailure(error.code)) siblings.failed(deployment, nowMs);
      });
      return accountFailed;
    },
    cancelled: (nowMs) =>
      once(() => {
        permit.cancelled(nowMs);
        account.left();
      }),
    broke(nowMs, error) {
      breaker.enter(nowMs)?.failed(nowMs, error);
      if (isFailure(error.code)) siblings.failed(deployment, nowMs);
    },
    spentFor: (nowMs, ms) => account.spentFor(ms, nowMs),
    release(tokens) {
      if (released) return;
      released = true;
      // All is corrected before anybody who waits looks.
      place.correct(tokens);
      account.release(tokens);
      place.leave();
    },
  };
}
