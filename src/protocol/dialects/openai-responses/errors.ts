import type { GatewayError, UpstreamSaid } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { openaiErrorCode } from '../openai-errors.ts';
import { readUpstreamError } from '../upstream-said.ts';
import { emptyResponse } from './response-object.ts';

/** A final refusal by budget or policy. */
function isRefusal(error: GatewayError): boolean {
  return error.status === 402 || error.status === 403;
}

/**
 * Agents of this dialect repeat 402, 403 and 413 six times, and only 400 and 429 not at all; so a final refusal is said by one of
 * these two.
 */
export function statusOf(error: GatewayError): number {
  if (isRefusal(error)) return 429;
  return error.status === 413 ? 400 : error.status;
}

function errorType(error: GatewayError): string {
  if (isRefusal(error)) return 'insufficient_quota';
  if (error.code === 'upstream_rate_limited' || error.status === 429) return 'rate_limit_error';
  if (error.status === 401) return 'authentication_error';
  return error.status >= 500 ? 'server_error' : 'invalid_request_error';
}

function errorCode(error: GatewayError): string {
  return error.code === 'budget_exceeded' ? 'insufficient_quota' : openaiErrorCode(error);
}

export function encodeError(error: GatewayError): { error: JsonObject } {
  return {
    error: {
      message: error.message,
      type: errorType(error),
      param: error.param ?? null,
      code: errorCode(error),
    },
  };
}

/** The few codes that a failed response may have. */
export function responseError(error: GatewayError): JsonObject {
  let code = 'server_error';
  if (error.status === 429) code = 'rate_limit_exceeded';
  else if (error.status < 500) code = 'invalid_prompt';
  return { code, message: error.message };
}

/** The published schema has the error's fields in the event itself; the vendor sends them, and clients read them, inside `error`. */
export function errorEvent(error: GatewayError, sequenceNumber: number): string {
  const { error: inner } = encodeError(error);
  const { message, param, code } = inner;
  const body = { type: 'error', sequence_number: sequenceNumber, code, message, param, error: inner };
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

export function failedEvent(response: JsonObject, sequenceNumber: number): string {
  const body = { type: 'response.failed', sequence_number: sequenceNumber, response };
  return `event: response.failed\ndata: ${JSON.stringify(body)}\n\n`;
}

/** Written without knowledge of the events before it, and after all of them. */
const lastSequenceNumber = 2 ** 31 - 1;

/** Some clients end at the `error` event, others wait for `response.failed`. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  const failed = { ...emptyResponse(requestId), status: 'failed', error: responseError(error) };
  return errorEvent(error, lastSequenceNumber - 1) + failedEvent(failed, lastSequenceNumber);
}

export function decodeError(status: number, body: unknown): UpstreamSaid {
  return readUpstreamError(status, body);
}
