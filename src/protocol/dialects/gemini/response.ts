import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { text } from '../read.ts';
import { readUpstreamError } from '../upstream-said.ts';
import { inBand } from './errors.ts';
import { joinPieces, ModelPartReader } from './model-parts.ts';
import { ownSignature, unsignedCall, writeRedacted, writeSignature } from './signatures.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

export function decodeAnswer(body: JsonObject): ChatAnswer {
  const candidate = firstCandidate(body['candidates']);
  const blocked = blockReason(body);
  if (candidate === undefined && blocked === undefined) {
    if (body['error'] !== undefined && body['error'] !== null) throw inBand(body);
    throw new GatewayError('upstream_protocol', 'The provider’s answer has no candidate.', {
      detail: 'candidates[0] is missing, and no block reason is given',
      upstream: readUpstreamError(200, body),
    });
  }
  const id = text(body['responseId']);
  const reader = new ModelPartReader((index) => callId(id, index));
  const parts = joinPieces(candidateParts(candidate).flatMap((part) => reader.read(part)));
  return {
    id,
    model: text(body['modelVersion']),
    parts,
    finish: blocked ?? decodeFinish(candidate?.['finishReason'], { toolCalls: reader.calls > 0 }),
    usage: decodeUsage(body['usageMetadata']),
  };
}

/** Further candidates exist only for clients of this dialect, whose bytes pass untouched. */
export function firstCandidate(candidates: unknown): JsonObject | undefined {
  if (!Array.isArray(candidates)) return undefined;
  return candidates.find((each): each is JsonObject => isObject(each) && (each['index'] ?? 0) === 0);
}

export function candidateParts(candidate: JsonObject | undefined): JsonObject[] {
  const content = candidate?.['content'];
  const parts = isObject(content) ? content['parts'] : undefined;
  return Array.isArray(parts) ? parts.filter(isObject) : [];
}

/** A prompt that was refused has no candidate, only the reason. */
export function blockReason(body: JsonObject): FinishReason | undefined {
  const feedback = body['promptFeedback'];
  const raw = isObject(feedback) ? text(feedback['blockReason']) : undefined;
  return raw === undefined ? undefined : { unified: 'content-filter', raw };
}

/** Older models give calls no id; the answer's own makes ids unlikely to repeat in the next turn. */
export function callId(answerId: string | undefined, index: number): string {
  return `call_${(answerId ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-16)}_${index}`;
}

const finishWords: { [raw: string]: FinishReason['unified'] } = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
};

export function decodeFinish(reason: unknown, seen: { toolCalls: boolean }): FinishReason {
  const raw = text(reason);
  const unified = raw === undefined ? 'stop' : (finishWords[raw] ?? 'other');
  return { unified: unified === 'stop' && seen.toolCalls ? 'tool-calls' : unified, raw };
}

/** Words that clients of this dialect know, for what has no place among the unified ones. */
const otherWords: readonly (string | undefined)[] = [
  'LANGUAGE',
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'NO_IMAGE',
  'IMAGE_OTHER',
  'MALFORMED_RESPONSE',
];

/** A refusal must show in the reason, whoever words it: this dialect has no part for it. */
export function encodeFinish(finish: FinishReason): string {
  switch (finish.unified) {
    case 'length':
      return 'MAX_TOKENS';
    case 'content-filter':
    case 'refusal':
      return finishWords[finish.raw ?? ''] === 'content-filter' ? finish.raw! : 'SAFETY';
    case 'other':
      return otherWords.includes(finish.raw) ? finish.raw! : 'OTHER';
    default:
      return 'STOP';
  }
}

export function answerId(upstreamId: string | undefined, identity: AnswerIdentity): string {
  return upstreamId ?? identity.requestId;
}

export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  const parts = encodeParts(answer.parts);
  return {
    candidates: [
      {
        content: { parts, role: 'model' },
        finishReason: encodeFinish(answer.finish),
        index: 0,
      },
    ],
    ...(answer.usage === undefined ? {} : { usageMetadata: encodeUsage(answer.usage) }),
    modelVersion: answer.model ?? identity.model,
    responseId: answerId(answer.id, identity),
  };
}

function encodeParts(list: readonly Part[]): JsonObject[] {
  const parts: JsonObject[] = [];
  let calls = 0;
  list.forEach((part, at) => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        if (part.text !== '') parts.push({ text: part.text });
        break;
      case 'reasoning':
        parts.push(
          ...thoughtParts(part.text, saidOnCall(part.signature, list[at + 1]) ? undefined : part.signature),
        );
        break;
      case 'redacted-reasoning':
        parts.push(redactedPart(part.data));
        break;
      case 'tool-call':
        parts.push(callPart(part, calls === 0));
        calls += 1;
        break;
      default:
        break;
    }
  });
  return parts;
}

/** The call after the thought has the same signature. */
function saidOnCall(signature: string | undefined, next: Part | undefined): boolean {
  if (signature === undefined || next?.type !== 'tool-call') return false;
  return next.signature !== undefined && next.signature === ownSignature(signature);
}

function thoughtParts(content: string, signature: string | undefined): JsonObject[] {
  if (signature === undefined) return content === '' ? [] : [{ text: content, thought: true }];
  return [{ text: content, thought: true, thoughtSignature: writeSignature(signature) }];
}

export function redactedPart(data: string): JsonObject {
  return { text: '', thought: true, thoughtSignature: writeRedacted(data) };
}

/** The first call of an answer is always signed: the next turn may go to a model that refuses it otherwise. */
export function callPart(
  call: { id: string; name: string; arguments: string; signature?: string | undefined },
  isFirst: boolean,
): JsonObject {
  const signature = call.signature ?? (isFirst ? unsignedCall : undefined);
  return {
    functionCall: { id: call.id, name: call.name, args: inputOf(call.arguments) },
    ...(signature === undefined ? {} : { thoughtSignature: signature }),
  };
}
