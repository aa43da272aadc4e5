import {
  type AnswerIdentity,
  type ClientDialect,
  type EventEncoder,
  GatewayError,
  toGatewayError,
} from '../protocol/index.ts';
import type { AnswerStream, DecodedFrame } from '../upstream/index.ts';
import type { AnswerSink } from './call.ts';
import type { OpenRequest } from './open-requests.ts';
import type { AnswerTally } from './tally.ts';

export interface RelayInput {
  stream: AnswerStream;
  tally: AnswerTally;
  dialect: ClientDialect;
  identity: AnswerIdentity;
  /** Frames pass as they came; otherwise events are encoded in the client's dialect. */
  passthrough: boolean;
  hidesUsage: boolean;
  sink: AnswerSink;
  /** Lets a shutdown end the answer. */
  open: OpenRequest;
  /** Called with the first bytes about to leave; begins the HTTP answer if nobody has yet. */
  begin(): void;
  /** Called with each frame before it is written; what it throws ends the stream. */
  see?(frame: DecodedFrame): void;
  /** Called after each write, so that heartbeats know when silence began. */
  wrote(): void;
}

/** How the stream ended. The terminal bytes have not left yet: they wait until the record is durable. */
export type RelayEnd =
  | { kind: 'complete'; terminal: Uint8Array }
  | { kind: 'interrupted'; error: GatewayError }
  | { kind: 'gone' };

/**
 * Passes a committed stream to the client, one write per upstream read, with back-pressure: while the client is slow the
 * upstream socket is not read. Resolves when nothing but the terminal bytes is left.
 */
export function relayStream(input: RelayInput): Promise<RelayEnd> {
  const { stream, tally, sink } = input;
  const encoder = input.passthrough ? undefined : input.dialect.eventEncoder(input.identity);
  const terminal: Uint8Array[] = [];
  return new Promise((resolve) => {
    let over = false;
    const finish = (end: RelayEnd): void => {
      if (over) return;
      over = true;
      resolve(end);
    };
    const complete = (): void => finish({ kind: 'complete', terminal: Buffer.concat(terminal) });

    sink.onGone(() => finish({ kind: 'gone' }));
    input.open.onInterrupt(() =>
      finish({ kind: 'interrupted', error: input.open.interruption ?? cutShort() }),
    );
    sink.onDrain(() => {
      if (!over) stream.resume();
    });
    stream.start({
      frames: (batch) => {
        if (over) return;
        const out: Uint8Array[] = [];
        try {
          for (const frame of batch) {
            input.see?.(frame);
            for (const event of frame.events) tally.see(event);
            appendFrame(frame, input, encoder, tally.ended ? terminal : out);
            if (tally.error !== undefined) break;
          }
        } catch (thrown) {
          // An encoder refuses what it cannot hold; thrown into the transport it would reach nobody.
          finish({ kind: 'interrupted', error: toGatewayError(thrown) });
          return;
        }
        if (out.length > 0) {
          input.begin();
          const flowing = sink.write(out.length === 1 ? out[0]! : Buffer.concat(out));
          input.wrote();
          if (!flowing) stream.pause();
        }
        if (tally.error !== undefined) finish({ kind: 'interrupted', error: tally.error });
        else if (tally.ended) complete();
      },
      end: () => {
        if (over) return;
        if (!tally.complete) {
          finish({ kind: 'interrupted', error: cutShort() });
          return;
        }
        // Finished, but without the dialect's terminal event: a translated stream still gets its own.
        if (encoder !== undefined) terminal.push(Buffer.from(encoder.encode({ type: 'end' })));
        complete();
      },
      failed: (error) => finish({ kind: 'interrupted', error }),
    });
  });
}

function appendFrame(
  frame: DecodedFrame,
  input: RelayInput,
  encoder: EventEncoder | undefined,
  out: Uint8Array[],
): void {
  if (encoder === undefined) {
    const onlyUsage = frame.events.length > 0 && frame.events.every((event) => event.type === 'usage');
    const isError = frame.events.some((event) => event.type === 'error');
    if (!(onlyUsage && input.hidesUsage) && !isError) out.push(frame.raw);
    return;
  }
  for (const event of frame.events) {
    if (event.type === 'error') continue;
    const chunk = encoder.encode(event);
    if (chunk.length > 0) out.push(Buffer.from(chunk));
  }
}

function cutShort(): GatewayError {
  return new GatewayError(
    'stream_interrupted',
    'The provider ended the stream before the answer was complete.',
  );
}
