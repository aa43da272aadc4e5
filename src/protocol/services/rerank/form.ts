import type { ServiceAnswer, ServiceIdentity, ServiceTarget } from '../answer.ts';
import type { RerankRequest } from './request.ts';

/** How an upstream wants to be asked for a ranking, and how it answers. */
export interface RerankForm {
  /** Throws `unsupported_by_candidates` where the form has no words for the request. */
  encode(request: RerankRequest, target: ServiceTarget): Uint8Array;
  /** The answer as `{id, model, results, usage, meta?}`. Throws `upstream_protocol`. */
  decode(bytes: Uint8Array, request: RerankRequest, identity: ServiceIdentity): ServiceAnswer;
}
