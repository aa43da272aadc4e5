import { isObject, type JsonObject } from '../../json.ts';
import { text } from '../read.ts';

/**
 * Gemini signs its tool calls and wants the signature back. Google's endpoint of this dialect puts it into `extra_content` of the call,
 * and clients that were built for it send it back from there.
 */
export function callSignature(call: JsonObject): string | undefined {
  const extra = call['extra_content'];
  const google = isObject(extra) ? extra['google'] : undefined;
  return isObject(google) ? text(google['thought_signature']) : undefined;
}

export function signatureFields(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}
