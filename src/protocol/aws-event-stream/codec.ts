import { EventStreamCodec } from '@smithy/eventstream-codec';

export const awsEventStreamContentType = 'application/vnd.amazon.eventstream';

/** The length of a frame stands in its first four bytes. */
export const lengthBytes = 4;
/** Lengths and their checksum, and the checksum of the whole. */
export const overheadBytes = 16;

/** Encodes and decodes whole frames; nothing of one call stays for the next. */
export const codec = new EventStreamCodec(
  (bytes) =>
    typeof bytes === 'string'
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);
