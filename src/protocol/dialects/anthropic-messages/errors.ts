import type { GatewayError, UpstreamSaid } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { readUpstreamError } from '../upstream-said.ts';

/** The dialect's own words, by status. */
function errorType(error: GatewayError): string {
  switch (error.status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
    case 529:
      return 'overloaded_error';
    case 504:
      return 'timeout_error';
    default:
      return error.status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

/** Clients read here why a conversation that the provider holds cannot go on, and then send all of it. */
function details(error: GatewayError): JsonObject {
  const passesOn = error.code === 'upstream_rejected' || error.code === 'content_filtered';
  const told = error.details ?? (passesOn ? error.upstream?.details : undefined);
  return told === undefined ? {} : { details: told };
}

export function encodeError(error: GatewayError, requestId: string): JsonObject {
  return {
    type: 'error',
    error: { type: errorType(error), message: error.message, ...details(error) },
    request_id: requestId,
  };
}

/** Clients of this dialect throw at this event; nothing follows it. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(encodeError(error, requestId))}\n\n`;
}

export function decodeError(status: number, body: unknown): UpstreamSaid {
  return readUpstreamError(status, body);
}
