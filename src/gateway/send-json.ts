import { type ClientDialectName, clientDialects, type GatewayError } from '../protocol/index.ts';
import type { AnswerSink } from './call.ts';
import { errorHeaders } from './error-headers.ts';

type Headers = { [name: string]: string };

/** Answers with one JSON document, given as its bytes. */
export function sendJson(sink: AnswerSink, status: number, body: Uint8Array, headers: Headers): void {
  sink.begin(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
  });
  sink.end(body);
}

/** The HTTP status by which clients of the dialect are told of the error. */
export function statusOfError(error: GatewayError, dialect: ClientDialectName): number {
  return clientDialects[dialect].statusOf?.(error) ?? error.status;
}

/** Answers with an error in the client's dialect, while nothing was sent yet. */
export function sendError(
  sink: AnswerSink,
  error: GatewayError,
  client: { dialect: ClientDialectName; requestId: string },
  headers: Headers,
): void {
  const body = Buffer.from(
    JSON.stringify(clientDialects[client.dialect].encodeError(error, client.requestId)),
  );
  const status = statusOfError(error, client.dialect);
  sendJson(sink, status, body, { ...headers, ...errorHeaders(error) });
}
