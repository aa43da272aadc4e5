import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';

/**
 * Vendors put thinking beside the content of a message: `reasoning_content` or `reasoning` as text, and `reasoning_details`
 * as blocks that may carry a signature or encrypted data. We write the first, and the last where there is something to
 * carry that text cannot: a client that sends the message back unchanged then keeps the signed thinking.
 */
export function reasoningParts(message: JsonObject): Part[] {
  const plain = text(message['reasoning_content']) ?? text(message['reasoning']);
  const details = message['reasoning_details'];
  const parts: Part[] = [];
  if (Array.isArray(details)) {
    for (const detail of details) {
      if (!isObject(detail)) continue;
      const data = text(detail['data']);
      if (detail['type'] === 'reasoning.encrypted' && data !== undefined) {
        parts.push({ type: 'redacted-reasoning', data });
        continue;
      }
      const thought = text(detail['text']) ?? text(detail['summary']);
      const signature = text(detail['signature']);
      if (thought !== undefined || signature !== undefined) {
        parts.push({ type: 'reasoning', text: thought ?? '', signature });
      }
    }
  }
  const thoughts = parts.filter((part) => part.type === 'reasoning');
  if (plain === undefined || thoughts.some((part) => part.text !== '')) return parts;
  // Details gathered from a stream may hold only the signature, whose text came apart.
  const signed = thoughts[0];
  if (signed === undefined) return [{ type: 'reasoning', text: plain }, ...parts];
  signed.text = plain;
  return parts;
}

/** The fields of `reasoningParts`, for an answer of ours. */
export function reasoningFields(parts: readonly Part[]): JsonObject {
  let plain = '';
  let needsDetails = false;
  const details: JsonObject[] = [];
  for (const part of parts) {
    if (part.type === 'reasoning') {
      plain += part.text;
      needsDetails ||= part.signature !== undefined;
      details.push({
        type: 'reasoning.text',
        text: part.text,
        ...(part.signature === undefined ? {} : { signature: part.signature }),
        index: details.length,
      });
    } else if (part.type === 'redacted-reasoning') {
      needsDetails = true;
      details.push({ type: 'reasoning.encrypted', data: part.data, index: details.length });
    }
  }
  return {
    ...(plain === '' ? {} : { reasoning_content: plain }),
    ...(needsDetails ? { reasoning_details: details } : {}),
  };
}
