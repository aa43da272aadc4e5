import type { ClientDialect } from '../../dialect.ts';
import { sseContentType, sseHeartbeat } from '../../sse/stream.ts';
import { encodeError, encodeErrorFrame } from '../openai-chat/errors.ts';
import { eventEncoder } from './events.ts';
import { decodeRequest } from './request.ts';
import { encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/** Legacy completions, for clients that still send a prompt. Errors are those of chat completions. */
export const openaiCompletions: ClientDialect = {
  name: 'openai-completions',
  streamContentType: sseContentType,
  heartbeat: sseHeartbeat,
  textPlaces,
  decodeRequest,
  encodeAnswer,
  eventEncoder,
  encodeError,
  encodeErrorFrame,
};
