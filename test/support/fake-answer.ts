import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { isObject, type JsonObject } from '../../src/protocol/index.ts';
import type { FakeContent, FakeReply } from './fake-reply.ts';
import { sampleOf } from './schema-sample.ts';

export interface Piece {
  text: string;
  tokens: number;
}

/** What an answer consists of, before a dialect gives it a form. */
export interface FakeAnswer {
  id: string;
  model: string;
  reasoning: Piece[];
  text: Piece[];
  refusal: string | undefined;
  toolCalls: { id: string; name: string; fragments: Piece[] }[];
  finish: string | undefined;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

/** What the request asks for, read from either dialect. */
export interface Asked {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  /** The tool a cooperative model calls now, with its argument schema. */
  tool: { name: string; schema: unknown } | undefined;
  /** Schema of a structured answer. */
  jsonSchema: unknown;
  promptText: string;
  /** The request itself, for dialects whose answers repeat parts of it. */
  body?: JsonObject;
}

const paddingChunk = 'x'.repeat(16 * 1024);

export function composeAnswer(index: number, asked: Asked, reply: FakeReply): FakeAnswer {
  const callsTool = reply.toolCalls === undefined && reply.text === undefined && asked.tool !== undefined;
  const toolCalls = (
    callsTool
      ? [{ name: asked.tool!.name, arguments: JSON.stringify(sampleOf(asked.tool!.schema)) }]
      : (reply.toolCalls ?? [])
  ).map((call, at) => ({
    id: ('id' in call ? call.id : undefined) ?? `call_${index}_${at}`,
    name: call.name,
    fragments: pieces(typeof call.arguments === 'string' ? halves(call.arguments) : call.arguments),
  }));
  const text = [
    ...pieces(reply.text ?? (toolCalls.length > 0 || reply.refusal !== undefined ? [] : defaultText(asked))),
    ...padding(reply),
  ];
  const reasoning = pieces(reply.reasoning ?? []);
  const sum = (list: Piece[]): number => list.reduce((total, piece) => total + piece.tokens, 0);
  const reasoningTokens = reply.reasoningTokens ?? sum(reasoning);
  return {
    id: `fake-${index}`,
    model: reply.model ?? asked.model,
    reasoning,
    text,
    refusal: reply.refusal,
    toolCalls,
    finish: reply.finish,
    inputTokens: reply.inputTokens ?? countTokens(asked.promptText) + 3,
    cacheReadTokens: reply.cacheReadTokens ?? 0,
    cacheWriteTokens: reply.cacheWriteTokens ?? 0,
    outputTokens:
      reply.outputTokens ??
      reasoningTokens +
        sum(text) +
        countTokens(reply.refusal ?? '') +
        toolCalls.reduce((total, call) => total + countTokens(call.name) + sum(call.fragments), 0),
    reasoningTokens,
  };
}

function defaultText(asked: Asked): string[] {
  if (asked.jsonSchema !== undefined) return halves(JSON.stringify(sampleOf(asked.jsonSchema)));
  return ['This ', 'is ', 'the ', 'answer ', 'of ', asked.model, '.'];
}

function padding(reply: FakeReply): Piece[] {
  const count = Math.ceil((reply.paddingBytes ?? 0) / paddingChunk.length);
  return Array.from({ length: count }, () => ({ text: paddingChunk, tokens: 0 }));
}

function pieces(content: FakeContent): Piece[] {
  const list = typeof content === 'string' ? (content === '' ? [] : [content]) : content;
  return list.map((piece) =>
    typeof piece === 'string' ? { text: piece, tokens: countTokens(piece) } : piece,
  );
}

function halves(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '');
}

export function joined(list: Piece[]): string {
  return list.map((piece) => piece.text).join('');
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
