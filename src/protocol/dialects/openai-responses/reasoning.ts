import type { EncodeTarget } from '../../dialect.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { ChatRequest, Part, ReasoningRequest } from '../../request.ts';
import { optionalBoolean, optionalInteger, optionalObject, optionalString, text } from '../read.ts';
import { type EncodedReasoning, encodeReasoning as encodeAnyReasoning } from '../reasoning.ts';
import { bindSignature, boundSignature } from '../signatures.ts';

/** `summary` alone asks to see the thinking, not to change it. */
export function decodeReasoning(body: JsonObject): ReasoningRequest | undefined {
  const given = optionalObject(body, 'reasoning');
  if (given === undefined) return undefined;
  const effort = optionalString(given, 'effort', 'reasoning.');
  const budgetTokens = optionalInteger(given, 'max_tokens', 0, 'reasoning.');
  const enabled = optionalBoolean(given, 'enabled', 'reasoning.');
  if (effort === undefined && budgetTokens === undefined && enabled === undefined) return undefined;
  return { enabled: enabled ?? effort !== 'none', effort, budgetTokens };
}

/** The effort word stands inside `reasoning` here; every other switch is a vendor's own and looks the same in all dialects. */
export function encodeReasoning(
  asked: ReasoningRequest | undefined,
  target: Pick<EncodeTarget, 'reasoningControl' | 'reasoningEfforts'>,
): EncodedReasoning {
  const { fields, carried } = encodeAnyReasoning(asked, target);
  const { reasoning_effort: effort, ...others } = fields;
  return { fields: effort === undefined ? fields : { ...others, reasoning: { effort } }, carried };
}

/** Vendors whose models need past thinking back read it as text; the others refuse an item that they did not encrypt. */
export function echoesReasoning({ reasoningEcho, reasoningControl }: EncodeTarget): boolean {
  if (reasoningEcho !== undefined) return reasoningEcho !== 'none';
  return reasoningControl === 'thinking' || reasoningControl === 'enable_thinking';
}

/** A bare effort asks for care, not for a view; a thinking switch or budget comes from clients that show the thinking. */
export function wantsSummary(request: ChatRequest): boolean {
  const { reasoning } = request;
  if (reasoning?.enabled !== true) return false;
  return reasoning.effort === undefined || reasoning.budgetTokens !== undefined;
}

/*
 * `encrypted_content` holds what a vendor of this dialect wrote, or, in answers of ours, the signed thinking of another dialect behind
 * one of these words. The client sends the item back unchanged, and each finds its way home.
 */
const foreignSignature = 'yumen-signature:';
const foreignRedacted = 'yumen-redacted:';

/** Thinking of a vendor of this dialect is known by the item's id and its encrypted content together. */
function nativeSignature(id: string, encrypted: string): string {
  return bindSignature('openai-responses', `${encodeURIComponent(id)}:${encrypted}`);
}

interface NativeReasoning {
  id: string;
  encrypted: string;
}

/** Undefined for the signature of another dialect. */
export function nativeReasoning(signature: string | undefined): NativeReasoning | undefined {
  const bound = signature === undefined ? undefined : boundSignature('openai-responses', signature);
  const colon = bound?.indexOf(':') ?? -1;
  if (bound === undefined || colon === -1) return undefined;
  return { id: decodeId(bound.slice(0, colon)), encrypted: bound.slice(colon + 1) };
}

/** The thought as the vendor of this dialect that encrypted it takes it back; undefined for thoughts of others. */
export function nativeItem(part: Extract<Part, { type: 'reasoning' }>): JsonObject | undefined {
  const native = nativeReasoning(part.signature);
  if (native === undefined) return undefined;
  return {
    type: 'reasoning',
    ...(native.id === '' ? {} : { id: native.id }),
    summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
    encrypted_content: native.encrypted,
  };
}

/** Clients send signatures back, so this one may have been changed on the way. */
function decodeId(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Undefined where an item has neither text nor anything signed. */
export function reasoningPart(item: JsonObject): Part | undefined {
  const encrypted = text(item['encrypted_content']);
  if (encrypted?.startsWith(foreignRedacted) === true) {
    return { type: 'redacted-reasoning', data: encrypted.slice(foreignRedacted.length) };
  }
  const thought = reasoningText(item);
  if (encrypted === undefined) {
    return thought === '' ? undefined : { type: 'reasoning', text: thought };
  }
  const signature = encrypted.startsWith(foreignSignature)
    ? encrypted.slice(foreignSignature.length)
    : nativeSignature(text(item['id']) ?? '', encrypted);
  return { type: 'reasoning', text: thought, signature };
}

/** Between two summaries, which are paragraphs of their own. */
export const summarySeparator = '\n\n';

/** The thinking itself where the vendor shows it, otherwise its summary. */
function reasoningText(item: JsonObject): string {
  const whole = textsOf(item['content']).join('');
  return whole === '' ? textsOf(item['summary']).join(summarySeparator) : whole;
}

function textsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((part) => (isObject(part) ? (text(part['text']) ?? []) : []));
}

/** An item that we made of the thinking of another dialect: its vendor knows it, no vendor of this dialect does. */
export function isForeignItem(item: JsonObject): boolean {
  if (item['type'] !== 'reasoning') return false;
  const encrypted = text(item['encrypted_content']);
  if (encrypted === undefined) return text(item['id'])?.startsWith(ownItemId) === true;
  return encrypted.startsWith(foreignSignature) || encrypted.startsWith(foreignRedacted);
}

/** Ids of items that we made begin so, because ids of requests do. */
const ownItemId = 'rs_req_';

/** `encrypted_content` of an item of ours with this id. */
export function encryptedContent(signature: string, itemId: string): string {
  const native = nativeReasoning(signature);
  return native?.id === itemId ? native.encrypted : foreignSignature + signature;
}

export function encryptedRedacted(data: string): string {
  return foreignRedacted + data;
}
