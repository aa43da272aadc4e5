import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';

type Reasoning = Extract<Part, { type: 'reasoning' | 'redacted-reasoning' }>;

/** A block is an object with one key that says what it is. */
export function kindOf(block: JsonObject): string | undefined {
  return Object.keys(block).find((key) => block[key] !== undefined && block[key] !== null);
}

export function other(kind: string, block: JsonObject): Part {
  return { type: 'other', kind, raw: block };
}

export function decodeReasoningBlock(content: unknown): Reasoning | undefined {
  if (!isObject(content)) return undefined;
  const thought = content['reasoningText'];
  if (isObject(thought)) {
    return { type: 'reasoning', text: text(thought['text']) ?? '', signature: text(thought['signature']) };
  }
  const data = text(content['redactedContent']);
  return data === undefined ? undefined : { type: 'redacted-reasoning', data: redactedData(data) };
}

/** Models that do not sign refuse a signature, an empty one too. */
export function encodeReasoningBlock(thought: string, signature: string | undefined): JsonObject {
  const reasoningText = signature === undefined ? { text: thought } : { text: thought, signature };
  return { reasoningContent: { reasoningText } };
}

/** SDKs read redacted content as base64. What another dialect wrote is text to them, and is wrapped. */
export function redactedContent(data: string): string {
  const isBase64 = data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
  return isBase64 ? data : Buffer.from(data).toString('base64');
}

/** What another dialect wrote has its name in front (see `bindSignature`), and is unwrapped. */
function redactedData(content: string): string {
  const text = Buffer.from(content, 'base64').toString('utf8');
  return /^[a-z-]+:[\x20-\x7e]+$/.test(text) ? text : content;
}
