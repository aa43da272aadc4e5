import { type ClientDialectName, clientDialects, type GatewayError } from '../protocol/index.ts';
import type { AnswerSink } from './call.ts';
import type { Beating, Heartbeat } from './heartbeat.ts';
import { streamHeaders } from './response-headers.ts';
import { sendError, sendJson, statusOfError } from './send-json.ts';

type Headers = { [name: string]: string };

export interface ClientChannelOptions {
  sink: AnswerSink;
  dialect: ClientDialectName;
  requestId: string;
  heartbeat: Heartbeat;
  monotonicMs(): number;
}

/**
 * The client's side of one answer: opens it once, keeps an open stream alive, and says errors in the form the moment asks for: an HTTP
 * status while nothing was sent, in-band afterwards.
 */
export class ClientChannel implements Beating {
  lastWriteMs = 0;
  private opened: 'no' | 'stream' | 'closed' = 'no';
  private holdback: NodeJS.Timeout | undefined;
  private readonly options: ClientChannelOptions;

  constructor(options: ClientChannelOptions) {
    this.options = options;
  }

  /** Opens the stream without waiting any longer for content when `ms` have passed. */
  openStreamAfter(ms: number, headers: () => Headers): void {
    this.holdback = setTimeout(() => {
      this.openStream(headers());
      // The head leaves with the first bytes after it.
      this.beat();
    }, ms);
  }

  openStream(headers: Headers): void {
    clearTimeout(this.holdback);
    if (this.opened !== 'no') return;
    this.opened = 'stream';
    const { sink, dialect, heartbeat } = this.options;
    const { streamContentType, heartbeat: sign } = clientDialects[dialect];
    sink.begin(200, streamHeaders(headers, streamContentType));
    this.wrote();
    if (sign !== undefined) heartbeat.add(this);
  }

  wrote(): void {
    this.lastWriteMs = this.options.monotonicMs();
  }

  beat(): void {
    const { sink, dialect } = this.options;
    const sign = clientDialects[dialect].heartbeat;
    if (sign !== undefined) sink.write(Buffer.from(sign));
  }

  endStream(terminal: Uint8Array): void {
    this.close();
    this.options.sink.end(terminal);
  }

  sendJson(status: number, body: Uint8Array, headers: Headers): void {
    this.close();
    sendJson(this.options.sink, status, body, headers);
  }

  /** The HTTP status the client sees when the request ends with this error: a stream that has begun said 200. */
  statusOf(error: GatewayError): number {
    return this.opened === 'stream' ? 200 : statusOfError(error, this.options.dialect);
  }

  /** A stream that failed after it began must not look whole: the error is written in the dialect's form, then the connection is broken. */
  fail(error: GatewayError, headers: Headers): void {
    const { sink, dialect, requestId } = this.options;
    if (this.opened === 'stream') {
      this.close();
      sink.write(Buffer.from(clientDialects[dialect].encodeErrorFrame(error, requestId)));
      sink.reset();
    } else if (this.opened === 'no') {
      this.close();
      sendError(sink, error, { dialect, requestId }, headers);
    }
  }

  close(): void {
    clearTimeout(this.holdback);
    this.options.heartbeat.delete(this);
    this.opened = 'closed';
  }
}
