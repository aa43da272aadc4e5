import type { Dialect } from '../../dialect.ts';
import { sseContentType, sseHeartbeat } from '../../sse/stream.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { passThoughts } from './pass-thoughts.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/** The Messages API, as Anthropic publishes it and as compatible vendors mount it. */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  streamContentType: sseContentType,
  heartbeat: sseHeartbeat,
  textPlaces,
  decodeRequest,
  encodeRequest,
  passEdits,
  passThoughts,
  decodeAnswer,
  encodeAnswer,
  eventDecoder,
  eventEncoder,
  encodeError,
  encodeErrorFrame,
  decodeError,
};
