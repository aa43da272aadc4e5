import { GatewayError } from '../errors.ts';
import type { Framer, StreamFrame } from '../frame.ts';
import { codec, lengthBytes, overheadBytes } from './codec.ts';

interface AwsEventStreamLimits {
  /** The largest frame that is held in memory, in bytes. */
  frameBytesMax: number;
}

const awsEventStreamDefaults: AwsEventStreamLimits = { frameBytesMax: 16 * 1024 * 1024 };

const heldBytesMin = 1024;

/**
 * Cuts `application/vnd.amazon.eventstream` into frames. `event` is the frame's `:event-type`, or its `:exception-type`; `data` its
 * payload as text. Both checksums of each frame are checked: a frame that was changed on the way is refused, not guessed at.
 */
export function createAwsEventStreamFramer(limits: AwsEventStreamLimits = awsEventStreamDefaults): Framer {
  /** The unfinished frame: `held` up to `heldLength`. */
  let held: Buffer = Buffer.alloc(0);
  let heldLength = 0;

  function append(chunk: Uint8Array): void {
    const length = heldLength + chunk.length;
    if (length > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(length * 2, heldBytesMin));
      grown.set(held.subarray(0, heldLength));
      held = grown;
    }
    held.set(chunk, heldLength);
    heldLength = length;
  }

  /** Copies what is left into memory of its own: frames that were given out may be views of the old one. */
  function keep(rest: Buffer): void {
    if (rest.length > 0) {
      held = Buffer.allocUnsafe(Math.max(rest.length * 2, heldBytesMin));
      held.set(rest);
    }
    heldLength = rest.length;
  }

  function frameLength(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    if (length < overheadBytes) throw broken(`a frame claims to be ${length} bytes long`);
    if (length > limits.frameBytesMax) {
      throw new GatewayError('upstream_protocol', 'The provider sent a stream event that is too large.', {
        detail: `an event of ${length} bytes is larger than frameBytesMax (${limits.frameBytesMax} bytes)`,
      });
    }
    return length;
  }

  function readFrame(raw: Buffer): StreamFrame {
    let message: ReturnType<typeof codec.decode>;
    try {
      message = codec.decode(raw);
    } catch (thrown) {
      throw broken(thrown instanceof Error ? thrown.message : String(thrown));
    }
    const header = (name: string): string | undefined => {
      const value = message.headers[name]?.value;
      return typeof value === 'string' ? value : undefined;
    };
    const payload = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength);
    const data = payload.length === 0 ? undefined : payload.toString('utf8');
    if (header(':message-type') === 'error') {
      // An error that the service's model does not know: its words stand in headers, the payload is empty.
      const code = header(':error-code') ?? 'UnknownError';
      return { raw, event: code, data: JSON.stringify({ __type: code, message: header(':error-message') }) };
    }
    return { raw, event: header(':exception-type') ?? header(':event-type'), data };
  }

  return {
    push(chunk) {
      const frames: StreamFrame[] = [];
      if (chunk.length === 0) return frames;
      const direct = heldLength === 0;
      if (!direct) append(chunk);
      const bytes = direct
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
        : held.subarray(0, heldLength);
      let at = 0;
      while (bytes.length - at >= lengthBytes) {
        const end = at + frameLength(bytes, at);
        if (end > bytes.length) break;
        frames.push(readFrame(bytes.subarray(at, end)));
        at = end;
      }
      if (direct || frames.length > 0) keep(bytes.subarray(at));
      return frames;
    },

    end() {
      if (heldLength === 0) return [];
      const raw = held.subarray(0, heldLength);
      heldLength = 0;
      return [{ raw, event: undefined, data: undefined, partial: true }];
    },
  };
}

function broken(detail: string): GatewayError {
  return new GatewayError('upstream_protocol', 'The provider sent a stream event that cannot be read.', {
    detail,
  });
}
