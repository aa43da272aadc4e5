import type { Server } from 'node:http';
import type { OpenRequests } from '../gateway/index.ts';
import { GatewayError } from '../protocol/index.ts';

export interface DrainOptions {
  /** How long the socket stays open after readiness has turned, so that whoever balances sees it and stops sending. */
  lameDuckMs: number;
  /** How long open requests may go on. */
  drainMs: number;
}

/** Requests that were ended with an error still settle; that takes no longer than this. */
const settleMsMax = 5_000;

/**
 * Ends a server without losing a request: it keeps answering (new work is refused elsewhere), waits for open requests, ends with an error
 * those that outlast the deadline, waits until each has its record, and only then closes what is left.
 */
export async function drain(server: Server, open: OpenRequests, options: DrainOptions): Promise<void> {
  if (options.lameDuckMs > 0) await new Promise((resolve) => setTimeout(resolve, options.lameDuckMs));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  await open.whenIdle(options.drainMs);
  if (open.count > 0) {
    open.interruptAll(
      new GatewayError(
        'shutting_down',
        'This instance is shutting down and the answer took too long. Try again.',
      ),
    );
    await open.whenIdle(settleMsMax);
  }
  // What has ended is being flushed; a client that does not read is not waited for.
  const force = setTimeout(() => server.closeAllConnections(), 1_000);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}
