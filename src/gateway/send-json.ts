import { type DialectName, dialects, type GatewayError } from '../protocol/index.ts';
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

/** Answers with an error in the client's dialect, while nothing was sent yet. */
export function sendError(
  sink: AnswerSink,
  error: GatewayError,
  client: { dialect: DialectName; requestId: string },
  headers: Headers,
): void {
  const body = Buffer.from(JSON.stringify(dialects[client.dialect].encodeError(error, client.requestId)));
  sendJson(sink, error.status, body, { ...headers, ...errorHeaders(error) });
}
