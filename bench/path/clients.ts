/** The candidates, each behind the product's own `Transport`, so that the relay is the same for all. */
import { Agent, request as httpRequest } from 'node:http';
import { Pool } from 'undici';
import { systemClock } from '../../src/std/index.ts';
import type { Transport, TransportHandler } from '../../src/upstream/transport.ts';
import { createUndiciTransport } from '../../src/upstream/undici-transport.ts';
import { createLeanTransport } from './lean-client.ts';

export const clients: { [name: string]: () => Transport } = {
  'node:http': nodeHttp,
  'undici Pool': () => undiciPool(false),
  'undici Pool, joined': () => undiciPool(true),
  yumen: () => createUndiciTransport({ clock: systemClock }),
  lean: createLeanTransport,
};

function nodeHttp(): Transport {
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: 4_000 });
  return {
    call(call, handler) {
      const outgoing = httpRequest(
        {
          agent,
          host: call.url.hostname,
          port: call.url.port,
          path: call.url.pathname,
          method: call.method,
          headers: {
            ...call.headers,
            'accept-encoding': 'identity',
            'content-length': call.body?.byteLength ?? 0,
          },
        },
        (incoming) => {
          handler.onHead({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers as { [name: string]: string },
            receivedAtMs: Date.now(),
          });
          incoming.on('data', (chunk: Buffer) => handler.onData(chunk));
          incoming.on('end', () => handler.onEnd());
        },
      );
      outgoing.on('error', (error) =>
        handler.onFailure({ kind: 'reset', detail: error.message, responded: false }),
      );
      outgoing.end(call.body);
      return { pause: () => undefined, resume: () => undefined, abort: () => outgoing.destroy() };
    },
    close: async () => agent.destroy(),
  };
}

/** What `Pool.dispatch` gives as it comes; `joined` gathers the HTTP chunks of a read until the next microtask. */
function undiciPool(joined: boolean): Transport {
  const pools = new Map<string, Pool>();
  return {
    call(request, handler) {
      let pool = pools.get(request.url.host);
      if (pool === undefined) {
        pool = new Pool(request.url.origin, {
          headersTimeout: 0,
          bodyTimeout: 0,
          pipelining: 1,
          allowH2: false,
        });
        pools.set(request.url.host, pool);
      }
      pool.dispatch(
        {
          path: request.url.pathname,
          method: request.method,
          headers: { ...request.headers, 'accept-encoding': 'identity' },
          body: request.body ?? null,
        },
        joined ? joinedHandler(handler) : plainHandler(handler),
      );
      return { pause: () => undefined, resume: () => undefined, abort: () => undefined };
    },
    close: async () => {
      for (const pool of pools.values()) await pool.destroy();
    },
  };
}

type UndiciHandler = Parameters<Pool['dispatch']>[1];

function plainHandler(handler: TransportHandler): UndiciHandler {
  return {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, status, headers) =>
      handler.onHead({
        status,
        headers: headers as { [name: string]: string },
        receivedAtMs: Date.now(),
      }),
    onResponseData: (_controller, chunk) => handler.onData(chunk),
    onResponseEnd: () => handler.onEnd(),
    onResponseError: (_controller, error) =>
      handler.onFailure({ kind: 'reset', detail: error.message, responded: false }),
  };
}

function joinedHandler(handler: TransportHandler): UndiciHandler {
  let pending: Uint8Array[] = [];
  const flush = (): void => {
    if (pending.length === 0) return;
    const chunk = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    pending = [];
    handler.onData(chunk);
  };
  return {
    ...plainHandler(handler),
    onResponseData: (_controller, chunk) => {
      if (pending.push(chunk) === 1) queueMicrotask(flush);
    },
    onResponseEnd: () => {
      flush();
      handler.onEnd();
    },
  };
}
