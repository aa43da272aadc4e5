import type { Dialect } from '../../dialect.ts';
import { sseContentType, sseHeartbeat } from '../../sse/stream.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { passThoughts } from './pass-thoughts.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/** Chat completions, as OpenAI publishes them and as compatible vendors really speak them. */
export const openaiChat: Dialect = {
  name: 'openai-chat',
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
