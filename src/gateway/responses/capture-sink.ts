import {
  createSseFramer,
  type Framer,
  isObject,
  type JsonObject,
  jsonMember,
  type StreamFrame,
  spliceTopLevel,
  type TopLevelEdits,
} from '../../protocol/index.ts';
import type { AnswerSink } from '../call.ts';

/** An answer of any length is looked at: its last event repeats all of it. */
const frameBytesMax = 2 * 1024 * 1024 * 1024;
const doneFrame = Buffer.from('data: [DONE]\n\n');

type Headers = { [name: string]: string };

export interface WholeResponse {
  /** As the client is told it. */
  response: JsonObject;
  /** Whoever answered says that it stored the response. */
  storedUpstream: boolean;
}

export interface CaptureOptions {
  sink: AnswerSink;
  /** What must be said in the response object that whoever answered could not know; undefined = nobody wants to see it. */
  edits(): TopLevelEdits | undefined;
  /** The answer's headers, before any of its bytes. */
  began(status: number, headers: Headers): void;
  /** The whole response: its last bytes wait until this resolves, or `keepWaitMs` have passed. */
  finished(whole: WholeResponse): Promise<void>;
  /** The request was refused, or the answer broke off. */
  failed(): void;
  /** Streams that were made here end with the specification's `[DONE]`; those of a provider end as it ends them. */
  endsWithDone(): boolean;
}

/** How long the last bytes of an answer wait for the store. */
const keepWaitMs = 20;

/**
 * Sees the response in the bytes of an answer on their way to the client. The event that ends a stream is held until the answer is ended:
 * clients leave when they have read it, and then its record and its stored copy must be there.
 */
export class CaptureSink implements AnswerSink {
  readonly #options: CaptureOptions;
  #mode: 'plain' | 'document' | 'stream' = 'plain';
  #head: { status: number; headers: Headers } | undefined;
  #framer: Framer | undefined;
  #held: Uint8Array[] | undefined;
  #saving: Promise<void> | undefined;
  #done = false;

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  get gone(): boolean {
    return this.#options.sink.gone;
  }

  begin(status: number, headers: Headers): void {
    const { sink, began, failed } = this.#options;
    began(status, headers);
    if (status !== 200) failed();
    else if (headers['content-type']?.startsWith('text/event-stream') === true) {
      this.#mode = 'stream';
      this.#framer = createSseFramer({ frameBytesMax });
    } else {
      this.#mode = 'document';
      this.#head = { status, headers };
      return;
    }
    sink.begin(status, headers);
  }

  write(bytes: Uint8Array): boolean {
    const { sink } = this.#options;
    if (this.#mode !== 'stream') return sink.write(bytes);
    const out = this.#seen(this.#framer!.push(bytes));
    return out.byteLength === 0 || sink.write(out);
  }

  end(bytes?: Uint8Array): void {
    if (this.#mode === 'document') this.#endDocument(bytes ?? Buffer.alloc(0));
    else if (this.#mode === 'stream') this.#endStream(bytes ?? Buffer.alloc(0));
    else this.#options.sink.end(bytes);
  }

  reset(): void {
    this.#options.failed();
    this.#options.sink.reset();
  }

  onDrain(listener: () => void): void {
    this.#options.sink.onDrain(listener);
  }

  onGone(listener: () => void): void {
    this.#options.sink.onGone(listener);
  }

  #endDocument(bytes: Uint8Array): void {
    const { sink } = this.#options;
    const body = this.#response(bytes) ?? bytes;
    const { status, headers } = this.#head!;
    this.#afterSaving(() => {
      sink.begin(status, { ...headers, 'content-length': String(body.byteLength) });
      sink.end(body);
    });
  }

  #endStream(bytes: Uint8Array): void {
    const { sink, endsWithDone } = this.#options;
    const framer = this.#framer!;
    // Nothing is passed on any more once something is held, so what passes now comes before it.
    const passing = this.#seen([...framer.push(bytes), ...framer.end()]);
    const out = [passing, ...(this.#held ?? [])];
    if (!this.#done && endsWithDone()) out.push(doneFrame);
    this.#afterSaving(() => sink.end(Buffer.concat(out)));
  }

  #afterSaving(end: () => void): void {
    if (this.#saving === undefined) {
      end();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, keepWaitMs);
    });
    const over = (): void => {
      clearTimeout(timer);
      end();
    };
    Promise.race([this.#saving, late]).then(over, over);
  }

  /** The bytes to pass on now. */
  #seen(frames: StreamFrame[]): Uint8Array {
    const out: Uint8Array[] = [];
    for (const frame of frames) {
      if (frame.data === '[DONE]') this.#done = true;
      const type = typeOf(frame);
      const bytes = type === undefined ? frame.raw : this.#told(frame, type);
      if (type === 'response.completed' || type === 'response.incomplete') this.#held ??= [];
      if (this.#held === undefined) out.push(bytes);
      else this.#held.push(bytes);
    }
    return out.length === 1 ? out[0]! : Buffer.concat(out);
  }

  /** An event that carries the response object. */
  #told(frame: StreamFrame, type: string): Uint8Array {
    const data = Buffer.from(frame.data ?? '');
    const inner = jsonMember(data, 'response');
    if (inner === undefined) return frame.raw;
    const last = type === 'response.completed' || type === 'response.incomplete';
    const edited = last ? this.#response(inner) : withEdits(inner, this.#options.edits() ?? {});
    if (edited === undefined || inner.equals(edited)) return frame.raw;
    const from = inner.byteOffset - data.byteOffset;
    const name = frame.event === undefined ? '' : `event: ${frame.event}\n`;
    return Buffer.concat([
      Buffer.from(`${name}data: `),
      data.subarray(0, from),
      edited,
      data.subarray(from + inner.byteLength),
      Buffer.from('\n\n'),
    ]);
  }

  /** The whole response as the client is told it; undefined for bytes that are none. */
  #response(bytes: Uint8Array): Uint8Array | undefined {
    const edits = this.#options.edits();
    if (edits === undefined) return undefined;
    try {
      const edited = withEdits(bytes, edits);
      const response: unknown = JSON.parse(Buffer.from(edited).toString('utf8'));
      if (!isObject(response) || response['object'] !== 'response') return undefined;
      const storedUpstream = jsonMember(Buffer.from(bytes), 'store')?.toString() === 'true';
      this.#saving = this.#options.finished({ response, storedUpstream });
      return edited;
    } catch {
      return undefined;
    }
  }
}

function withEdits(bytes: Uint8Array, edits: TopLevelEdits): Uint8Array {
  return Object.keys(edits).length === 0 ? bytes : spliceTopLevel(bytes, edits);
}

const types = /^response\.(created|queued|in_progress|completed|incomplete)$/;

/** The type of an event that carries the response object; undefined for others. */
function typeOf({ event, data }: StreamFrame): string | undefined {
  if (data === undefined) return undefined;
  const type = event ?? /"type"\s*:\s*"([a-z_.]+)"/.exec(data.slice(0, 300))?.[1];
  return type !== undefined && types.test(type) ? type : undefined;
}
