import type { Dialect } from '../../dialect.ts';
import { sseContentType } from '../../sse/stream.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { passThoughts } from './pass-thoughts.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/**
 * Google's SDKs know no comments: the one for Python parses them as JSON, the one for Go stops at them. All skip blank lines, and a
 * pair of them is an empty event to those that look for events.
 */
const blankLines = '\n\n';

/** `generateContent`, as the Gemini API and Vertex AI serve it. */
export const gemini: Dialect = {
  name: 'gemini',
  streamContentType: sseContentType,
  heartbeat: blankLines,
  textPlaces,
  decodeRequest,
  encodeRequest,
  passEdits,
  passThoughts,
  decodeAnswer,
  encodeAnswer,
  eventDecoder,
  announcesEnd: false,
  eventEncoder,
  encodeError,
  encodeErrorFrame,
  decodeError,
};
