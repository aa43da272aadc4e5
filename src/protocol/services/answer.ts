import { GatewayError } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { ServiceUsage } from './usage.ts';

/** An upstream's answer as the client gets it, and what it used. */
export interface ServiceAnswer extends ServiceUsage {
  bytes: Uint8Array;
}

/** How a request must look at the upstream it goes to. */
export interface ServiceTarget {
  /** The model's name at the upstream. */
  model: string;
  /** The upstream knows vectors as lists of numbers only. */
  floatOnly?: boolean | undefined;
}

/** What our own answers say about themselves where the upstream said nothing. */
export interface ServiceIdentity {
  requestId: string;
  /** Shown as `model` when the upstream named none. */
  model: string;
}

/** Throws `upstream_protocol` when the bytes are no JSON object. */
export function parseAnswer(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw notDocumented('the answer is not JSON');
  }
  if (!isObject(value)) throw notDocumented('the answer is not a JSON object');
  return value;
}

export function notDocumented(detail: string): GatewayError {
  return new GatewayError(
    'upstream_protocol',
    'The provider sent something that is not its documented format.',
    { detail },
  );
}

/** Vectors and scores of two models cannot be compared, so a list of other models would be answered with nonsense. */
export function refuseFallbackModels(body: JsonObject): void {
  if (body['models'] === undefined || body['models'] === null) return;
  throw new GatewayError(
    'invalid_request',
    'models is for chat: vectors and scores of different models cannot be compared. Leave it out; all deployments of the one model are tried.',
    { param: 'models' },
  );
}
