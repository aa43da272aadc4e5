import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DialectName, dialects, type GatewayError } from '../protocol/index.ts';

/** Sends one JSON document. */
export function replyJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: { [name: string]: string } = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(bytes.byteLength),
    ...headers,
  });
  response.end(bytes);
}

/** Sends an error in the client's dialect, with the headers that tell its SDK whether to try again. */
export function replyError(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  dialect: DialectName,
  requestId: string,
): void {
  const headers = errorHeaders(error, requestId);
  // An unread body would be taken for the next request on this connection.
  if (!request.complete) headers['connection'] = 'close';
  replyJson(response, error.status, dialects[dialect].encodeError(error, requestId), headers);
}

function errorHeaders(error: GatewayError, requestId: string): { [name: string]: string } {
  const headers: { [name: string]: string } = {
    'x-request-id': requestId,
    'request-id': requestId,
    'x-should-retry': String(error.retry),
  };
  if (error.retryAfterMs !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  return headers;
}
