import { type ChatAnswer, GatewayError } from '../../protocol/index.ts';
import { AnswerCollector, type AnswerStream, type DecodedFrame } from '../../upstream/index.ts';
import type { AnswerTally } from '../tally.ts';

/** What a held frame costs beside its bytes. */
const heldFrameBytes = 256;
/** Of the text only the beginning is looked at before the answer is whole. */
const prefixCharsMax = 2_000;

type StreamSink = Parameters<AnswerStream['start']>[0];

export interface HeldAnswerOptions {
  stream: AnswerStream;
  /** Counts all that comes, held or passed on. */
  tally: AnswerTally;
  bytesMax: number;
  /** More of the answer has come while it is held. */
  grew(): void;
  /** While it is held: it is whole, or broke off. */
  ended(error: GatewayError | undefined): void;
}

/**
 * A stream on its way to be looked at: what comes is kept, until it is given out, as it came, with all that follows. Reads the upstream
 * without pause, which `bytesMax` bounds.
 */
export class HeldAnswer implements AnswerStream {
  private readonly options: HeldAnswerOptions;
  private collector: AnswerCollector | undefined = new AnswerCollector();
  private frames: DecodedFrame[] = [];
  private bytes = 0;
  /** The beginning of its text, thinking left out. */
  prefix = '';
  private end: { error: GatewayError | undefined } | undefined;
  private sink: StreamSink | undefined;

  constructor(options: HeldAnswerOptions) {
    this.options = options;
  }

  /** Begins to read. */
  hold(): void {
    this.options.stream.start({
      frames: (batch) => this.take(batch),
      end: () => this.finish(this.options.tally.complete ? undefined : cutShort()),
      failed: (error) => this.finish(error),
    });
  }

  /** Undefined while it is not whole. */
  answer(): ChatAnswer | undefined {
    return this.collector?.answer();
  }

  /** Gives out what was kept, then what comes. Called once. */
  start(sink: StreamSink): void {
    const { frames, end } = this;
    this.sink = sink;
    this.frames = [];
    this.collector = undefined;
    if (frames.length > 0) sink.frames(frames);
    if (end?.error !== undefined) sink.failed(end.error);
    else if (end !== undefined) sink.end();
  }

  pause(): void {
    this.options.stream.pause();
  }

  resume(): void {
    this.options.stream.resume();
  }

  private take(batch: DecodedFrame[]): void {
    const { tally, bytesMax, grew } = this.options;
    for (const { events } of batch) for (const event of events) tally.see(event);
    if (this.sink !== undefined) {
      this.sink.frames(batch);
      return;
    }
    if (this.end !== undefined) return;
    for (const { raw, events } of batch) {
      this.bytes += raw.byteLength + heldFrameBytes;
      for (const event of events) {
        this.collector?.add(event);
        if (event.type === 'text' && this.prefix.length < prefixCharsMax) this.prefix += event.text;
      }
      // A copy: the frame's own bytes would keep the whole read alive that they came in.
      this.frames.push({ raw: Buffer.from(raw), events });
    }
    if (this.bytes > bytesMax) this.finish(tooLarge(bytesMax));
    else if (tally.error !== undefined) this.finish(tally.error);
    else if (tally.ended) this.finish(undefined);
    else grew();
  }

  private finish(error: GatewayError | undefined): void {
    if (this.sink !== undefined) {
      if (error === undefined) this.sink.end();
      else this.sink.failed(error);
      return;
    }
    if (this.end !== undefined) return;
    this.end = { error };
    this.options.ended(error);
  }
}

function cutShort(): GatewayError {
  return new GatewayError(
    'stream_interrupted',
    'The provider ended the stream before the answer was complete.',
  );
}

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError('upstream_protocol', 'The answer is larger than can be held back.', {
    detail: `the stream is held back to be looked at and larger than ${bytesMax} bytes`,
  });
}
