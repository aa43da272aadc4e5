import type { ServiceAnswer, ServiceIdentity, ServiceTarget } from '../answer.ts';
import type { EmbeddingsRequest } from './request.ts';

/** How an upstream wants to be asked for embeddings, and how it answers. */
export interface EmbeddingsForm {
  /** Throws `unsupported_by_candidates` where the form has no words for the request. */
  encode(request: EmbeddingsRequest, target: ServiceTarget): Uint8Array;
  /** The answer in OpenAI's format. Throws `upstream_protocol`. */
  decode(bytes: Uint8Array, request: EmbeddingsRequest, identity: ServiceIdentity): ServiceAnswer;
}
