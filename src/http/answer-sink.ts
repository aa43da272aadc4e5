import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerSink } from '../gateway/index.ts';

/** How long a client that reads nothing is waited for. */
export interface ClientPatience {
  /** While its answer is being made: without taking a byte of what waits for it. */
  slowClientMsMax: number;
  /** Once its answer is over: without taking a byte of the rest. */
  stalledClientMs: number;
}

/** The kernel takes bytes in steps of a good part of its buffer, so a slow link looks idle for many seconds. */
const defaultPatience: ClientPatience = { slowClientMsMax: 120_000, stalledClientMs: 30_000 };

/**
 * An AnswerSink over node:http. It writes plainly and never corks: corked writes followed by an end reach the client in the
 * wrong order on current Node versions.
 */
export function createAnswerSink(
  request: IncomingMessage,
  response: ServerResponse,
  patience: ClientPatience = defaultPatience,
): AnswerSink {
  let gone = false;
  let over = false;
  const goneListeners: (() => void)[] = [];
  const limit = new StallLimit(response);
  response.on('close', () => {
    limit.lift();
    if (response.writableFinished || gone) return;
    gone = true;
    for (const listener of goneListeners) listener();
  });
  // A socket error is followed by `close`; without a listener it would end the process.
  response.on('error', () => {});
  response.on('drain', () => {
    if (!over) limit.lift();
  });
  response.on('finish', () => limit.lift());
  return {
    begin(status, headers) {
      if (gone || response.headersSent) return;
      // An unread body would be taken for the next request on this connection.
      response.writeHead(status, request.complete ? headers : { ...headers, connection: 'close' });
    },
    write(bytes) {
      if (gone) return true;
      const flowing = response.write(bytes);
      if (!flowing && !over) limit.set(patience.slowClientMsMax);
      return flowing;
    },
    end(bytes) {
      if (gone) return;
      over = true;
      if (bytes === undefined || bytes.byteLength === 0) response.end();
      else response.end(bytes);
      limit.set(patience.stalledClientMs);
    },
    reset() {
      if (gone) return;
      over = true;
      // An empty write's callback comes after everything before it has been handed to the socket.
      response.write('', () => response.destroy());
      limit.set(patience.stalledClientMs);
    },
    onDrain: (listener) => {
      response.on('drain', listener);
    },
    onGone: (listener) => {
      if (gone) listener();
      else goneListeners.push(listener);
    },
    get gone() {
      return gone;
    },
  };
}

/**
 * Destroys the socket of an answer when nothing moves on it for a time. It is the socket's own timeout, because that alone sees the
 * progress inside one large write. An answer that waits behind another on its connection has no socket yet.
 */
class StallLimit {
  private readonly response: ServerResponse;
  private ms = 0;
  private socket: Socket | undefined;

  constructor(response: ServerResponse) {
    this.response = response;
    response.on('socket', () => this.apply());
  }

  /** Sets the time from now on; a limit that stands already goes on counting. */
  set(ms: number): void {
    if (ms === this.ms) return;
    this.ms = ms;
    this.apply();
  }

  lift(): void {
    const { socket, ms } = this;
    this.ms = 0;
    // Once an answer is finished, the server has put its own limit for idle connections there.
    if (ms > 0 && socket !== undefined && socket.timeout === ms && !socket.writableEnded)
      socket.setTimeout(0);
  }

  private apply(): void {
    if (this.ms === 0 || this.response.writableFinished) return;
    this.socket = this.response.socket ?? undefined;
    this.socket?.setTimeout(this.ms);
  }
}
