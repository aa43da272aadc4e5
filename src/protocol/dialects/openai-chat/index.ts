import type { Dialect } from '../../dialect.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';

/** Chat completions, as OpenAI publishes them and as compatible vendors really speak them. */
export const openaiChat: Dialect = {
  name: 'openai-chat',
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
