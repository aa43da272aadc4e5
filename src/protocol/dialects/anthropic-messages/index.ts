import type { Dialect } from '../../dialect.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';

/** The Messages API, as Anthropic publishes it and as compatible vendors mount it. */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  decodeRequest,
  encodeRequest,
  passEdits,
  decodeAnswer,
  encodeAnswer,
  eventDecoder,
  eventEncoder,
  encodeError,
  encodeErrorFrame,
  decodeError,
};
