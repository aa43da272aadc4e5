import type { GatewayError, UpstreamSaid } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';

/** The words of google.rpc.Code, by the HTTP status that stands for them. */
function statusWord(error: GatewayError): string {
  switch (error.status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 402:
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 499:
      return 'CANCELLED';
    case 501:
      return 'UNIMPLEMENTED';
    case 502:
    case 503:
      return 'UNAVAILABLE';
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
  }
}

const typePrefix = 'type.googleapis.com/google.rpc.';

/** Our code, the field at fault and how long to wait, as the messages of google.rpc that clients of this dialect know. */
function details(error: GatewayError, requestId: string): JsonObject[] {
  const list: JsonObject[] = [
    { '@type': `${typePrefix}ErrorInfo`, reason: error.code.toUpperCase(), domain: 'yumen' },
    { '@type': `${typePrefix}RequestInfo`, requestId },
  ];
  if (error.param !== undefined) {
    const fieldViolations = [{ field: error.param, description: error.message }];
    list.push({ '@type': `${typePrefix}BadRequest`, fieldViolations });
  }
  if (error.retryAfterMs !== undefined) {
    list.push({ '@type': `${typePrefix}RetryInfo`, retryDelay: `${error.retryAfterMs / 1000}s` });
  }
  return list;
}

export function encodeError(error: GatewayError, requestId: string): JsonObject {
  return {
    error: {
      code: error.status,
      message: error.message,
      status: statusWord(error),
      details: details(error, requestId),
    },
  };
}

/** Clients of this dialect throw at a chunk with `error`, so nothing follows it. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return `data: ${JSON.stringify(encodeError(error, requestId))}\n\n`;
}

/** The same shape alone, or in an array where a stream had been asked for without server-sent events. */
export function decodeError(status: number, body: unknown): UpstreamSaid {
  return withDetails(readUpstreamError(status, body), body);
}

/** The error of a stream or of a 200 answer whose body is an error. */
export function inBand(body: JsonObject): GatewayError {
  const error = inBandError(body);
  if (error.upstream !== undefined) withDetails(error.upstream, body);
  return error;
}

/**
 * `code` repeats the status; the words that tell failures apart are `status` (`RESOURCE_EXHAUSTED`) and, in the details, the reason
 * (`API_KEY_INVALID`, which comes as a 400).
 */
function withDetails(said: UpstreamSaid, body: unknown): UpstreamSaid {
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  const error = isObject(outer) ? outer['error'] : undefined;
  if (!isObject(error)) return said;
  said.type = text(error['status'])?.slice(0, 200) ?? said.type;
  const list = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const reason = list.map((detail) => text(detail['reason'])).find((found) => found !== undefined);
  if (reason !== undefined) said.code = reason.slice(0, 200);
  const retryAfterMs = durationMs(
    list.map((detail) => detail['retryDelay']).find((delay) => delay !== undefined),
  );
  if (retryAfterMs !== undefined) said.retryAfterMs = retryAfterMs;
  return said;
}

/** Reads `17s` and `0.5s`. */
function durationMs(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(value)?.[1] : undefined;
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
