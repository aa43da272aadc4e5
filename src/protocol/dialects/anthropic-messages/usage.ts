import { isObject, type JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { count, isImplausible } from '../read.ts';

/** Cached input is apart from `input_tokens` here; our count has all of it. */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  if (isImplausible(value['input_tokens']) || isImplausible(value['output_tokens'])) return undefined;
  const uncached = count(value['input_tokens']);
  const output = count(value['output_tokens']);
  if (uncached === undefined && output === undefined) return undefined;
  const creation = isObject(value['cache_creation']) ? value['cache_creation'] : {};
  const write1h = count(creation['ephemeral_1h_input_tokens']) ?? 0;
  const write5m = count(creation['ephemeral_5m_input_tokens']) ?? 0;
  const read = count(value['cache_read_input_tokens']) ?? 0;
  const write = count(value['cache_creation_input_tokens']) ?? write1h + write5m;
  const details = isObject(value['output_tokens_details']) ? value['output_tokens_details'] : {};
  return {
    inputTokens: (uncached ?? 0) + read + write,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    cacheWrite1hTokens: Math.min(write1h, write),
    outputTokens: output ?? 0,
    reasoningTokens: Math.min(count(details['thinking_tokens']) ?? 0, output ?? 0),
    raw: value,
  };
}

/** A stream reports usage twice; the later object counts the whole message again, in fewer fields. */
export function mergeUsage(first: JsonObject | undefined, later: JsonObject): JsonObject {
  const merged: JsonObject = { ...first };
  for (const [key, value] of Object.entries(later)) {
    if (value !== null && value !== undefined) merged[key] = value;
  }
  return merged;
}

/** The fields of `message_delta`, which counts the whole message; its type has no place for the lifetimes of cache writes. */
export function encodeDeltaUsage(usage: Usage | undefined): JsonObject {
  return commonUsage(usage);
}

export function encodeUsage(usage: Usage | undefined): JsonObject {
  return {
    ...commonUsage(usage),
    cache_creation: encodeLifetimes(usage),
    inference_geo: null,
    service_tier: null,
    speed: null,
  };
}

function commonUsage(usage: Usage | undefined): JsonObject {
  const input = usage?.inputTokens ?? 0;
  const read = usage?.cacheReadTokens ?? 0;
  const write = usage?.cacheWriteTokens ?? 0;
  return {
    input_tokens: Math.max(0, input - read - write),
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details:
      usage === undefined || usage.reasoningTokens === 0 ? null : { thinking_tokens: usage.reasoningTokens },
    server_tool_use: null,
  };
}

function encodeLifetimes(usage: Usage | undefined): JsonObject {
  const write = usage?.cacheWriteTokens ?? 0;
  const write1h = usage?.cacheWrite1hTokens ?? 0;
  return { ephemeral_5m_input_tokens: write - write1h, ephemeral_1h_input_tokens: write1h };
}
