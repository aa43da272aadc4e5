import type { ErrorCode } from '../protocol/index.ts';

/** Whether an attempt that failed before any content may be followed by another, and where. */
interface Advice {
  /** On the same deployment, after a backoff: the cause passes by itself. */
  repeat: boolean;
  /** On another deployment: the cause is this one's own. */
  moveOn: boolean;
}

const both: Advice = { repeat: true, moveOn: true };
const elsewhere: Advice = { repeat: false, moveOn: true };
const never: Advice = { repeat: false, moveOn: false };

const advice = {
  // The request itself is at fault, or somebody has decided: no upstream would answer differently.
  invalid_json: never,
  invalid_request: never,
  unsupported_encoding: never,
  body_too_large: never,
  headers_too_large: never,
  missing_key: never,
  invalid_key: never,
  forbidden: never,
  not_found: never,
  previous_response_not_found: never,
  method_not_allowed: never,
  model_not_found: never,
  unsupported_by_candidates: never,
  rate_limited: never,
  budget_exceeded: never,
  websocket_connection_limit_reached: never,
  shutting_down: never,
  store_unavailable: never,
  upstream_rejected: never,
  content_filtered: never,
  client_closed: never,
  blocked_by_guardrail: never,
  guardrail_unavailable: never,
  not_available: never,
  internal: never,
  // The time that was granted is used up.
  upstream_total_timeout: never,
  // Ours: the connections to one provider are busy.
  overloaded: elsewhere,
  // Only the operator can mend these.
  upstream_auth: elsewhere,
  upstream_quota: elsewhere,
  // The upstream may still be working on it, and be paid for it: asking it again doubles load and cost.
  upstream_first_byte_timeout: elsewhere,
  upstream_inter_chunk_timeout: elsewhere,
  upstream_protocol: elsewhere,
  upstream_rate_limited: both,
  upstream_unavailable: both,
  upstream_connect_timeout: both,
  stream_interrupted: both,
} as const satisfies { [code in ErrorCode]: Advice };

/** True when the same deployment may be asked again after a backoff. Holds only before the first content has reached the client. */
export function mayRepeat(code: ErrorCode): boolean {
  return advice[code].repeat;
}

/** True when another deployment may be asked. Holds only before the first content has reached the client. */
export function mayMoveOn(code: ErrorCode): boolean {
  return advice[code].moveOn;
}

export interface RetryPolicy {
  /** Upstream calls for one request, the first included. */
  attemptsMax: number;
  /** Upper end of the first backoff. */
  backoffBaseMs: number;
  /** Upper end of any backoff. */
  backoffMsMax: number;
  /** Longest `retry-after` that is worth waiting for within a request; also the longest wait for a rate limit to let a call through. */
  retryAfterMsMax: number;
  /** After a content filter or a refusal: `next` asks a deployment of another vendor, `fail` tells the client. The same vendor would refuse again. */
  contentFilter: 'fail' | 'next';
  /** How long a retry waits for the retry budget where a healthy deployment is left. */
  budgetWaitMsMax: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attemptsMax: 3,
  backoffBaseMs: 250,
  backoffMsMax: 4_000,
  retryAfterMsMax: 5_000,
  budgetWaitMsMax: 2_000,
  contentFilter: 'fail',
};

/**
 * How long to wait before the same deployment is asked again: exponential with full jitter, so that requests that failed together do
 * not come back together; never sooner than the upstream's `retry-after`. Undefined when the upstream asks for
 * more patience than a request has.
 *
 * @param repeat 0 for the first repetition
 * @param random in [0, 1)
 */
export function backoffMs(
  policy: RetryPolicy,
  repeat: number,
  random: number,
  retryAfterMs: number | undefined,
): number | undefined {
  const upperMs = Math.min(policy.backoffMsMax, policy.backoffBaseMs * 2 ** Math.min(repeat, 30));
  const jitterMs = Math.floor(random * upperMs);
  if (retryAfterMs === undefined) return jitterMs;
  if (retryAfterMs > policy.retryAfterMsMax) return undefined;
  return retryAfterMs + Math.floor(random * Math.min(upperMs, policy.backoffBaseMs));
}
