import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorHeaders, requestIdHeaders } from '../gateway/index.ts';
import { type ClientDialectName, clientDialects, type GatewayError } from '../protocol/index.ts';

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
  dialect: ClientDialectName,
  requestId: string,
): void {
  const headers = { ...requestIdHeaders(requestId), ...errorHeaders(error) };
  // An unread body would be taken for the next request on this connection.
  const framing: { [name: string]: string } = request.complete ? {} : { connection: 'close' };
  replyJson(response, error.status, clientDialects[dialect].encodeError(error, requestId), {
    ...headers,
    ...framing,
  });
}
