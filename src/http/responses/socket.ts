import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { handleResponses, RecentResponses } from '../../gateway/index.ts';
import {
  clientDialects,
  GatewayError,
  parseJsonBody,
  spliceTopLevel,
  toGatewayError,
} from '../../protocol/index.ts';
import { presentDecision } from '../admin/present.ts';
import type { HttpServerOptions } from '../server.ts';
import type { SocketLimits } from './socket-limits.ts';
import { errorMessage, type MessageChannel, SocketSink } from './socket-sink.ts';

const dialect = clientDialects['openai-responses'];
/** Close codes of RFC 6455. */
const closeCodes = { normal: 1000, goingAway: 1001 };

export interface SocketOptions {
  ws: WebSocket;
  /** What `ws` writes to. */
  stream: Duplex & { setTimeout?(ms: number, listener?: () => void): unknown };
  headers: { [name: string]: string | undefined };
  server: HttpServerOptions;
  limits: SocketLimits;
}

/** One connection that carries responses: turn after turn, one at a time, each on the way of every request. */
export class ResponsesSocket implements MessageChannel {
  gone = false;
  readonly #options: SocketOptions;
  readonly #recent: RecentResponses;
  readonly #waiting: Buffer[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #turn: { drains: (() => void)[]; leaves: (() => void)[] } | undefined;
  #blocked = false;
  #alive = true;
  /** Said when the turn in progress is over, or at once: then the connection ends. */
  #ending: { error: GatewayError | undefined; code: number } | undefined;

  constructor(options: SocketOptions) {
    this.#options = options;
    const { ws, stream, limits } = options;
    this.#recent = new RecentResponses(limits.recentBytesMax);
    ws.on('message', (data: Buffer, binary: boolean) => this.#received(data, binary));
    ws.on('pong', () => {
      this.#alive = true;
    });
    ws.on('close', () => this.#closed());
    // A broken connection is closed next; without a listener the error would end the process.
    ws.on('error', () => {});
    stream.setTimeout?.(0);
    stream.on('timeout', () => ws.terminate());
    this.#timers.push(
      setInterval(() => this.#ping(), limits.pingMs).unref(),
      setTimeout(
        () => this.#end(tooOld(limits.connectionMsMax), closeCodes.normal),
        limits.connectionMsMax,
      ).unref(),
    );
  }

  /** Ends the connection once the turn in progress is over. */
  drain(): void {
    this.#end(undefined, closeCodes.goingAway);
  }

  send(text: string): boolean {
    const { ws, stream, limits } = this.#options;
    if (this.gone) return true;
    ws.send(text, () => this.#sent());
    if (ws.bufferedAmount <= limits.bufferedBytesMax) return true;
    if (!this.#blocked) stream.setTimeout?.(limits.slowClientMsMax);
    this.#blocked = true;
    return false;
  }

  onDrain(listener: () => void): void {
    this.#turn?.drains.push(listener);
  }

  onGone(listener: () => void): void {
    if (this.gone) listener();
    else this.#turn?.leaves.push(listener);
  }

  #sent(): void {
    const { ws, stream, limits } = this.#options;
    if (!this.#blocked || ws.bufferedAmount > limits.bufferedBytesMax / 2) return;
    this.#blocked = false;
    stream.setTimeout?.(0);
    for (const listener of this.#turn?.drains ?? []) listener();
  }

  #received(data: Buffer, binary: boolean): void {
    this.#alive = true;
    const refusal = this.#refusalOf(data, binary);
    if (refusal !== undefined) this.#refuse(refusal);
    else if (this.#turn === undefined) void this.#serve(data);
    else this.#waiting.push(data);
  }

  #refusalOf(data: Buffer, binary: boolean): GatewayError | undefined {
    const { turnsWaitingMax, turnBytesWaitingMax } = this.#options.limits;
    if (this.#ending !== undefined) return this.#ending.error ?? shuttingDown();
    if (binary) return invalid('Messages are JSON as text, not binary.', undefined);
    if (this.#waiting.length >= turnsWaitingMax) return tooMany(turnsWaitingMax);
    const bytes = this.#waiting.reduce((sum, turn) => sum + turn.byteLength, data.byteLength);
    return this.#waiting.length > 0 && bytes > turnBytesWaitingMax
      ? tooLarge(turnBytesWaitingMax)
      : undefined;
  }

  async #serve(data: Buffer): Promise<void> {
    this.#turn = { drains: [], leaves: [] };
    try {
      await this.#answer(data);
    } catch (thrown) {
      this.#refuse(toGatewayError(thrown));
    }
    this.#turn = undefined;
    const next = this.#waiting.shift();
    if (this.gone) return;
    if (this.#ending !== undefined) this.#close();
    else if (next !== undefined) void this.#serve(next);
  }

  async #answer(data: Buffer): Promise<void> {
    const { server, headers } = this.#options;
    const { gateway } = server;
    if (server.draining()) throw shuttingDown();
    const { bytes, warmUpOnly } = readTurn(data);
    const sink = new SocketSink(this);
    const bodyBytesMax = server.bodyBytesMax();
    await handleResponses(
      {
        requestId: gateway.ids('req'),
        headers,
        readBody: () => Promise.resolve(bytes),
        bodyBytesMax,
        recent: this.#recent,
        warmUpOnly,
        receivedAtMs: gateway.clock.nowMs(),
        presentDecision,
      },
      sink,
      gateway,
    );
    await sink.over;
  }

  #refuse(error: GatewayError): void {
    const status = dialect.statusOf?.(error) ?? error.status;
    const body = dialect.encodeError(error, '')['error'] as { [field: string]: unknown };
    this.send(errorMessage(status, body));
  }

  #ping(): void {
    const { ws } = this.#options;
    // A client that does not read cannot answer; how long it may take is limited elsewhere.
    if (!this.#alive && !this.#blocked) ws.terminate();
    else {
      this.#alive = false;
      ws.ping();
    }
  }

  #end(error: GatewayError | undefined, code: number): void {
    if (this.#ending !== undefined || this.gone) return;
    this.#ending = { error, code };
    if (this.#turn === undefined) this.#close();
  }

  #close(): void {
    const { ws, limits } = this.#options;
    const { error, code } = this.#ending!;
    if (error !== undefined) this.#refuse(error);
    ws.close(code, code === closeCodes.goingAway ? 'shutting down' : 'connection limit reached');
    this.#timers.push(setTimeout(() => ws.terminate(), limits.closeMsMax).unref());
  }

  #closed(): void {
    this.gone = true;
    this.#waiting.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const listener of this.#turn?.leaves ?? []) listener();
  }
}

/** The request in a message. What only HTTP needs may be in it, and says nothing here. */
function readTurn(data: Buffer): { bytes: Uint8Array; warmUpOnly: boolean } {
  const body = parseJsonBody(data);
  if (body['type'] !== 'response.create') {
    throw invalid('type must be "response.create": each message asks for one response.', 'type');
  }
  const { generate } = body;
  if (generate !== undefined && generate !== null && typeof generate !== 'boolean') {
    throw invalid('generate must be true or false.', 'generate');
  }
  const bytes = spliceTopLevel(data, {
    type: undefined,
    generate: undefined,
    stream_options: undefined,
    stream: true,
  });
  return { bytes, warmUpOnly: generate === false };
}

function invalid(message: string, param: string | undefined): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

function tooMany(turnsWaitingMax: number): GatewayError {
  return new GatewayError(
    'rate_limited',
    `More than ${turnsWaitingMax} turns wait on this connection: wait for an answer, or open more connections.`,
  );
}

function tooLarge(turnBytesWaitingMax: number): GatewayError {
  return new GatewayError(
    'rate_limited',
    `The turns that wait on this connection have more than ${turnBytesWaitingMax} bytes: wait for an answer, or open more connections.`,
  );
}

function tooOld(connectionMsMax: number): GatewayError {
  return new GatewayError(
    'websocket_connection_limit_reached',
    `A connection may last for ${Math.round(connectionMsMax / 60_000)} minutes: open a new one.`,
  );
}

function shuttingDown(): GatewayError {
  return new GatewayError(
    'shutting_down',
    'This instance is shutting down: connect again, another one answers.',
  );
}
