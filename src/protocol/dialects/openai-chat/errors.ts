import type { GatewayError, UpstreamSaid } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { openaiErrorCode } from '../openai-errors.ts';
import { readUpstreamError } from '../upstream-said.ts';

/** Words that clients of this dialect switch on, by status. */
function errorType(error: GatewayError): string {
  if (error.code === 'upstream_rate_limited' || error.status === 429) return 'rate_limit_error';
  switch (error.status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'insufficient_quota';
    case 403:
      return 'permission_error';
    default:
      return error.status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}

export function encodeError(error: GatewayError): JsonObject {
  return {
    error: {
      message: error.message,
      type: errorType(error),
      param: error.param ?? null,
      code: openaiErrorCode(error),
    },
  };
}

/** Clients of this dialect throw at the first chunk with `error`, so nothing follows it; a `[DONE]` would look like success. */
export function encodeErrorFrame(error: GatewayError): string {
  return `data: ${JSON.stringify(encodeError(error))}\n\n`;
}

export function decodeError(status: number, body: unknown): UpstreamSaid {
  return readUpstreamError(status, body);
}
