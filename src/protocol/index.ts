export { type ChatAnswer, type ChatEvent, type FinishReason, isContent } from './answer.ts';
export type {
  AnswerIdentity,
  Dialect,
  EncodedRequest,
  EncodeTarget,
  EventDecoder,
  EventEncoder,
} from './dialect.ts';
export { dialects } from './dialects/index.ts';
export { type ErrorCode, errorTable, GatewayError, toGatewayError, type UpstreamSaid } from './errors.ts';
export { isObject, type Json, type JsonObject } from './json.ts';
export { parseJsonBody } from './json-body.ts';
export { spliceTopLevel, type TopLevelEdits } from './json-splice.ts';
export type {
  ChatRequest,
  DialectName,
  ImageSource,
  Message,
  Part,
  ReasoningRequest,
  ResponseFormat,
  Sampling,
  Tool,
  ToolChoice,
} from './request.ts';
export { createSseFramer, type SseFrame } from './sse/framer.ts';
export { noUsage, type Usage } from './usage.ts';
