import type { AnswerSink } from '../../gateway/index.ts';
import {
  createSseFramer,
  type ErrorCode,
  errorTable,
  type Framer,
  isObject,
  type JsonObject,
  type StreamFrame,
} from '../../protocol/index.ts';

/** The side of a connection that one turn's answer needs. */
export interface MessageChannel {
  /** Sends one message; false when the client reads slower than we write. */
  send(text: string): boolean;
  onDrain(listener: () => void): void;
  onGone(listener: () => void): void;
  readonly gone: boolean;
}

/** An answer's last event repeats all of it. */
const frameBytesMax = 2 * 1024 * 1024 * 1024;

/**
 * One turn's answer as messages: each event of the stream is one, an error is the envelope of the specification. A turn that breaks off
 * ends with its error; the connection stays.
 */
export class SocketSink implements AnswerSink {
  /** Resolves once nothing more will come of this turn. */
  readonly over: Promise<void>;
  readonly #channel: MessageChannel;
  #status = 200;
  #framer: Framer | undefined;
  #ended: () => void = () => {};
  #saidError = false;

  constructor(channel: MessageChannel) {
    this.#channel = channel;
    this.over = new Promise((resolve) => {
      this.#ended = resolve;
      channel.onGone(resolve);
    });
  }

  get gone(): boolean {
    return this.#channel.gone;
  }

  begin(status: number, headers: { [name: string]: string }): void {
    this.#status = status;
    const events = headers['content-type']?.startsWith('text/event-stream') === true;
    if (status === 200 && events) this.#framer = createSseFramer({ frameBytesMax });
  }

  write(bytes: Uint8Array): boolean {
    return this.#framer === undefined || this.#sendAll(this.#framer.push(bytes));
  }

  end(bytes?: Uint8Array): void {
    const given = bytes ?? Buffer.alloc(0);
    if (this.#framer === undefined) this.#sendDocument(given);
    else this.#sendAll([...this.#framer.push(given), ...this.#framer.end()]);
    this.#ended();
  }

  /** The error of a stream that broke off was its last event. */
  reset(): void {
    this.#ended();
  }

  onDrain(listener: () => void): void {
    this.#channel.onDrain(listener);
  }

  onGone(listener: () => void): void {
    this.#channel.onGone(listener);
  }

  #sendAll(frames: StreamFrame[]): boolean {
    let flowing = true;
    for (const { data } of frames) {
      if (data === undefined || data === '[DONE]' || data === '' || this.#saidError) continue;
      flowing = this.#channel.send(this.#message(data));
    }
    return flowing;
  }

  /** An error ends the turn: the failed response that a stream has after it would be taken for the next turn's. */
  #message(data: string): string {
    if (!/^\s*\{\s*"type"\s*:\s*"error"/.test(data)) return data;
    this.#saidError = true;
    const event: unknown = JSON.parse(data);
    const error = isObject(event) && isObject(event['error']) ? event['error'] : {};
    const code = String(error['code']);
    return errorMessage(Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].status : 500, error);
  }

  #sendDocument(bytes: Uint8Array): void {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const error = isObject(document) && isObject(document['error']) ? document['error'] : undefined;
    this.#channel.send(error === undefined ? JSON.stringify(document) : errorMessage(this.#status, error));
  }
}

/** `error` as HTTP answers have it. */
export function errorMessage(status: number, error: JsonObject): string {
  const { type, code, message, param } = error;
  return JSON.stringify({
    type: 'error',
    status,
    error: {
      type: String(type ?? 'server_error'),
      code: String(code ?? 'internal'),
      message: String(message ?? ''),
      param: param ?? null,
    },
  });
}
