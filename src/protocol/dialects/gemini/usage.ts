import { isObject, type JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { count, isImplausible } from '../read.ts';

/**
 * The prompt's count has cached tokens in it; what tools of the provider put before the model, and the thoughts, stand beside prompt and
 * candidates. A total beyond all of them was generated as well: early thinking models counted thoughts nowhere else.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const prompt = count(value['promptTokenCount']);
  const candidates = count(value['candidatesTokenCount']);
  if (isImplausible(value['promptTokenCount']) || isImplausible(value['candidatesTokenCount']))
    return undefined;
  if (prompt === undefined && candidates === undefined) return undefined;
  const input = (prompt ?? 0) + (count(value['toolUsePromptTokenCount']) ?? 0);
  const thoughts = count(value['thoughtsTokenCount']) ?? 0;
  const counted = input + (candidates ?? 0) + thoughts;
  const apart = Math.max(0, (count(value['totalTokenCount']) ?? 0) - counted);
  return {
    inputTokens: input,
    cacheReadTokens: Math.min(count(value['cachedContentTokenCount']) ?? 0, input),
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: (candidates ?? 0) + thoughts + apart,
    reasoningTokens: thoughts + apart,
    raw: value,
  };
}

export function encodeUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: usage.inputTokens,
    ...(usage.cacheReadTokens > 0 ? { cachedContentTokenCount: usage.cacheReadTokens } : {}),
    candidatesTokenCount: usage.outputTokens - usage.reasoningTokens,
    ...(usage.reasoningTokens > 0 ? { thoughtsTokenCount: usage.reasoningTokens } : {}),
    totalTokenCount: usage.inputTokens + usage.outputTokens,
  };
}
