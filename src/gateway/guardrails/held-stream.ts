import { type ChatAnswer, GatewayError } from '../../protocol/index.ts';
import { AnswerCollector, type DecodedFrame } from '../../upstream/index.ts';
import type { AnswerSink } from '../call.ts';

/** What a held frame costs beside its bytes. */
const heldFrameBytes = 256;

/** In the client's place while a stream is held back: keeps what would have been written, and puts the answer together. */
export class HeldStream implements AnswerSink {
  private readonly sink: AnswerSink;
  private readonly bytesMax: number;
  private readonly collector = new AnswerCollector();
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;

  constructor(sink: AnswerSink, bytesMax: number) {
    this.sink = sink;
    this.bytesMax = bytesMax;
  }

  get gone(): boolean {
    return this.sink.gone;
  }

  /** Sees a frame before it is written. Throws `upstream_protocol` when the answer is larger than is held. */
  see({ raw, events }: DecodedFrame): void {
    this.bytes += raw.byteLength + heldFrameBytes;
    if (this.bytes > this.bytesMax) {
      throw new GatewayError('upstream_protocol', 'The answer is larger than can be checked.', {
        detail: `the stream is held back for a guardrail and larger than ${this.bytesMax} bytes`,
      });
    }
    for (const event of events) this.collector.add(event);
  }

  /** Undefined while its end has not been announced. */
  answer(): ChatAnswer | undefined {
    return this.collector.answer();
  }

  /** What was held back, as it would have been written. */
  written(): Uint8Array {
    return Buffer.concat(this.chunks);
  }

  /** A copy: the bytes may be a view of a whole read. */
  write(bytes: Uint8Array): boolean {
    this.chunks.push(Buffer.from(bytes));
    return true;
  }

  begin(): void {}

  end(): void {}

  reset(): void {}

  onDrain(): void {}

  onGone(listener: () => void): void {
    this.sink.onGone(listener);
  }
}
