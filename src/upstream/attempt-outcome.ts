import type { ChatAnswer, ChatEvent, GatewayError } from '../protocol/index.ts';

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

/** `replayed`: the request was written twice, because an idle socket turned out to be closed. */
export type AttemptOutcome =
  | { kind: 'failed'; error: GatewayError; status: number | undefined; replayed: boolean }
  /** Without `bytes` no document came that the client could be given as it is: the answer must be encoded. */
  | {
      kind: 'answered';
      answer: ChatAnswer;
      bytes: Uint8Array | undefined;
      status: number;
      replayed: boolean;
    }
  | { kind: 'streaming'; stream: AnswerStream; status: number; replayed: boolean };
