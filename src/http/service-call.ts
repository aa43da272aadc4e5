import type { IncomingMessage } from 'node:http';
import type { BodySource, ServiceCall } from '../gateway/index.ts';
import { type ClientDialectName, GatewayError } from '../protocol/index.ts';
import { readBody, refuseEncoding } from './body.ts';
import type { Endpoint, Exchange } from './endpoint-table.ts';
import { headersOf } from './headers.ts';

/** A call of an endpoint beside chat, made of an HTTP exchange. */
export function serviceCallOf(
  { request, requestId }: Exchange,
  method: Endpoint['method'],
  dialect: ClientDialectName,
  bodyBytesMax: number,
  receivedAtMs: number,
): ServiceCall {
  const at = request.url?.indexOf('?') ?? -1;
  return {
    requestId,
    dialect,
    method,
    headers: headersOf(request),
    query: new URLSearchParams(at < 0 ? '' : request.url?.slice(at + 1)),
    readBody: () => readBody(request, bodyBytesMax),
    body: sourceOf(request),
    bodyBytesMax,
    receivedAtMs,
  };
}

function sourceOf(request: IncomingMessage): BodySource {
  const length = request.headers['content-length'];
  return {
    bytes: length === undefined ? undefined : Number(length),
    async *chunks() {
      refuseEncoding(request);
      try {
        // Destroyed, the request would take the answer's socket with it.
        yield* request.iterator({ destroyOnReturn: false });
      } catch (cause) {
        throw new GatewayError('client_closed', 'The client closed before the whole body had arrived.', {
          cause,
        });
      }
    },
  };
}
