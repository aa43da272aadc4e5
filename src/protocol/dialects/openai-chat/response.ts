import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';
import { callSignature, signatureFields } from './call-signature.ts';
import { madeCallId } from './made-call-id.ts';
import { reasoningFields, reasoningParts } from './reasoning-content.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

export function decodeAnswer(body: JsonObject): ChatAnswer {
  const choices = body['choices'];
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const message = isObject(choice) ? choice['message'] : undefined;
  if (!isObject(choice) || !isObject(message)) {
    if (body['error'] !== undefined && body['error'] !== null) throw inBandError(body);
    throw new GatewayError('upstream_protocol', 'The provider’s answer has no message.', {
      detail: 'choices[0].message is missing',
      upstream: readUpstreamError(200, body),
    });
  }
  const reason = choice['finish_reason'];
  if (isFailedFinish(reason)) throw failedFinish(reason);
  const parts = decodeMessageParts(message, text(body['id']));
  return {
    id: text(body['id']),
    model: text(body['model']),
    parts,
    finish: decodeFinish(reason, {
      toolCalls: parts.some((part) => part.type === 'tool-call'),
      refusal: parts.some((part) => part.type === 'refusal'),
    }),
    usage: decodeUsage(body['usage']),
  };
}

function decodeMessageParts(message: JsonObject, answerId: string | undefined): Part[] {
  const parts = reasoningParts(message);
  for (const piece of contentPieces(message['content'])) {
    parts.push(
      piece.reasoning ? { type: 'reasoning', text: piece.text } : { type: 'text', text: piece.text },
    );
  }
  const refusal = text(message['refusal']);
  if (refusal !== undefined) parts.push({ type: 'refusal', text: refusal });
  const calls = message['tool_calls'];
  if (Array.isArray(calls)) {
    for (const [index, call] of calls.entries()) {
      const definition = isObject(call) ? call['function'] : undefined;
      const name = isObject(definition) ? text(definition['name']) : undefined;
      if (!isObject(call) || !isObject(definition) || name === undefined) continue;
      const id = text(call['id']) ?? madeCallId(answerId, index);
      const signature = callSignature(call);
      const seal = signature === undefined ? {} : { signature };
      parts.push({ type: 'tool-call', id, name, arguments: argumentsText(definition['arguments']), ...seal });
    }
  }
  return parts;
}

/** Arguments are text by the format; some vendors send the object itself, and nothing at all for «no arguments». */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '{}' : value;
  return value === undefined || value === null ? '{}' : JSON.stringify(value);
}

/** Content as text, or as an array in which vendors mix text with `thinking` blocks. */
export function contentPieces(content: unknown): { text: string; reasoning: boolean }[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content, reasoning: false }];
  if (!Array.isArray(content)) return [];
  const pieces: { text: string; reasoning: boolean }[] = [];
  for (const part of content) {
    if (!isObject(part)) continue;
    const reasoning = part['type'] === 'thinking';
    const inner = reasoning ? part['thinking'] : part['text'];
    const found = Array.isArray(inner)
      ? inner.map((item) => (isObject(item) ? (text(item['text']) ?? '') : '')).join('')
      : text(inner);
    if (found !== undefined && found !== '') pieces.push({ text: found, reasoning });
  }
  return pieces;
}

const finishWords: { [raw: string]: FinishReason['unified'] } = {
  stop: 'stop',
  eos: 'stop',
  normal: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  sensitive: 'content-filter',
};

/** Words for an answer that the vendor’s own machinery cut short: what there is must not pass for whole. */
const failedFinishes = ['network_error', 'insufficient_system_resource'] as const;

export function isFailedFinish(reason: unknown): reason is (typeof failedFinishes)[number] {
  return (failedFinishes as readonly unknown[]).includes(reason);
}

export function failedFinish(reason: string): GatewayError {
  return new GatewayError('stream_interrupted', 'The provider could not finish its answer.', {
    upstream: { status: 200, code: reason, message: `finish_reason ${reason}` },
    detail: `the answer ended with finish_reason ${reason}`,
  });
}

/**
 * A forced tool call ends with «stop» at some vendors, and agents of the other dialect only go on when they are told of a tool
 * call, so what was in the answer corrects the vendor's word.
 */
export function decodeFinish(raw: unknown, seen: { toolCalls: boolean; refusal: boolean }): FinishReason {
  const word = typeof raw === 'string' ? raw : undefined;
  let unified = word === undefined || word === '' ? 'stop' : (finishWords[word] ?? 'other');
  if (unified === 'stop' && seen.toolCalls) unified = 'tool-calls';
  else if (unified === 'stop' && seen.refusal) unified = 'refusal';
  return { unified, raw: word };
}

export function encodeFinish(finish: FinishReason, hasRefusalText: boolean): string {
  switch (finish.unified) {
    case 'length':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'refusal':
      // Without a text of its own the refusal must show in the reason, or the client takes a cut answer for a whole one.
      return hasRefusalText ? 'stop' : 'content_filter';
    default:
      return 'stop';
  }
}

export function answerId(upstreamId: string | undefined, identity: AnswerIdentity): string {
  return upstreamId?.startsWith('chatcmpl-') ? upstreamId : `chatcmpl-${identity.requestId}`;
}

export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  let content: string | null = null;
  let refusal: string | null = null;
  const calls: JsonObject[] = [];
  for (const part of answer.parts) {
    if (part.type === 'text') content = (content ?? '') + part.text;
    else if (part.type === 'refusal') refusal = (refusal ?? '') + part.text;
    else if (part.type === 'tool-call') {
      calls.push({
        id: part.id,
        type: 'function',
        function: { name: part.name, arguments: argumentsText(part.arguments) },
        ...signatureFields(part.signature),
      });
    }
  }
  if (content === null && refusal === null && calls.length === 0) content = '';
  return {
    id: answerId(answer.id, identity),
    object: 'chat.completion',
    created: identity.createdAtSeconds,
    model: answer.model ?? identity.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal,
          ...reasoningFields(answer.parts),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
          annotations: [],
        },
        logprobs: null,
        finish_reason: encodeFinish(answer.finish, refusal !== null),
      },
    ],
    ...(answer.usage === undefined ? {} : { usage: encodeUsage(answer.usage) }),
  };
}
