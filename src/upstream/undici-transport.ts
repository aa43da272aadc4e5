import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { type Clock, createTimerWheel } from '../std/index.ts';
import type { ConnectionLimits } from './connection.ts';
import { createOriginPool, type OriginPool } from './origin-pool.ts';
import type { Transport } from './transport.ts';
import { type CallTools, UndiciCall } from './undici-call.ts';

export interface UndiciTransportOptions extends Partial<ConnectionLimits> {
  clock: Clock;
  /** PEM certificates of private authorities, trusted beside the usual ones. */
  ca?: string | undefined;
  /** Open sockets to one origin, busy or idle. A call beyond them fails as `saturated`. */
  connectionsPerOriginMax?: number;
  /** Bound of any response body; callers bound what they collect much lower. */
  responseBytesMax?: number;
  /** How soon a reused socket must fail for the request to be written again. */
  replayWithinMs?: number;
}

/**
 * A typical peer keeps idle sockets 5 s (Node) to 75 s (nginx) and seldom says so. We close after 4 s, or 2 s before the time that its
 * `keep-alive` header names, so that it is nearly always we who close first.
 */
const defaultLimits: ConnectionLimits = {
  idleMs: 4_000,
  idleMsMax: 60_000,
  idleMarginMs: 2_000,
  responseHeaderBytesMax: 64 * 1024,
};

/**
 * HTTP/1.1 over undici, whose llhttp parser is fuzzed and strict about smuggling; `bench/path` has the figures behind the choice. Pools and
 * timers are our own: a call knows its socket, and its waits have names.
 */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  const { clock } = options;
  const limits: ConnectionLimits = {
    idleMs: options.idleMs ?? defaultLimits.idleMs,
    idleMsMax: options.idleMsMax ?? defaultLimits.idleMsMax,
    idleMarginMs: options.idleMarginMs ?? defaultLimits.idleMarginMs,
    responseHeaderBytesMax: options.responseHeaderBytesMax ?? defaultLimits.responseHeaderBytesMax,
  };
  const wheel = createTimerWheel({ clock });
  // Bounded by the configuration, which alone names upstream addresses.
  const pools = new Map<string, OriginPool>();
  const calls = new Set<UndiciCall>();
  let context: SecureContext | undefined;
  let closed = false;

  const tools: CallTools = {
    clock,
    wheel,
    responseBytesMax: options.responseBytesMax ?? 1024 * 1024 * 1024,
    replayWithinMs: options.replayWithinMs ?? 2_000,
    ended: (call) => calls.delete(call),
  };

  function poolOf(origin: string): OriginPool {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = createOriginPool({
        origin,
        limits,
        connectionsMax: options.connectionsPerOriginMax ?? 4_096,
        secureContext: () => {
          context ??= createSecureContext(trusted(options.ca));
          return context;
        },
      });
      pools.set(origin, pool);
    }
    return pool;
  }

  return {
    call(request, handler) {
      const call = new UndiciCall(request, handler, poolOf(request.url.origin), tools);
      calls.add(call);
      if (closed) queueMicrotask(() => call.close());
      else call.begin();
      return call;
    },
    async close() {
      closed = true;
      for (const call of [...calls]) call.close();
      for (const pool of pools.values()) pool.close();
      wheel.stop();
    },
  };
}

function trusted(ca: string | undefined): { ca?: string[] } {
  return ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
}
