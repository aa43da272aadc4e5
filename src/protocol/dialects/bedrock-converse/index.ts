import { awsEventStreamContentType } from '../../aws-event-stream/codec.ts';
import { eventFrame } from '../../aws-event-stream/writer.ts';
import type { Dialect } from '../../dialect.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { eventDecoder, eventEncoder } from './events.ts';
import { passEdits } from './pass.ts';
import { passThoughts } from './pass-thoughts.ts';
import { decodeRequest, encodeRequest } from './request.ts';
import { decodeAnswer, encodeAnswer } from './response.ts';
import { textPlaces } from './text-places.ts';

/**
 * Converse and ConverseStream of Amazon Bedrock. The model and whether to stream are in the path, streams are binary. AWS's SDKs
 * skip an event whose type they do not know, which makes one a heartbeat.
 */
export const bedrockConverse: Dialect = {
  name: 'bedrock-converse',
  streamContentType: awsEventStreamContentType,
  heartbeat: eventFrame('heartbeat', {}),
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
