/** What a body is, by its first bytes: a stream of events, something else, or too short to say. */
export type BodyKind = 'events' | 'document' | 'unclear';

/** Enough to tell, however much space comes first. */
const sniffedBytesMax = 256;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const eventFields = ['data:', 'event:', 'id:', 'retry:', ':'];

/** Some proxies label event streams as plain text. No JSON text begins like an event, so the bytes decide. */
export function sniffBody(bytes: Buffer): BodyKind {
  const markBytes = Math.min(bytes.length, byteOrderMark.length);
  const marked = bytes.compare(byteOrderMark, 0, markBytes, 0, markBytes) === 0;
  if (marked && markBytes < byteOrderMark.length) return 'unclear';
  const start = bytes.toString('utf8', marked ? markBytes : 0, sniffedBytesMax).trimStart();
  if (eventFields.some((field) => start.startsWith(field))) return 'events';
  const open = bytes.length < sniffedBytesMax && eventFields.some((field) => field.startsWith(start));
  return open ? 'unclear' : 'document';
}
