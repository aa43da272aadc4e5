import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

export function decodeAnswer(body: JsonObject): ChatAnswer {
  const content = body['content'];
  if (!Array.isArray(content)) {
    if (body['error'] !== undefined && body['error'] !== null) throw inBandError(body);
    throw new GatewayError('upstream_protocol', 'The provider’s answer has no content.', {
      detail: 'content is missing or is not an array',
      upstream: readUpstreamError(200, body),
    });
  }
  const parts: Part[] = [];
  for (const block of content) {
    const part = isObject(block) ? decodeBlock(block) : undefined;
    if (part !== undefined) parts.push(part);
  }
  return {
    id: text(body['id']),
    model: text(body['model']),
    parts,
    finish: decodeFinish(body['stop_reason'], body['stop_sequence'], {
      toolCalls: parts.some((part) => part.type === 'tool-call'),
    }),
    usage: decodeUsage(body['usage']),
  };
}

function decodeBlock(block: JsonObject): Part | undefined {
  switch (block['type']) {
    case 'text': {
      const content = text(block['text']);
      return content === undefined ? undefined : { type: 'text', text: content };
    }
    case 'thinking':
      return {
        type: 'reasoning',
        text: text(block['thinking']) ?? '',
        signature: text(block['signature']),
      };
    case 'redacted_thinking': {
      const data = text(block['data']);
      return data === undefined ? undefined : { type: 'redacted-reasoning', data };
    }
    case 'tool_use': {
      const { id, name, input } = block;
      if (typeof id !== 'string' || typeof name !== 'string') return undefined;
      return { type: 'tool-call', id, name, arguments: JSON.stringify(input ?? {}) };
    }
    default: {
      const kind = text(block['type']);
      return kind === undefined ? undefined : { type: 'other', kind, raw: block };
    }
  }
}

const finishWords: { [raw: string]: FinishReason['unified'] } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
};

export function decodeFinish(reason: unknown, sequence: unknown, seen: { toolCalls: boolean }): FinishReason {
  const raw = typeof reason === 'string' ? reason : undefined;
  let unified = raw === undefined ? 'stop' : (finishWords[raw] ?? 'other');
  if (unified === 'stop' && seen.toolCalls) unified = 'tool-calls';
  const stopSequence = text(sequence);
  return stopSequence === undefined ? { unified, raw } : { unified, raw, stopSequence };
}

export interface EncodedFinish {
  stop_reason: string;
  stop_sequence: string | null;
  stop_details: JsonObject | null;
}

export function encodeFinish(finish: FinishReason): EncodedFinish {
  const refused = finish.unified === 'refusal' || finish.unified === 'content-filter';
  return {
    stop_reason: stopReason(finish),
    stop_sequence: finish.stopSequence ?? null,
    stop_details: refused ? { type: 'refusal', category: null, explanation: null } : null,
  };
}

/** Reasons that only this dialect has come back as they were. */
const ownReasons: readonly (string | undefined)[] = ['pause_turn', 'model_context_window_exceeded'];

function stopReason(finish: FinishReason): string {
  if (ownReasons.includes(finish.raw)) return finish.raw!;
  switch (finish.unified) {
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
    case 'refusal':
      return 'refusal';
    default:
      return finish.stopSequence === undefined ? 'end_turn' : 'stop_sequence';
  }
}

export function messageId(upstreamId: string | undefined, identity: AnswerIdentity): string {
  return upstreamId?.startsWith('msg_') ? upstreamId : `msg_${identity.requestId}`;
}

export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  const content: JsonObject[] = [];
  for (const part of answer.parts) {
    const block = encodeBlock(part);
    if (block !== undefined) content.push(block);
  }
  return {
    id: messageId(answer.id, identity),
    type: 'message',
    role: 'assistant',
    model: answer.model ?? identity.model,
    content,
    ...encodeFinish(answer.finish),
    container: null,
    diagnostics: null,
    usage: encodeUsage(answer.usage),
  };
}

function encodeBlock(part: Part): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { type: 'text', text: part.text, citations: null };
    case 'reasoning':
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    case 'redacted-reasoning':
      return { type: 'redacted_thinking', data: part.data };
    case 'tool-call':
      return {
        type: 'tool_use',
        id: part.id,
        name: part.name,
        input: inputOf(part.arguments),
        caller: { type: 'direct' },
      };
    default:
      return undefined;
  }
}
