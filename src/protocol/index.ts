export { type ChatAnswer, type ChatEvent, type FinishReason, isContent } from './answer.ts';
export { awsEventStreamContentType } from './aws-event-stream/codec.ts';
export { createAwsEventStreamFramer } from './aws-event-stream/framer.ts';
export type {
  AnswerIdentity,
  ClientDialect,
  Dialect,
  EncodedRequest,
  EncodeTarget,
  EventDecoder,
  EventEncoder,
  ReasoningControl,
  RequestPath,
  WireChunk,
} from './dialect.ts';
export { inClientWords } from './dialects/client-fields.ts';
export { clientDialects, dialects } from './dialects/index.ts';
export { inBandError } from './dialects/upstream-said.ts';
export { type ErrorCode, errorTable, GatewayError, toGatewayError, type UpstreamSaid } from './errors.ts';
export { parseExact } from './exact-json.ts';
export type { Framer, StreamFrame } from './frame.ts';
export { isObject, type Json, type JsonObject } from './json.ts';
export { parseJsonBody } from './json-body.ts';
export { spliceTopLevel, type TopLevelEdits } from './json-splice.ts';
export type { PastThoughts } from './past-thoughts.ts';
export { replaceTexts, textsOf } from './replace-texts.ts';
export type {
  ChatRequest,
  ClientDialectName,
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
export type { ServiceAnswer, ServiceIdentity } from './services/answer.ts';
export { decodeEmbeddingsRequest, type EmbeddingsRequest } from './services/embeddings/request.ts';
export { embeddingsForms, rerankForms } from './services/index.ts';
export { jsonMember } from './services/json-member.ts';
export { boundaryOf, type FormField, FormFieldFinder } from './services/multipart.ts';
export { decodeRerankRequest, type RerankRequest } from './services/rerank/request.ts';
export { type ServiceUnits, type ServiceUsage, serviceUsage } from './services/usage.ts';
export { createSseFramer } from './sse/framer.ts';
export { noUsage, type Usage } from './usage.ts';
