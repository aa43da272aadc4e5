import { GatewayError } from '../errors.ts';
import type { Framer, StreamFrame } from '../frame.ts';

interface SseFramerLimits {
  /** The largest frame that is held in memory, in bytes. */
  frameBytesMax: number;
}

const sseFramerDefaults: SseFramerLimits = { frameBytesMax: 16 * 1024 * 1024 };

const lf = 10;
const cr = 13;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const heldBytesMin = 512;

/**
 * The fast path is a chunk of whole frames: two native searches run ahead for line ends, frames are views of the chunk,
 * and each frame is turned into text once. Only an unfinished tail is copied, into a buffer that doubles, so one-byte
 * writes stay linear.
 *
 * A line ends with LF, CRLF or CR. A CR at the very end of a chunk may be half of a CRLF, so it waits for the next byte,
 * except where the line before also ended with a lone CR: a stream in that style would otherwise lag one frame behind.
 */
export function createSseFramer(limits: SseFramerLimits = sseFramerDefaults): Framer {
  /** The unfinished frame: `held` up to `heldLength`; `lineStart` and `scanFrom` are offsets into it. */
  let held: Buffer = Buffer.alloc(0);
  let heldLength = 0;
  let lineStart = 0;
  let scanFrom = 0;
  let firstFrame = true;
  let startSeen = false;
  let loneCr = false;
  /** The last frame ended with a CR that did not wait; an LF that follows belongs to it and is no blank line. */
  let lfMayFollow = false;

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

  function keep(bytes: Buffer, from: number, lineAt: number, scanAt: number): void {
    const rest = bytes.length - from;
    checkSize(rest);
    if (rest > 0) {
      held = Buffer.allocUnsafe(Math.max(rest * 2, heldBytesMin));
      held.set(bytes.subarray(from));
    }
    heldLength = rest;
    lineStart = lineAt - from;
    scanFrom = scanAt - from;
  }

  function checkSize(frameBytes: number): void {
    if (frameBytes <= limits.frameBytesMax) return;
    throw new GatewayError('upstream_protocol', 'The provider sent a stream event that is too large.', {
      detail: `an event is larger than frameBytesMax (${limits.frameBytesMax} bytes)`,
    });
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
      let lineAt = direct ? 0 : lineStart;
      let scanAt = direct ? 0 : scanFrom;
      let blockAt = 0;

      if (!startSeen) {
        const mark = Math.min(bytes.length, byteOrderMark.length);
        if (bytes.compare(byteOrderMark, 0, mark, 0, mark) === 0) {
          if (mark < byteOrderMark.length) {
            keep(bytes, 0, 0, 0);
            return frames;
          }
          lineAt = mark;
          scanAt = mark;
        }
        startSeen = true;
      }
      if (lfMayFollow) {
        lfMayFollow = false;
        if (bytes[0] === lf) {
          lineAt = 1;
          scanAt = 1;
        }
      }

      let nextLf = find(bytes, lf, scanAt);
      let nextCr = find(bytes, cr, scanAt);
      for (;;) {
        const at = Math.min(nextLf, nextCr);
        if (at === bytes.length) {
          scanAt = at;
          break;
        }
        const blank = at === lineAt;
        let after = at + 1;
        let next = after;
        if (nextCr < nextLf) {
          const atOnce = blank && loneCr;
          if (after === bytes.length && !atOnce) {
            scanAt = at;
            break;
          }
          const lfFollows = bytes[after] === lf;
          if (lfFollows) next = after + 1;
          if (lfFollows && !atOnce) after = next;
          if (atOnce) lfMayFollow = after === bytes.length;
          loneCr = atOnce || !lfFollows;
        } else {
          loneCr = false;
        }
        if (blank) {
          checkSize(after - blockAt);
          frames.push(readFrame(bytes, blockAt, after, firstFrame));
          firstFrame = false;
          blockAt = after;
        }
        lineAt = next;
        scanAt = next;
        if (nextLf < next) nextLf = find(bytes, lf, next);
        if (nextCr < next) nextCr = find(bytes, cr, next);
      }

      if (direct || frames.length > 0) {
        keep(bytes, blockAt, lineAt, scanAt);
      } else {
        checkSize(heldLength);
        lineStart = lineAt;
        scanFrom = scanAt;
      }
      return frames;
    },

    end() {
      if (heldLength === 0) return [];
      const bytes = held.subarray(0, heldLength);
      heldLength = 0;
      const frame = readFrame(bytes, 0, bytes.length, firstFrame);
      // A CR that waited for its LF was a line end after all; if the line was empty, the frame is whole.
      const whole = scanFrom === bytes.length - 1 && bytes[scanFrom] === cr && scanFrom === lineStart;
      const onlyLf = bytes.length === 1 && bytes[0] === lf;
      return whole || onlyLf ? [frame] : [{ ...frame, partial: true }];
    },
  };
}

function find(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

function readFrame(bytes: Buffer, from: number, to: number, first: boolean): StreamFrame {
  let text = bytes.toString('utf8', from, to);
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
  let at = first && text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let event: string | undefined;
  let data: string | undefined;
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    if (text.startsWith('data', at)) {
      const value = fieldValue(text, at + 4, end);
      if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`;
    } else if (text.startsWith('event', at)) {
      const value = fieldValue(text, at + 5, end);
      if (value !== undefined) event = value === '' ? undefined : value;
    }
    at = end + 1;
  }
  return { raw: bytes.subarray(from, to), event, data };
}

/** The value of a field whose name ended at `at`, or undefined when the name goes on and is another field. */
function fieldValue(text: string, at: number, end: number): string | undefined {
  if (at === end) return '';
  if (text.charCodeAt(at) !== 58) return undefined;
  const space = text.charCodeAt(at + 1) === 32 && at + 1 < end ? 1 : 0;
  return text.slice(at + 1 + space, end);
}
