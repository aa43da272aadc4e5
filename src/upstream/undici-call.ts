import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock, TimerWheel, WheelTimer } from '../std/index.ts';
import type { Connection, ConnectionUser } from './connection.ts';
import type { OriginPool } from './origin-pool.ts';
import type { TransportCall, TransportFailureKind, TransportHandler, TransportRequest } from './transport.ts';
import { describeError, failureKindOf } from './transport-error.ts';

/** What a call needs from the transport that made it. */
export interface CallTools {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly responseBytesMax: number;
  readonly replayWithinMs: number;
  /** The call is over, however it ended. */
  ended(call: UndiciCall): void;
}

/** `starting`: waiting for the socket. `waiting`: sent, no body byte yet. `reading`: the body flows. */
type Phase = 'starting' | 'waiting' | 'reading' | 'over';

type Ending = { kind: 'end' } | { kind: 'failure'; failure: TransportFailureKind; detail: string };

/**
 * One call on one connection at a time. It turns undici's callbacks, one per HTTP chunk, into one `onData` per socket read, times the
 * phases, and sees to it that exactly one ending is told.
 */
export class UndiciCall implements Dispatcher.DispatchHandler, ConnectionUser, TransportCall {
  private readonly path: string;
  private readonly request: TransportRequest;
  private readonly handler: TransportHandler;
  private readonly pool: OriginPool;
  private readonly tools: CallTools;
  private readonly startedAtMs: number;
  private readonly headers: string[];
  private connection: Connection | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private phase: Phase = 'starting';
  /** When the present phase began; in `reading`, when bytes last came. */
  private phaseAtMs: number;
  private sentAtMs = 0;
  private timer: WheelTimer | undefined;
  private timerDueAtMs = 0;
  private onReusedSocket = false;
  private replayed = false;
  private responseBegan = false;
  private headArrived = false;
  private keepsAlive = true;
  private paused = false;
  private bytes = 0;
  private pending: Uint8Array[] = [];
  private ending: Ending | undefined;
  /** Within `dispatch`: what undici refuses at once is told later, when the owner holds the call. */
  private dispatching = false;

  constructor(request: TransportRequest, handler: TransportHandler, pool: OriginPool, tools: CallTools) {
    this.request = request;
    this.handler = handler;
    this.pool = pool;
    this.tools = tools;
    this.path = request.url.pathname + request.url.search;
    this.headers = wireHeaders(request);
    this.startedAtMs = tools.clock.monotonicMs();
    this.phaseAtMs = this.startedAtMs;
  }

  begin(): void {
    // What cannot be written twice must not meet a socket that the peer is about to close.
    this.send(this.isUpload() ? this.pool.takeFresh() : this.pool.take());
  }

  private send(connection: Connection | undefined): void {
    if (connection === undefined) {
      queueMicrotask(() => this.fail('saturated', `all connections to ${this.pool.origin} are busy`));
      return;
    }
    this.connection = connection;
    connection.user = this;
    this.enter('starting');
    this.dispatching = true;
    connection.client.dispatch(
      {
        path: this.path,
        method: this.request.method,
        headers: this.headers,
        body: this.wireBody(),
      },
      this,
    );
    this.dispatching = false;
  }

  // The owner of the call

  pause(): void {
    if (this.phase === 'over') return;
    this.paused = true;
    this.controller?.pause();
  }

  resume(): void {
    if (!this.paused || this.phase === 'over') return;
    this.paused = false;
    this.phaseAtMs = this.tools.clock.monotonicMs();
    this.flush();
    if (this.paused || this.isOver()) return;
    if (this.ending !== undefined) {
      this.tellEnding();
      return;
    }
    this.rearm();
    // Parses what the socket holds at once, within this call.
    this.controller?.resume();
    this.flush();
  }

  abort(): void {
    if (this.phase === 'over') return;
    this.finish();
    this.dropConnection();
  }

  // The connection

  onReadEnd(): void {
    this.flush();
  }

  onDrained(): void {
    if (this.phase === 'waiting' && !this.headArrived) this.enter('waiting');
  }

  // undici

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.phase === 'over') {
      controller.abort(new Error('aborted'));
      return;
    }
    const connection = this.connection!;
    this.controller = controller;
    this.onReusedSocket = connection.requestsOnSocket > 0;
    connection.requestsOnSocket += 1;
    if (this.paused) controller.pause();
    this.enter('waiting');
    this.sentAtMs = this.phaseAtMs;
  }

  onResponseStarted(): void {
    this.responseBegan = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    incoming: { [name: string]: string | string[] | undefined },
  ): void {
    if (status < 200 || this.phase === 'over') return;
    this.headArrived = true;
    const headers = joinedHeaders(incoming);
    this.keepsAlive = !/\bclose\b/i.test(headers['connection'] ?? '');
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      this.fail('protocol', `the body is encoded as ${encoding.slice(0, 40)}, though identity was asked for`);
      return;
    }
    const receivedAtMs = this.tools.clock.nowMs();
    this.guarded(() => this.handler.onHead({ status, headers, receivedAtMs, replayed: this.sentTwice() }));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.phase === 'over') return;
    this.bytes += chunk.byteLength;
    if (this.bytes > this.tools.responseBytesMax) {
      this.fail('too-large', `the response is larger than ${this.tools.responseBytesMax} bytes`);
      return;
    }
    this.pending.push(chunk);
  }

  onResponseEnd(): void {
    if (this.phase === 'over') return;
    const connection = this.connection;
    this.connection = undefined;
    this.controller = undefined;
    if (connection !== undefined) {
      connection.user = undefined;
      // An answer may come before the end of an upload, and the rest of it would be read as the next request.
      if (this.keepsAlive && !this.isUpload()) this.pool.giveBack(connection);
      else this.pool.discard(connection);
    }
    this.flush();
    this.end({ kind: 'end' });
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    if (this.phase === 'over') return;
    if (this.dispatching) {
      queueMicrotask(() => this.onResponseError(controller, error));
      return;
    }
    const connection = this.connection;
    const started = this.phase !== 'starting';
    const handshaking = connection?.secure === true && connection.tcpConnected;
    const failure = failureKindOf(error, { started, handshaking, responded: this.headArrived });
    this.dropConnection();
    if (failure === 'reset' && this.mayReplay()) {
      this.replayed = true;
      this.send(this.pool.takeFresh());
      return;
    }
    this.flush();
    this.end({ kind: 'failure', failure, detail: describeError(error) });
  }

  /** The transport closes. */
  close(): void {
    if (this.phase !== 'over') this.fail('aborted', 'the transport was closed');
  }

  // Inner steps

  /**
   * True for the race that keep-alive makes possible: the peer closed an idle socket while our request was on its way, so it
   * never saw it. A later loss may have cost tokens already and is for the retry policy to judge.
   */
  private mayReplay(): boolean {
    return (
      this.onReusedSocket &&
      !this.isUpload() &&
      !this.replayed &&
      !this.responseBegan &&
      this.tools.clock.monotonicMs() - this.sentAtMs <= this.tools.replayWithinMs
    );
  }

  private isUpload(): boolean {
    return this.request.upload !== undefined;
  }

  private wireBody(): Dispatcher.DispatchOptions['body'] {
    const { body, upload } = this.request;
    if (upload === undefined) return body ?? null;
    return Readable.from(this.uploaded(upload.chunks), { objectMode: false });
  }

  /** While an upload moves, the upstream is not silent: it is not its turn yet. */
  private async *uploaded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      if (this.phase === 'over') return;
      if (this.phase === 'waiting' && !this.headArrived) this.enter('waiting');
      yield chunk;
    }
    if (this.phase === 'waiting' && !this.headArrived) this.enter('waiting');
  }

  /** Hands over all bytes of the read, once. */
  private flush(): void {
    if (this.paused || this.pending.length === 0 || this.phase === 'over') return;
    const { pending } = this;
    const chunk = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    this.pending = [];
    if (this.phase === 'reading') this.phaseAtMs = this.tools.clock.monotonicMs();
    else this.enter('reading');
    this.guarded(() => this.handler.onData(chunk));
  }

  /** A handler that throws ends its own call, not the process. */
  private guarded(tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      this.fail('protocol', `the reader of the response failed: ${String(thrown)}`);
    }
  }

  /** The ending waits while the reader is paused and bytes before it are held back. */
  private end(ending: Ending): void {
    if (this.isOver()) return;
    this.ending = ending;
    if (!this.paused) this.tellEnding();
  }

  private tellEnding(): void {
    const { ending } = this;
    if (ending === undefined || this.phase === 'over') return;
    if (ending.kind === 'failure') {
      this.fail(ending.failure, ending.detail);
      return;
    }
    this.finish();
    try {
      this.handler.onEnd();
    } catch (thrown) {
      this.tellFailure('protocol', `the reader of the response failed: ${String(thrown)}`);
    }
  }

  private fail(kind: TransportFailureKind, detail: string): void {
    if (this.phase === 'over') return;
    this.finish();
    this.dropConnection();
    this.tellFailure(kind, detail);
  }

  private tellFailure(kind: TransportFailureKind, detail: string): void {
    try {
      const replayed = this.sentTwice();
      this.handler.onFailure({ kind, detail, responded: this.headArrived, replayed });
    } catch (thrown) {
      // Nobody is left to tell; thrown on, it would end the process from within a socket's callback.
      process.emitWarning(`the handler of a failed upstream call failed: ${String(thrown)}`);
    }
  }

  private sentTwice(): true | undefined {
    return this.replayed ? true : undefined;
  }

  private finish(): void {
    this.phase = 'over';
    this.timer?.cancel();
    this.timer = undefined;
    this.pending = [];
    this.tools.ended(this);
  }

  private dropConnection(): void {
    const { connection, controller } = this;
    this.connection = undefined;
    this.controller = undefined;
    if (connection === undefined) return;
    connection.user = undefined;
    if (controller !== undefined && !controller.aborted) controller.abort(new Error('aborted'));
    this.pool.discard(connection);
  }

  /** A function, so that the compiler does not carry a phase it has seen across a callback that may change it. */
  private isOver(): boolean {
    return this.phase === 'over';
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.phaseAtMs = this.tools.clock.monotonicMs();
    this.rearm();
  }

  /** One timer serves all deadlines: it is moved only when the next one is sooner, and looks again when it fires too early. */
  private rearm(): void {
    const dueAtMs = this.nextDeadline().atMs;
    if (this.timer !== undefined && this.timerDueAtMs <= dueAtMs) return;
    this.timer?.cancel();
    this.timerDueAtMs = dueAtMs;
    const delayMs = Math.max(0, dueAtMs - this.tools.clock.monotonicMs());
    this.timer = this.tools.wheel.schedule(delayMs, () => this.onTimer());
  }

  private onTimer(): void {
    this.timer = undefined;
    const { kind, atMs, limitMs } = this.nextDeadline();
    if (this.tools.clock.monotonicMs() >= atMs) this.fail(kind, `${describeTimeout[kind]} ${limitMs} ms`);
    else this.rearm();
  }

  private nextDeadline(): { kind: TimeoutKind; atMs: number; limitMs: number } {
    const { timeouts } = this.request;
    const totalAtMs = this.startedAtMs + timeouts.totalMs;
    const total = { kind: 'total-timeout', atMs: totalAtMs, limitMs: timeouts.totalMs } as const;
    // While the reader is slow the upstream is not to blame; only the whole call is bounded.
    if (this.paused) return total;
    const [kind, limitMs] = this.phaseLimit();
    const atMs = this.phaseAtMs + limitMs;
    return atMs < totalAtMs ? { kind, atMs, limitMs } : total;
  }

  private phaseLimit(): [TimeoutKind, number] {
    const { timeouts } = this.request;
    if (this.phase === 'starting') return ['connect-timeout', timeouts.connectMs];
    if (this.phase === 'waiting') return ['first-byte-timeout', timeouts.firstByteMs];
    return ['inter-chunk-timeout', timeouts.interChunkMs];
  }
}

type TimeoutKind = 'connect-timeout' | 'first-byte-timeout' | 'inter-chunk-timeout' | 'total-timeout';

const describeTimeout: { [kind in TimeoutKind]: string } = {
  'connect-timeout': 'no connection within',
  'first-byte-timeout': 'no byte of the body within',
  'inter-chunk-timeout': 'silence for',
  'total-timeout': 'not over within',
};

/** Headers that the transport decides. */
const owned = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** Pairs for undici. Identity encoding is always asked for: bytes must pass untouched, and inflating them would cost more than it saves. */
function wireHeaders({ headers, upload }: TransportRequest): string[] {
  const wire = ['accept-encoding', 'identity'];
  for (const name in headers) if (!owned.has(name.toLowerCase())) wire.push(name, headers[name]!);
  if (upload?.bytes !== undefined) wire.push('content-length', String(upload.bytes));
  return wire;
}

function joinedHeaders(incoming: { [name: string]: string | string[] | undefined }): {
  [name: string]: string;
} {
  for (const name in incoming) {
    const value = incoming[name];
    if (Array.isArray(value)) incoming[name] = value.join(', ');
  }
  return incoming as { [name: string]: string };
}
