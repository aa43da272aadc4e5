import type { Deployment } from '../catalog/index.ts';
import {
  type ChatAnswer,
  type ChatEvent,
  type ChatRequest,
  createSseFramer,
  dialects,
  GatewayError,
  isContent,
  isObject,
  type JsonObject,
  type SseFrame,
} from '../protocol/index.ts';
import { authHeaders, chatUrl, classifyFailure } from '../providers/index.ts';
import { failureToError } from './failure.ts';
import type { ResponseHead, Timeouts, Transport, TransportCall } from './transport.ts';
import type { UpstreamBody } from './upstream-body.ts';

/** A frame as it came and what it means. */
export interface DecodedFrame {
  raw: Uint8Array;
  events: ChatEvent[];
}

/** Receives a stream whose first content has arrived: batches of frames (one per socket read), then exactly one ending. */
export interface StreamSink {
  frames(batch: DecodedFrame[]): void;
  /** The upstream closed the body; whether the answer was complete is told by its events. */
  end(): void;
  failed(error: GatewayError): void;
}

/** An answer in progress, committed: no other attempt may follow. */
export interface AnswerStream {
  /** Hands over the frames held back so far, then live ones. Called once. */
  start(sink: StreamSink): void;
  pause(): void;
  resume(): void;
}

export type AttemptOutcome =
  | { kind: 'failed'; error: GatewayError; status: number | undefined }
  | { kind: 'answered'; answer: ChatAnswer; bytes: Uint8Array; status: number }
  | { kind: 'streaming'; stream: AnswerStream; status: number };

export interface OpenAttempt {
  outcome: Promise<AttemptOutcome>;
  /** Cancels the upstream call at once, whatever its state. The outcome then stays open; the caller has moved on. */
  abort(): void;
}

export interface AttemptInput {
  request: ChatRequest;
  deployment: Deployment;
  body: UpstreamBody;
  timeouts: Timeouts;
  /** The client's headers; of these the upstream sees only what its vendor's definition lists. */
  clientHeaders: ClientHeaders;
  /** Bound of an answer that is not streamed. */
  answerBytesMax: number;
}

export type ClientHeaders = { readonly [name: string]: string | undefined };

/** Beta flags and the like, where the client speaks the upstream's dialect. An allow-list: other headers may name the operator's people and systems. */
function forwardedHeaders(input: AttemptInput): { [name: string]: string } {
  const forwarded: { [name: string]: string } = {};
  if (!input.body.passthrough) return forwarded;
  for (const name of input.deployment.provider.vendor.forwardHeaders ?? []) {
    const value = input.clientHeaders[name];
    if (value !== undefined) forwarded[name] = value;
  }
  return forwarded;
}

/** Bound of an upstream's error body; what is beyond is cut. */
const errorBodyBytesMax = 256 * 1024;

/**
 * One upstream call. The outcome settles at the first content of a stream, at the end of a whole answer, or at failure: until
 * then the caller is free to try another deployment, because nothing has reached the client.
 */
export function openAttempt(input: AttemptInput, transport: Transport): OpenAttempt {
  let call: TransportCall | undefined;
  const outcome = new Promise<AttemptOutcome>((resolve) => {
    const reader = new ResponseReader(input, resolve, () => call);
    call = transport.call(
      {
        method: 'POST',
        url: chatUrl(input.deployment.provider),
        headers: {
          ...input.deployment.provider.vendor.headers,
          ...forwardedHeaders(input),
          ...authHeaders(input.deployment.provider),
          'content-type': 'application/json',
          accept: input.request.stream ? 'text/event-stream' : 'application/json',
        },
        body: input.body.bytes,
        timeouts: input.timeouts,
      },
      {
        onHead: (head) => reader.head(head),
        onData: (chunk) => reader.data(chunk),
        onEnd: () => reader.end(),
        onFailure: (failure) => reader.fail(failureToError(failure)),
      },
    );
  });
  return { outcome, abort: () => call?.abort() };
}

type ReaderState = 'head' | 'collecting' | 'holding' | 'flowing' | 'done';

/** Reads one response: an error body, a whole answer, or a stream held back until its first content. */
class ResponseReader {
  private state: ReaderState = 'head';
  private status = 0;
  private readonly chunks: Uint8Array[] = [];
  private collectedBytes = 0;
  private readonly framer = createSseFramer();
  private readonly decoder;
  private held: DecodedFrame[] = [];
  private heldEnd = false;
  private retryAfterMs: number | undefined;
  private heldFailure: GatewayError | undefined;
  private sink: StreamSink | undefined;
  private readonly input: AttemptInput;
  private readonly settle: (outcome: AttemptOutcome) => void;
  private readonly call: () => TransportCall | undefined;

  constructor(
    input: AttemptInput,
    settle: (outcome: AttemptOutcome) => void,
    call: () => TransportCall | undefined,
  ) {
    this.input = input;
    this.settle = settle;
    this.call = call;
    this.decoder = dialects[input.deployment.provider.vendor.dialect].eventDecoder();
  }

  head(head: ResponseHead): void {
    this.status = head.status;
    const isStream = (head.headers['content-type'] ?? '').includes('text/event-stream');
    this.state = head.status >= 200 && head.status < 300 && isStream ? 'holding' : 'collecting';
    this.retryAfterMs = retryAfterMs(head.headers['retry-after'], head.headers['retry-after-ms']);
  }

  data(chunk: Uint8Array): void {
    if (this.state === 'collecting') {
      this.collect(chunk);
    } else if (this.state === 'holding' || this.state === 'flowing') {
      let frames: SseFrame[];
      try {
        frames = this.framer.push(chunk);
      } catch (thrown) {
        this.call()?.abort();
        this.fail(thrown instanceof GatewayError ? thrown : protocolError(String(thrown)));
        return;
      }
      this.pass(frames);
    }
  }

  end(): void {
    if (this.state === 'collecting') {
      this.finishCollected();
    } else if (this.state === 'holding' || this.state === 'flowing') {
      this.endStream(this.passRest());
    }
  }

  /** Passes what the framer still holds. True when the stream was cut inside an event. */
  private passRest(): boolean {
    const rest = this.framer.end().map((frame) => ({
      raw: frame.raw,
      events: this.decoder.decode(frame),
      partial: frame.partial === true,
    }));
    const whole = rest.filter((frame) => !frame.partial || frame.events.some(isFinal));
    this.passDecoded(whole);
    return whole.length < rest.length;
  }

  private endStream(cut: boolean): void {
    if (this.state === 'flowing') {
      this.deliverEnd(cut);
      return;
    }
    if (this.state !== 'holding') return;
    // The stream ended without content: whole if it said so, else cut.
    if (cut || !this.held.some((frame) => frame.events.some(isFinal))) {
      this.settleFailed(
        new GatewayError('stream_interrupted', 'The provider ended the stream before any content.'),
      );
    } else {
      this.beginFlow();
      this.state = 'done';
      this.heldEnd = true;
    }
  }

  fail(error: GatewayError): void {
    if (this.state === 'flowing') {
      this.state = 'done';
      if (this.sink === undefined) this.heldFailure = error;
      else this.sink.failed(error);
    } else if (this.state !== 'done') {
      this.settleFailed(error);
    }
  }

  private deliverEnd(partial: boolean): void {
    this.state = 'done';
    const cut = partial
      ? new GatewayError('stream_interrupted', 'The provider ended the stream inside an event.')
      : undefined;
    if (this.sink === undefined) {
      this.heldFailure = cut;
      this.heldEnd = cut === undefined;
    } else if (cut === undefined) {
      this.sink.end();
    } else {
      this.sink.failed(cut);
    }
  }

  private pass(frames: SseFrame[]): void {
    if (frames.length === 0) return;
    const batch: DecodedFrame[] = [];
    for (const frame of frames) batch.push({ raw: frame.raw, events: this.decoder.decode(frame) });
    this.passDecoded(batch);
  }

  private passDecoded(batch: DecodedFrame[]): void {
    if (this.state === 'flowing') {
      if (this.sink === undefined) this.held.push(...batch);
      else this.sink.frames(batch);
      return;
    }
    for (const frame of batch) {
      this.held.push(frame);
      for (const event of frame.events) {
        if (this.state === 'holding' && event.type === 'error') {
          this.call()?.abort();
          this.settleFailed(this.classified(event.error));
          return;
        }
        if (this.state === 'holding' && isContent(event)) this.beginFlow();
      }
    }
  }

  /** The first content is here: the attempt is committed. The call pauses until somebody takes the stream. */
  private beginFlow(): void {
    this.state = 'flowing';
    this.call()?.pause();
    const stream: AnswerStream = {
      start: (sink) => {
        this.sink = sink;
        const held = this.held;
        this.held = [];
        sink.frames(held);
        if (this.heldFailure !== undefined) sink.failed(this.heldFailure);
        else if (this.heldEnd) sink.end();
        else this.call()?.resume();
      },
      pause: () => this.call()?.pause(),
      resume: () => this.call()?.resume(),
    };
    this.settle({ kind: 'streaming', stream, status: this.status });
  }

  private collect(chunk: Uint8Array): void {
    const bound = this.isSuccess() ? this.input.answerBytesMax : errorBodyBytesMax;
    this.collectedBytes += chunk.byteLength;
    if (this.collectedBytes <= bound) {
      this.chunks.push(chunk);
    } else if (this.isSuccess()) {
      this.call()?.abort();
      this.settleFailed(protocolError(`the answer is larger than ${bound} bytes`));
    }
  }

  private finishCollected(): void {
    const bytes = Buffer.concat(this.chunks);
    const body = parsed(bytes);
    if (!this.isSuccess()) {
      this.settleFailed(this.errorOf(this.status, body ?? bytes.toString('utf8', 0, 2000)));
      return;
    }
    if (body === undefined) {
      this.settleFailed(protocolError('the answer is not a JSON object'));
      return;
    }
    if (isObject(body['error'])) {
      this.settleFailed(this.errorOf(this.status, body));
      return;
    }
    try {
      const answer = this.dialect().decodeAnswer(body);
      this.state = 'done';
      this.settle({ kind: 'answered', answer, bytes, status: this.status });
    } catch (thrown) {
      this.settleFailed(thrown instanceof GatewayError ? thrown : protocolError(String(thrown)));
    }
  }

  private errorOf(status: number, body: unknown): GatewayError {
    const said = this.dialect().decodeError(status, body);
    return this.classified(
      new GatewayError('upstream_rejected', said.message ?? `The provider answered ${status}.`, {
        upstream: said,
      }),
    );
  }

  /** Gives an upstream's failure our code, by the vendor's table, and words that are safe to show. */
  private classified(error: GatewayError): GatewayError {
    const said = error.upstream;
    if (said === undefined) return error;
    const code = classifyFailure(this.input.deployment.provider.vendor, said);
    const passes = code === 'upstream_rejected' || code === 'content_filtered';
    const where = `${this.input.deployment.id} answered ${said.status}`;
    return new GatewayError(
      code,
      passes ? (said.message ?? `The provider refused the request (${said.status}).`) : genericMessage(code),
      {
        upstream: said,
        status: passes && said.status >= 400 && said.status < 500 ? passedStatus(said.status) : undefined,
        retryAfterMs: this.retryAfterMs,
        detail: `${where}${said.code ? ` (${said.code})` : ''}${said.message ? `: ${said.message.slice(0, 500)}` : ''}`,
        cause: error,
      },
    );
  }

  private settleFailed(error: GatewayError): void {
    if (this.state === 'done') return;
    this.state = 'done';
    this.settle({ kind: 'failed', error, status: this.status === 0 ? undefined : this.status });
  }

  private isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  private dialect() {
    return dialects[this.input.deployment.provider.vendor.dialect];
  }
}

function isFinal(event: ChatEvent): boolean {
  return event.type === 'end' || event.type === 'finish';
}

/** A refusal that agents would repeat as it stands (408, 409) becomes a plain 400. */
function passedStatus(status: number): number {
  return status === 408 || status === 409 || status === 401 || status === 403 || status === 429
    ? 400
    : status;
}

function genericMessage(code: GatewayError['code']): string {
  switch (code) {
    case 'upstream_auth':
      return 'The provider refused the gateway’s credentials; the operator must correct them.';
    case 'upstream_quota':
      return 'The gateway’s account at the provider is out of credit; the operator must refill it.';
    case 'upstream_rate_limited':
      return 'The provider limits the gateway’s rate; try again later.';
    case 'upstream_unavailable':
      return 'The provider failed.';
    default:
      return 'The provider could not answer.';
  }
}

function protocolError(detail: string): GatewayError {
  return new GatewayError(
    'upstream_protocol',
    'The provider sent something that is not its documented format.',
    { detail },
  );
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterMs(seconds: string | undefined, ms: string | undefined): number | undefined {
  if (ms !== undefined && Number.isFinite(Number(ms))) return Math.max(0, Number(ms));
  if (seconds === undefined) return undefined;
  if (Number.isFinite(Number(seconds))) return Math.max(0, Number(seconds) * 1000);
  return undefined;
}
