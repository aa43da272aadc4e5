import type { ChatAnswer, FinishReason } from '../../answer.ts';
import type { AnswerIdentity } from '../../dialect.ts';
import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { Part } from '../../request.ts';
import { text } from '../read.ts';
import { inBandError, readUpstreamError } from '../upstream-said.ts';
import { encryptedContent, encryptedRedacted, nativeReasoning, reasoningPart } from './reasoning.ts';
import { type ResponseState, responseId, responseObject } from './response-object.ts';
import { callName, namespaced } from './tools.ts';
import { decodeUsage } from './usage.ts';

export function decodeAnswer(body: JsonObject): ChatAnswer {
  const output = body['output'];
  const failed = body['error'] !== undefined && body['error'] !== null;
  if (failed || body['status'] === 'failed') throw inBandError({ error: body['error'] });
  if (!Array.isArray(output)) {
    throw new GatewayError('upstream_protocol', 'The provider’s answer has no output.', {
      detail: 'output is missing or is not an array',
      upstream: readUpstreamError(200, body),
    });
  }
  const parts = output.flatMap((item) => (isObject(item) ? partsOfItem(item) : []));
  return {
    id: text(body['id']),
    model: text(body['model']),
    parts,
    finish: decodeFinish(body, {
      toolCalls: parts.some((part) => part.type === 'tool-call'),
      refusal: parts.some((part) => part.type === 'refusal'),
    }),
    usage: decodeUsage(body['usage']),
  };
}

export function partsOfItem(item: JsonObject): Part[] {
  switch (item['type']) {
    case 'message':
      return saidParts(item['content']);
    case 'reasoning': {
      const part = reasoningPart(item);
      return part === undefined ? [] : [part];
    }
    case 'function_call': {
      const call = callOfItem(item);
      return call === undefined
        ? []
        : [{ type: 'tool-call', ...call, arguments: argumentsText(item['arguments']) }];
    }
    default: {
      const kind = text(item['type']);
      return kind === undefined ? [] : [{ type: 'other', kind, raw: item }];
    }
  }
}

function saidParts(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  const parts: Part[] = [];
  for (const piece of content) {
    if (!isObject(piece)) continue;
    const refusal = text(piece['refusal']);
    const said = text(piece['text']);
    if (refusal !== undefined) parts.push({ type: 'refusal', text: refusal });
    else if (said !== undefined) parts.push({ type: 'text', text: said });
  }
  return parts;
}

export function callOfItem(item: JsonObject): { id: string; name: string } | undefined {
  const name = text(item['name']);
  const id = text(item['call_id']) ?? text(item['id']);
  if (name === undefined || id === undefined) return undefined;
  return { id, name: namespaced(text(item['namespace']), name) };
}

/** Arguments are text by the format; some vendors send the object itself, and nothing at all for «no arguments». */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '{}' : value;
  return value === undefined || value === null ? '{}' : JSON.stringify(value);
}

/** The status says only whether the answer is whole; what is in it says why it ended. */
export function decodeFinish(
  response: JsonObject,
  seen: { toolCalls: boolean; refusal: boolean },
): FinishReason {
  const details = response['incomplete_details'];
  const reason = isObject(details) ? text(details['reason']) : undefined;
  const status = text(response['status']);
  const raw = reason ?? status;
  if (status === 'incomplete' || reason !== undefined) {
    if (reason === 'content_filter') return { unified: 'content-filter', raw };
    // Vendors have more names for a limit than the format.
    return { unified: reason === undefined || reason.startsWith('max_') ? 'length' : 'other', raw };
  }
  if (status !== undefined && status !== 'completed') return { unified: 'other', raw };
  if (seen.toolCalls) return { unified: 'tool-calls', raw };
  return { unified: seen.refusal ? 'refusal' : 'stop', raw };
}

/** Without a text of its own a refusal must show in the status, or the client takes a cut answer for a whole one. */
export function encodeFinish(
  finish: FinishReason,
  hasRefusalText: boolean,
): Pick<ResponseState, 'status' | 'incompleteReason'> {
  if (finish.unified === 'length') return { status: 'incomplete', incompleteReason: 'max_output_tokens' };
  const filtered = finish.unified === 'content-filter' || (finish.unified === 'refusal' && !hasRefusalText);
  return filtered ? { status: 'incomplete', incompleteReason: 'content_filter' } : { status: 'completed' };
}

export function itemId(prefix: 'msg' | 'rs' | 'fc', identity: AnswerIdentity, index: number): string {
  return `${prefix}_${identity.requestId}_${index}`;
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function messageItem(id: string, status: ItemStatus, content: JsonObject[]): JsonObject {
  return { id, type: 'message', role: 'assistant', status, content };
}

export function textContent(said: string): JsonObject {
  return { type: 'output_text', text: said, annotations: [], logprobs: [] };
}

export function refusalContent(said: string): JsonObject {
  return { type: 'refusal', refusal: said };
}

export function reasoningItem(id: string, thought: string, encrypted: string | undefined): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: thought === '' ? [] : [{ type: 'summary_text', text: thought }],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  };
}

interface CallOfItem {
  itemId: string;
  callId: string;
  name: string;
  json: string;
}

export function callItem(call: CallOfItem, status: ItemStatus, identity: AnswerIdentity): JsonObject {
  return {
    id: call.itemId,
    type: 'function_call',
    status,
    arguments: call.json,
    call_id: call.callId,
    ...callName(call.name, identity.request),
  };
}

export function encodeAnswer(answer: ChatAnswer, identity: AnswerIdentity): JsonObject {
  const finish = encodeFinish(
    answer.finish,
    answer.parts.some((part) => part.type === 'refusal'),
  );
  const output = encodeOutput(answer.parts, identity);
  const last = output.at(-1);
  if (finish.status === 'incomplete' && last?.['status'] !== undefined) last['status'] = 'incomplete';
  const state: ResponseState = {
    id: responseId(answer.id, identity.requestId),
    model: answer.model ?? identity.model,
    output,
    usage: answer.usage,
    ...finish,
  };
  return responseObject(state, identity);
}

/** Text and refusal beside each other are one message. */
function encodeOutput(parts: readonly Part[], identity: AnswerIdentity): JsonObject[] {
  const output: JsonObject[] = [];
  let said: JsonObject[] | undefined;
  for (const part of parts) {
    const content = saidContent(part);
    if (content === undefined) {
      const item = encodeItem(part, output.length, identity);
      if (item === undefined) continue;
      said = undefined;
      output.push(item);
    } else if (said === undefined) {
      said = [content];
      output.push(messageItem(itemId('msg', identity, output.length), 'completed', said));
    } else said.push(content);
  }
  return output;
}

function saidContent(part: Part): JsonObject | undefined {
  if (part.type === 'text') return textContent(part.text);
  return part.type === 'refusal' ? refusalContent(part.text) : undefined;
}

function encodeItem(part: Part, index: number, identity: AnswerIdentity): JsonObject | undefined {
  switch (part.type) {
    case 'reasoning': {
      const native = nativeReasoning(part.signature);
      const id = native === undefined || native.id === '' ? itemId('rs', identity, index) : native.id;
      const encrypted = part.signature === undefined ? undefined : encryptedContent(part.signature, id);
      return reasoningItem(id, part.text, encrypted);
    }
    case 'redacted-reasoning':
      return reasoningItem(itemId('rs', identity, index), '', encryptedRedacted(part.data));
    case 'tool-call': {
      const call = {
        itemId: itemId('fc', identity, index),
        callId: part.id,
        name: part.name,
        json: part.arguments === '' ? '{}' : part.arguments,
      };
      return callItem(call, 'completed', identity);
    }
    default:
      return undefined;
  }
}
