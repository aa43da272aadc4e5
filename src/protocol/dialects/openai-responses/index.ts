import type { Dialect } from '../../dialect.ts';
import { sseContentType, sseHeartbeat } from '../../sse/stream.ts';
import { decodeError, encodeError, encodeErrorFrame, statusOf } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { passThoughts } from './pass-thoughts.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/** Responses, as OpenAI publishes it and the Open Responses specification describes it. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
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
  statusOf,
  encodeError,
  encodeErrorFrame,
  decodeError,
};
