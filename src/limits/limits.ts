import type { Principal } from '../identity/index.ts';
import type { NanoUsd } from '../std/index.ts';

/** What the response tells about the key's rate: `x-ratelimit-limit-requests` and its sisters. */
export interface RateState {
  /** Requests per minute. */
  limit: number;
  /** Requests that would be admitted now. */
  remaining: number;
  /** Until `remaining` is `limit` again, when nothing more is asked. */
  resetMs: number;
}

/** A request that was let in. */
export interface Admission {
  /** Undefined for a key without a rate. */
  readonly rate: RateState | undefined;
  /** Gives the place among the concurrent requests back. Only the first call counts. */
  release(): void;
}

/** Money held for one request. */
export interface Reservation {
  /**
   * Holds this amount instead, for the whole request. Rejects with `budget_exceeded` when the growth does not fit, or when it is
   * no amount (see `reserve`); what was held stays held.
   */
  amend(nano: NanoUsd): Promise<void>;
  /**
   * Ends the hold and books what was really spent; 0 when nothing was. Only the first call counts. It books more than was held
   * too: the money is gone. The hold ends whatever the number is: one that is no amount (negative, not finite, beyond what
   * is exact) says nothing, so what was held is booked. Never rejects.
   */
  settle(actualNano: NanoUsd): Promise<void>;
}

/**
 * Counters of what each key uses. An implementation passes `test/limits/limits-conformance.ts`. As long as nobody settles more
 * than was held, spent + held never exceeds the budget at any instant, whatever the interleaving.
 */
export interface Limits {
  /** Rejects with `rate_limited` and `retryAfterMs`. A refused request uses nothing up. */
  admitRate(principal: Principal): Promise<Admission>;
  /**
   * Holds the worst case of a request against the key's budget of the day (UTC). Rejects with `budget_exceeded`, saying
   * window and limit, and with `store_unavailable` while it is unknown what was spent: a budget fails closed, also against a
   * worst case that is no amount.
   */
  reserve(principal: Principal, worstCaseNano: NanoUsd): Promise<Reservation>;
}
