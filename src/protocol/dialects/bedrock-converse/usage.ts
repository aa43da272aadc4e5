import { isObject, type JsonObject } from '../../json.ts';
import { noUsage, type Usage } from '../../usage.ts';
import { count, isImplausible } from '../read.ts';

/** Cached input is apart from `inputTokens` here; our count has all of it. Reasoning is inside the output and is not told. */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  if (isImplausible(value['inputTokens']) || isImplausible(value['outputTokens'])) return undefined;
  const uncached = count(value['inputTokens']);
  const output = count(value['outputTokens']);
  if (uncached === undefined && output === undefined) return undefined;
  const read = count(value['cacheReadInputTokens']) ?? 0;
  const written = writes(value['cacheDetails']);
  const write = count(value['cacheWriteInputTokens']) ?? written.total;
  return {
    inputTokens: (uncached ?? 0) + read + write,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    cacheWrite1hTokens: Math.min(written.oneHour, write),
    outputTokens: output ?? 0,
    reasoningTokens: 0,
    raw: value,
  };
}

/** `cacheDetails` tells the tokens written for each lifetime. */
function writes(details: unknown): { total: number; oneHour: number } {
  let total = 0;
  let oneHour = 0;
  for (const each of Array.isArray(details) ? details : []) {
    const tokens = isObject(each) ? (count(each['inputTokens']) ?? 0) : 0;
    total += tokens;
    if (isObject(each) && each['ttl'] === '1h') oneHour += tokens;
  }
  return { total, oneHour };
}

export function encodeUsage(usage: Usage = noUsage): JsonObject {
  const { inputTokens: input, outputTokens, cacheReadTokens: read, cacheWriteTokens: write } = usage;
  const lifetimes = [
    { ttl: '1h', inputTokens: usage.cacheWrite1hTokens },
    { ttl: '5m', inputTokens: write - usage.cacheWrite1hTokens },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return {
    inputTokens: Math.max(0, input - read - write),
    outputTokens,
    totalTokens: input + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: write,
    ...(lifetimes.length > 0 ? { cacheDetails: lifetimes } : {}),
  };
}
