import type { ChatAnswer } from '../protocol/index.ts';
import { AnswerCollector, type DecodedFrame } from '../upstream/index.ts';

/** Puts a stream's answer together while it is relayed; one that is too large is let go, the relay does not mind. */
export class HeardStream {
  readonly #bytesMax: number;
  #collector: AnswerCollector | undefined = new AnswerCollector();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  see({ raw, events }: DecodedFrame): void {
    if (this.#collector === undefined) return;
    this.#bytes += raw.byteLength;
    if (this.#bytes > this.#bytesMax) this.#collector = undefined;
    else for (const event of events) this.#collector.add(event);
  }

  /** Undefined while its end has not been announced, and where it was too large. */
  answer(): ChatAnswer | undefined {
    return this.#collector?.answer();
  }
}
