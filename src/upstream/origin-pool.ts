import type { SecureContext } from 'node:tls';
import { Connection, type ConnectionLimits } from './connection.ts';

export interface OriginPoolOptions {
  /** `scheme://host:port`. */
  origin: string;
  limits: ConnectionLimits;
  /** Open sockets, busy or idle. */
  connectionsMax: number;
  secureContext: () => SecureContext;
}

/** The connections to one address. A connection taken is given back, or discarded, exactly once. */
export interface OriginPool {
  readonly origin: string;
  /** An idle connection, or a new one; undefined when all that are allowed are busy. */
  take(): Connection | undefined;
  /** A connection that has never been used. */
  takeFresh(): Connection | undefined;
  giveBack(connection: Connection): void;
  /** Closes the connection now. Discarding twice does nothing. */
  discard(connection: Connection): void;
  close(): void;
}

/**
 * Idle connections form a stack: the most recently used goes out first, so that the others reach their idle end and a lull shrinks the
 * pool. Taking one costs the same whether ten are open or a thousand, where undici's own pool scans its clients.
 */
export function createOriginPool(options: OriginPoolOptions): OriginPool {
  const open = new Set<Connection>();
  const idle: Connection[] = [];
  const session: { value: Buffer | undefined } = { value: undefined };
  let closed = false;

  function takeFresh(): Connection | undefined {
    if (open.size >= options.connectionsMax) return undefined;
    const { origin, limits, secureContext } = options;
    const connection = new Connection({ origin, limits, secureContext, session, onIdleClose: discard });
    open.add(connection);
    return connection;
  }

  function discard(connection: Connection): void {
    if (!open.delete(connection)) return;
    const at = idle.indexOf(connection);
    if (at !== -1) idle.splice(at, 1);
    connection.destroy();
  }

  return {
    origin: options.origin,
    take: () => idle.pop() ?? takeFresh(),
    takeFresh,
    giveBack(connection) {
      if (closed) discard(connection);
      else idle.push(connection);
    },
    discard,
    close() {
      closed = true;
      for (const connection of [...open]) discard(connection);
    },
  };
}
