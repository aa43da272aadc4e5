import type { EncodeTarget } from '../dialect.ts';
import { isObject } from '../json.ts';
import type { ChatRequest } from '../request.ts';
import { type EncodedReasoning, encodeReasoning } from './reasoning.ts';

const thinkingTokensMin = 1024;
/** The part of the output limit that thinking may take at most, so that an answer still fits. */
const thinkingShareMax = 0.8;

/**
 * What the client asked of thinking, as Claude takes it. A fixed budget has conditions: room under the output limit, no forced
 * tool call, and, inside a tool loop, the signed thinking that began it. Where one fails, the upstream would refuse the whole
 * request, so it goes without thinking.
 */
export function encodeThinking(
  request: ChatRequest,
  target: EncodeTarget,
  maxTokens: number,
): EncodedReasoning {
  const encoded = encodeReasoning(request.reasoning, target);
  const thinking = encoded.fields['thinking'];
  if (!isObject(thinking) || thinking['type'] === 'disabled') return encoded;
  if (toolCallIsForced(request)) return { fields: {}, carried: false };
  if (thinking['type'] !== 'enabled') return encoded;
  const asked = typeof thinking['budget_tokens'] === 'number' ? thinking['budget_tokens'] : 8192;
  const explicit = request.reasoning?.budgetTokens !== undefined;
  const room = explicit ? maxTokens - 1 : Math.floor(maxTokens * thinkingShareMax);
  const budget = Math.min(Math.max(asked, thinkingTokensMin), room);
  if (budget < thinkingTokensMin || inLoopWithoutThinking(request)) return { fields: {}, carried: false };
  return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, carried: true };
}

function toolCallIsForced(request: ChatRequest): boolean {
  const { toolChoice } = request;
  return request.tools.length > 0 && (toolChoice === 'required' || typeof toolChoice === 'object');
}

function inLoopWithoutThinking(request: ChatRequest): boolean {
  const { messages } = request;
  if (messages.at(-1)?.role !== 'tool') return false;
  const start = messages.findLast((message) => message.role === 'assistant');
  return !start?.parts.some(
    (part) =>
      part.type === 'redacted-reasoning' || (part.type === 'reasoning' && part.signature !== undefined),
  );
}
