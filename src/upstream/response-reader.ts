import type { Deployment } from '../catalog/index.ts';
import {
  awsEventStreamContentType,
  type ChatEvent,
  type ChatRequest,
  createAwsEventStreamFramer,
  createSseFramer,
  dialects,
  type FinishReason,
  type Framer,
  GatewayError,
  inBandError,
  isContent,
  isObject,
  type JsonObject,
  parseExact,
  type StreamFrame,
  type UpstreamSaid,
} from '../protocol/index.ts';
import { type Quirks, quirksOver } from '../providers/index.ts';
import type { AnswerStream, AttemptOutcome, DecodedFrame, StreamSink } from './attempt-outcome.ts';
import { saidInBody } from './body-status.ts';
import { AnswerCollector } from './collect-answer.ts';
import { sniffBody } from './sniff-body.ts';
import type { ResponseHead, TransportCall, TransportFailure } from './transport.ts';
import type { UpstreamBody } from './upstream-body.ts';
import { UpstreamErrors } from './upstream-error.ts';

/** What was asked, and of whom: it decides how the response is read. */
export interface ReadingInput {
  request: ChatRequest;
  deployment: Deployment;
  body: UpstreamBody;
  /** Bound of an answer that is not streamed. */
  answerBytesMax: number;
  /** A stream that a filter ends before any content fails, so that another vendor may be asked. */
  failsOnFilter?: boolean | undefined;
}

/** Bound of an upstream's error body; what is beyond is cut. */
const errorBodyBytesMax = 256 * 1024;

/** Bound of what is held back until the first content: roles, pings and the like, never comments. */
const heldBytesMax = 4 * 1024 * 1024;
/** What a held frame costs beside its bytes. */
const heldFrameBytes = 256;

interface ReadFrame extends DecodedFrame {
  /** It has no data: a heartbeat or another comment. */
  isComment: boolean;
}

/**
 * `sniffing`: the label does not say what the body is. `document`: collected whole. `gathering`: events that are put together to the
 * one document that was asked for. `holding`: a stream until its first content. `flowing`: a stream after it.
 */
type ReaderState = 'head' | 'sniffing' | 'document' | 'gathering' | 'holding' | 'flowing' | 'done';

/** Reads one response: an error body, a whole answer, or a stream held back until its first content. */
export class ResponseReader {
  private state: ReaderState = 'head';
  private status = 0;
  private replayed = false;
  private chunks: Uint8Array[] = [];
  private collectedBytes = 0;
  private framer: Framer = createSseFramer();
  private readonly collector = new AnswerCollector();
  private readonly decoder;
  private readonly errors: UpstreamErrors;
  private readonly bodyStatus: Quirks['bodyStatus'];
  private held: DecodedFrame[] = [];
  private heldBytes = 0;
  private heldEnd = false;
  private heldFailure: GatewayError | undefined;
  private sink: StreamSink | undefined;
  private readonly input: ReadingInput;
  private readonly settle: (outcome: AttemptOutcome) => void;
  private readonly call: () => TransportCall | undefined;

  constructor(
    input: ReadingInput,
    settle: (outcome: AttemptOutcome) => void,
    call: () => TransportCall | undefined,
  ) {
    this.input = input;
    this.settle = settle;
    this.call = call;
    this.errors = new UpstreamErrors(input.deployment, input.body.wire);
    this.bodyStatus = quirksOver(input.deployment.provider, input.body.wire).bodyStatus;
    this.decoder = this.dialect().eventDecoder();
  }

  // The transport

  onHead(head: ResponseHead): void {
    this.status = head.status;
    this.replayed = head.replayed === true;
    this.errors.head(head);
    const contentType = head.headers['content-type'] ?? '';
    if (!this.isSuccess()) this.state = 'document';
    else if (contentType.includes('text/event-stream')) this.readEvents();
    else if (contentType.includes(awsEventStreamContentType)) {
      this.framer = createAwsEventStreamFramer();
      this.readEvents();
    } else this.state = 'sniffing';
  }

  onData(chunk: Uint8Array): void {
    switch (this.state) {
      case 'sniffing':
        this.collect(chunk);
        this.sniff();
        break;
      case 'document':
        this.collect(chunk);
        break;
      case 'gathering':
        if (this.isWithinBound(chunk)) this.frame(chunk);
        break;
      case 'holding':
      case 'flowing':
        this.frame(chunk);
        break;
      default:
    }
  }

  onEnd(): void {
    switch (this.state) {
      case 'sniffing':
      case 'document':
        this.finishDocument();
        break;
      case 'gathering':
      case 'holding':
      case 'flowing':
        this.endStream(this.passRest());
        break;
      default:
    }
  }

  onFailure(failure: TransportFailure): void {
    if (failure.replayed === true) this.replayed = true;
    this.fail(this.errors.ofTransport(failure));
  }

  // A document

  private sniff(): void {
    if (this.state !== 'sniffing') return;
    const bytes = this.collected();
    const kind = sniffBody(bytes);
    if (kind === 'document') {
      this.state = 'document';
    } else if (kind === 'events') {
      this.chunks = [];
      this.readEvents();
      this.frame(bytes);
    }
  }

  private collect(chunk: Uint8Array): void {
    if (this.isWithinBound(chunk)) this.chunks.push(chunk);
  }

  /** Counts what is kept; an answer beyond the bound fails, of an error the beginning is enough. */
  private isWithinBound(chunk: Uint8Array): boolean {
    const bound = this.isSuccess() ? this.input.answerBytesMax : errorBodyBytesMax;
    this.collectedBytes += chunk.byteLength;
    if (this.collectedBytes <= bound) return true;
    if (this.isSuccess()) this.abandon(this.errors.protocol(`the answer is larger than ${bound} bytes`));
    return false;
  }

  private collected(): Buffer {
    return this.chunks.length === 1 ? asBuffer(this.chunks[0]!) : Buffer.concat(this.chunks);
  }

  private finishDocument(): void {
    const bytes = this.collected();
    const body = parsed(bytes);
    if (!this.isSuccess()) {
      this.fail(this.errors.ofBody(this.status, body ?? bytes.toString('utf8', 0, 2000)));
    } else if (body === undefined) {
      this.fail(this.errors.protocol('the answer is not a JSON object'));
    } else {
      const said = this.said(body);
      if (said !== undefined) this.fail(this.errors.ofSaid(said));
      else if (isObject(body['error'])) this.fail(this.errors.ofSaid(this.saidInError(body)));
      else this.answer(body, bytes);
    }
  }

  /** What a body says of itself, where the provider answers 200 to everything. */
  private said(body: unknown): UpstreamSaid | undefined {
    return this.bodyStatus === undefined ? undefined : saidInBody(this.status, body, this.bodyStatus);
  }

  /** An error under a success: its own words say what status it should have had. */
  private saidInError(body: JsonObject): UpstreamSaid {
    const status = inBandError(body).upstream?.status ?? this.status;
    return { ...this.dialect().decodeError(this.status, body), status };
  }

  private answer(body: JsonObject, bytes: Uint8Array): void {
    try {
      const answer = this.dialect().decodeAnswer(body);
      this.state = 'done';
      const passed = this.input.body.passthrough ? bytes : undefined;
      this.settle({ kind: 'answered', answer, bytes: passed, ...this.facts() });
    } catch (thrown) {
      this.fail(this.errors.ofThrown(thrown));
    }
  }

  // A stream

  private readEvents(): void {
    this.state = this.input.request.stream ? 'holding' : 'gathering';
  }

  private frame(chunk: Uint8Array): void {
    let frames: StreamFrame[];
    try {
      frames = this.framer.push(chunk);
    } catch (thrown) {
      this.abandon(this.errors.ofThrown(thrown));
      return;
    }
    if (frames.length > 0) this.pass(frames.map((frame) => this.decode(frame)));
  }

  private decode(frame: StreamFrame): ReadFrame {
    const said = this.bodyStatus === undefined ? undefined : this.said(parsedFrame(frame));
    const events: ChatEvent[] =
      said === undefined ? this.decoder.decode(frame) : [{ type: 'error', error: reported(said) }];
    for (const event of events) if (event.type === 'error') event.error = this.errors.safe(event.error);
    return { raw: frame.raw, events, isComment: frame.data === undefined };
  }

  /** Passes what the framer still holds. True when the stream was cut inside an event. */
  private passRest(): boolean {
    let cut = false;
    for (const frame of this.framer.end()) {
      const decoded = this.decode(frame);
      if (frame.partial === true && !decoded.events.some(isFinal)) cut = true;
      else this.pass([decoded]);
    }
    return cut;
  }

  private pass(batch: ReadFrame[]): void {
    if (this.state === 'gathering') for (const frame of batch) this.gather(frame);
    else if (this.state === 'flowing' && this.sink !== undefined) this.sink.frames(batch.map(this.named));
    else for (const frame of batch) this.hold(frame);
  }

  /** An error in the middle of an answer, with the code that the vendor's rows have for it. */
  private readonly named = (frame: ReadFrame): ReadFrame => {
    for (const event of frame.events)
      if (event.type === 'error') event.error = this.errors.named(event.error);
    return frame;
  };

  private gather({ events }: DecodedFrame): void {
    for (const event of events) {
      if (this.state !== 'gathering') return;
      if (event.type === 'error') this.abandon(this.errors.classified(event.error));
      else this.collector.add(event);
      // Some upstreams leave the connection open after the end.
      if (event.type === 'end') this.finishGathering();
    }
  }

  private finishGathering(): void {
    const answer = this.collector.answer();
    if (answer === undefined) {
      this.fail(this.errors.protocol('a stream came instead of one document, and was cut'));
      return;
    }
    this.state = 'done';
    this.settle({ kind: 'answered', answer, bytes: undefined, ...this.facts() });
  }

  /** Keeps a frame until somebody takes the stream. */
  private hold(frame: ReadFrame): void {
    if (this.state === 'flowing') {
      this.held.push(this.named(frame));
      return;
    }
    // A comment says nothing to the client, who gets heartbeats of our own.
    if (this.state !== 'holding' || frame.isComment) return;
    for (const event of frame.events) {
      if (event.type === 'error') {
        this.abandon(this.errors.classified(event.error));
        return;
      }
      if (event.type === 'finish' && this.input.failsOnFilter === true && isFilter(event.finish)) {
        const message = 'The provider’s content filter withheld the answer.';
        this.abandon(new GatewayError('content_filtered', message));
        return;
      }
      if (isContent(event)) {
        this.held.push(this.named(frame));
        this.beginFlow();
        return;
      }
    }
    this.heldBytes += frame.raw.byteLength + heldFrameBytes;
    if (this.heldBytes > heldBytesMax) {
      this.abandon(this.errors.protocol(`more than ${heldBytesMax} bytes came before any content`));
      return;
    }
    // A copy: the frame's own bytes would keep the whole read alive that they came in.
    this.held.push({ raw: Buffer.from(frame.raw), events: frame.events });
  }

  /** The first content is here: the attempt is committed. The call pauses until somebody takes the stream. */
  private beginFlow(): void {
    this.state = 'flowing';
    this.call()?.pause();
    const stream: AnswerStream = {
      start: (sink) => {
        this.sink = sink;
        const { held } = this;
        this.held = [];
        sink.frames(held);
        if (this.heldFailure !== undefined) sink.failed(this.heldFailure);
        else if (this.heldEnd) sink.end();
        else this.call()?.resume();
      },
      pause: () => this.call()?.pause(),
      resume: () => this.call()?.resume(),
    };
    this.settle({ kind: 'streaming', stream, ...this.facts() });
  }

  private endStream(cut: boolean): void {
    if (this.state === 'flowing') {
      if (cut) this.fail(interrupted('The provider ended the stream inside an event.'));
      else this.endFlow();
    } else if (this.state === 'gathering') {
      this.finishGathering();
    } else if (this.state === 'holding') {
      // The stream ended without content: whole if it said so, else cut.
      const whole = !cut && this.held.some((frame) => frame.events.some(isFinal));
      if (!whole) {
        this.fail(interrupted('The provider ended the stream before any content.'));
        return;
      }
      this.beginFlow();
      this.endFlow();
    }
  }

  private endFlow(): void {
    this.state = 'done';
    if (this.sink === undefined) this.heldEnd = true;
    else this.sink.end();
  }

  // Endings

  /** Fails, and lets go of the call. */
  private abandon(error: GatewayError): void {
    this.call()?.abort();
    this.fail(error);
  }

  private fail(error: GatewayError): void {
    const { state } = this;
    this.state = 'done';
    if (state === 'flowing') {
      if (this.sink === undefined) this.heldFailure = error;
      else this.sink.failed(error);
    } else if (state !== 'done') {
      const { status, replayed } = this.facts();
      this.settle({ kind: 'failed', error, status: status === 0 ? undefined : status, replayed });
    }
  }

  private facts(): { status: number; replayed: boolean } {
    return { status: this.status, replayed: this.replayed };
  }

  private isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  private dialect() {
    return dialects[this.input.body.wire.dialect];
  }
}

function isFilter({ unified }: FinishReason): boolean {
  return unified === 'content-filter' || unified === 'refusal';
}

function isFinal(event: ChatEvent): boolean {
  return event.type === 'end' || event.type === 'finish';
}

function interrupted(message: string): GatewayError {
  return new GatewayError('stream_interrupted', message);
}

function reported(said: UpstreamSaid): GatewayError {
  return new GatewayError('upstream_unavailable', 'The provider reported an error inside its answer.', {
    upstream: said,
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parsedFrame({ data }: StreamFrame): unknown {
  if (data === undefined || !data.startsWith('{')) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function parsed(bytes: Buffer): JsonObject | undefined {
  try {
    const value = parseExact(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
