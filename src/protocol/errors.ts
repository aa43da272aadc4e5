import type { JsonObject } from './json.ts';

/**
 * Every error we can return, in one table: HTTP status, whether the client's SDK should try again, and one sentence of help.
 * `docs/errors.md` is checked against it in both directions. Statuses follow what clients do with them: a final
 * refusal is never 408, 409 or 5xx, because agents repeat those up to 30 times.
 */
export const errorTable = {
  invalid_json: { status: 400, retry: false, help: 'Send one JSON object, encoded as UTF-8.' },
  invalid_request: { status: 400, retry: false, help: 'Correct the field that the message names.' },
  unsupported_encoding: { status: 415, retry: false, help: 'Send the body without content-encoding.' },
  body_too_large: {
    status: 413,
    retry: false,
    help: 'Send a smaller body, or raise `limits.body_bytes_max`.',
  },
  headers_too_large: { status: 431, retry: false, help: 'Send fewer or shorter headers.' },
  missing_key: {
    status: 401,
    retry: false,
    help: 'Send a Yumen key as `Authorization: Bearer …`, `x-api-key` or `x-goog-api-key`.',
  },
  invalid_key: {
    status: 401,
    retry: false,
    help: 'Use a key that exists and is not revoked or expired; `yumen keys create` makes one.',
  },
  forbidden: { status: 403, retry: false, help: 'Use a key or a model that the policy allows.' },
  not_found: {
    status: 404,
    retry: false,
    help: 'Check the path; `GET /v1/models` lists models, the README lists endpoints.',
  },
  previous_response_not_found: {
    status: 400,
    retry: false,
    help: 'Send the whole conversation as `input`; responses are found by keys of the project that made them, as long as they are kept.',
  },
  method_not_allowed: { status: 405, retry: false, help: 'Use the method that the `allow` header names.' },
  model_not_found: { status: 404, retry: false, help: 'Call a model that `GET /v1/models` lists.' },
  unsupported_by_candidates: {
    status: 400,
    retry: false,
    help: 'No allowed model can serve this request as it is; the message says what is missing.',
  },
  rate_limited: { status: 429, retry: true, help: 'Wait as long as `retry-after` says.' },
  budget_exceeded: {
    status: 402,
    retry: false,
    help: 'Raise the budget of the key or wait for the next window.',
  },
  websocket_connection_limit_reached: {
    status: 400,
    retry: false,
    help: 'Open a new connection: one may last for 60 minutes.',
  },
  overloaded: { status: 503, retry: true, help: 'Wait as long as `retry-after` says.' },
  shutting_down: { status: 503, retry: true, help: 'Try again: another instance answers.' },
  store_unavailable: { status: 503, retry: true, help: 'The ledger cannot be written; see the server log.' },
  upstream_rejected: {
    status: 400,
    retry: false,
    help: 'The provider refused the request; its message is included.',
  },
  upstream_auth: {
    status: 502,
    retry: false,
    help: 'The provider refused our credentials; the operator must correct them.',
  },
  upstream_rate_limited: {
    status: 429,
    retry: true,
    help: 'The provider limits our rate, or a limit configured for it is reached; wait as long as `retry-after` says.',
  },
  upstream_quota: {
    status: 502,
    retry: false,
    help: 'The account at the provider is out of credit; the operator must refill it.',
  },
  upstream_unavailable: { status: 502, retry: true, help: 'The provider failed; try again.' },
  upstream_protocol: {
    status: 502,
    retry: true,
    help: 'The provider sent something that is not its documented format.',
  },
  upstream_connect_timeout: {
    status: 504,
    retry: true,
    help: 'The provider could not be reached in `connect_ms`.',
  },
  upstream_first_byte_timeout: {
    status: 504,
    retry: true,
    help: 'The provider sent nothing in `first_byte_ms`.',
  },
  upstream_inter_chunk_timeout: {
    status: 504,
    retry: true,
    help: 'The provider fell silent for `inter_chunk_ms`.',
  },
  upstream_total_timeout: { status: 504, retry: false, help: 'The answer took longer than `total_ms`.' },
  content_filtered: { status: 400, retry: false, help: 'The provider’s content filter refused the request.' },
  blocked_by_guardrail: {
    status: 400,
    retry: false,
    help: 'A guardrail of the operator refused the request or its answer; the message names it.',
  },
  guardrail_unavailable: {
    status: 503,
    retry: true,
    help: 'A guardrail that must be asked could not be; try again, and see the server log.',
  },
  stream_interrupted: {
    status: 502,
    retry: true,
    help: 'The provider ended the stream early; what arrived is incomplete.',
  },
  client_closed: { status: 499, retry: false, help: 'The client closed the connection.' },
  not_available: { status: 501, retry: false, help: 'This is not available; the message says what is.' },
  internal: {
    status: 500,
    retry: false,
    help: 'This is a fault of the gateway; the log has it under the request id.',
  },
} as const satisfies Record<string, { status: number; retry: boolean; help: string }>;

export type ErrorCode = keyof typeof errorTable;

/** What an upstream said when it failed, for the operator and for retry decisions. */
export interface UpstreamSaid {
  status: number;
  code?: string | undefined;
  type?: string | undefined;
  message?: string | undefined;
  /** What it added for programs, in its own dialect. */
  details?: JsonObject | undefined;
  /** How long its body asks us to wait, where it says so there. */
  retryAfterMs?: number | undefined;
}

export interface GatewayErrorOptions {
  /** The body field at fault, e.g. `messages[2].content`. */
  param?: string | undefined;
  /** The inside story for the operator; never sent to a client. */
  detail?: string | undefined;
  /** Overrides the table's status, e.g. to pass an upstream's 422 on. */
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  upstream?: UpstreamSaid | undefined;
  /** For the client's program, in the form of its dialect; shown where the dialect has a place for it. */
  details?: JsonObject | undefined;
  cause?: unknown;
}

/**
 * The one error of the request path. `message` is what the client reads: what was wrong and what would make it right.
 * It never holds a key, a prompt or an answer.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retry: boolean;
  readonly param: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamSaid | undefined;
  readonly details: JsonObject | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = options.status ?? errorTable[code].status;
    this.retry = errorTable[code].retry;
    this.param = options.param;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.upstream = options.upstream;
    this.details = options.details;
  }
}

/** Wraps anything thrown; a GatewayError passes as it is. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new GatewayError('internal', 'The gateway failed while handling this request.', {
    detail,
    cause: thrown,
  });
}
