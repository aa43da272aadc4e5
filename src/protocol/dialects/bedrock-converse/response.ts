import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { inputOf } from '../call-arguments.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';
import { decodeReasoningBlock, encodeReasoningBlock, kindOf, other, redactedContent } from './blocks.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

export function decodeAnswer(body: JsonObject): ChatAnswer {
  const output = isObject(body['output']) ? body['output'] : {};
  const content = isObject(output['message']) ? output['message']['content'] : undefined;
  if (!Array.isArray(content)) {
    if (body['error'] !== undefined && body['error'] !== null) throw inBandError(body);
    throw new GatewayError('upstream_protocol', 'The provider’s answer has no content.', {
      detail: 'output.message.content is missing or is not an array',
      upstream: readUpstreamError(200, body),
    });
  }
  const parts: Part[] = [];
  for (const block of content) {
    const part = isObject(block) ? decodeBlock(block) : undefined;
    if (part !== undefined) parts.push(part);
  }
  return {
    id: undefined,
    model: undefined,
    parts,
    finish: decodeFinish(body['stopReason'], body['additionalModelResponseFields'], {
      toolCalls: parts.some((part) => part.type === 'tool-call'),
    }),
    usage: decodeUsage(body['usage']),
  };
}

function decodeBlock(block: JsonObject): Part | undefined {
  const kind = kindOf(block);
  switch (kind) {
    case undefined:
      return undefined;
    case 'text':
      return textPart(text(block['text']));
    case 'citationsContent':
      return textPart(citedText(block['citationsContent']));
    case 'reasoningContent':
      return decodeReasoningBlock(block['reasoningContent']);
    case 'toolUse':
      return decodeToolUse(block);
    default:
      return other(kind, block);
  }
}

function textPart(content: string | undefined): Part | undefined {
  return content === undefined ? undefined : { type: 'text', text: content };
}

/** With citations on, the answer's text stands beside its sources. */
function citedText(cited: unknown): string | undefined {
  const content = isObject(cited) ? cited['content'] : undefined;
  if (!Array.isArray(content)) return undefined;
  const joined = content.map((each) => (isObject(each) ? (text(each['text']) ?? '') : '')).join('');
  return text(joined);
}

function decodeToolUse(block: JsonObject): Part | undefined {
  const call = block['toolUse'];
  if (!isObject(call)) return undefined;
  const { toolUseId: id, name, input, type } = call;
  // Calls that the provider runs itself are no calls to the client.
  if (type === 'server_tool_use') return other('toolUse', block);
  if (typeof id !== 'string' || typeof name !== 'string') return undefined;
  return { type: 'tool-call', id, name, arguments: JSON.stringify(input ?? {}) };
}

const finishWords: { [raw: string]: FinishReason['unified'] } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  content_filtered: 'content-filter',
  guardrail_intervened: 'content-filter',
  refusal: 'refusal',
};

/** `fields` are the additional response fields, where the stop sequence stands when the client asked for it. */
export function decodeFinish(reason: unknown, fields: unknown, seen: { toolCalls: boolean }): FinishReason {
  const raw = typeof reason === 'string' ? reason : undefined;
  let unified = raw === undefined ? 'stop' : (finishWords[raw] ?? 'other');
  if (unified === 'stop' && seen.toolCalls) unified = 'tool-calls';
  const stopSequence = stopSequenceOf(fields);
  return stopSequence === undefined ? { unified, raw } : { unified, raw, stopSequence };
}

function stopSequenceOf(fields: unknown): string | undefined {
  if (!isObject(fields)) return undefined;
  const inner = isObject(fields['delta']) ? fields['delta'] : fields;
  return text(inner['stop_sequence']);
}

/** Reasons that only this dialect has come back as they were. */
const ownReasons: readonly (string | undefined)[] = [
  'guardrail_intervened',
  'malformed_model_output',
  'malformed_tool_use',
  'model_context_window_exceeded',
];

export function encodeFinish(finish: FinishReason): {
  stopReason: string;
  additionalModelResponseFields?: JsonObject;
} {
  const stopReason = reasonOf(finish);
  return finish.stopSequence === undefined
    ? { stopReason }
    : { stopReason, additionalModelResponseFields: { stop_sequence: finish.stopSequence } };
}

function reasonOf(finish: FinishReason): string {
  if (ownReasons.includes(finish.raw)) return finish.raw!;
  switch (finish.unified) {
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
    case 'refusal':
      return 'content_filtered';
    default:
      return finish.stopSequence === undefined ? 'end_turn' : 'stop_sequence';
  }
}

export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  const content: JsonObject[] = [];
  for (const part of answer.parts) {
    const block = encodeBlock(part);
    if (block !== undefined) content.push(block);
  }
  return {
    output: { message: { role: 'assistant', content } },
    ...encodeFinish(answer.finish),
    usage: encodeUsage(answer.usage),
    metrics: encodeMetrics(identity),
  };
}

export function encodeMetrics(identity: AnswerIdentity): JsonObject {
  return { latencyMs: Math.max(0, Math.round(identity.elapsedMs?.() ?? 0)) };
}

function encodeBlock(part: Part): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { text: part.text };
    case 'reasoning':
      return encodeReasoningBlock(part.text, part.signature);
    case 'redacted-reasoning':
      return { reasoningContent: { redactedContent: redactedContent(part.data) } };
    case 'tool-call':
      return { toolUse: { toolUseId: part.id, name: part.name, input: inputOf(part.arguments) } };
    default:
      return undefined;
  }
}
