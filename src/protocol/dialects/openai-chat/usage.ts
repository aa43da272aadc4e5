import { isObject, type JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { count, isImplausible } from '../read.ts';

/**
 * Prompt tokens include cached ones here. Reasoning should be inside the completion tokens, but some vendors count it apart;
 * `total_tokens` tells: what is in the total and in neither count was generated as well.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  if (isImplausible(value['prompt_tokens']) || isImplausible(value['completion_tokens'])) return undefined;
  const input = count(value['prompt_tokens']) ?? hitsAndMisses(value);
  const completion = count(value['completion_tokens']);
  if (input === undefined && completion === undefined) return undefined;
  const promptDetails = isObject(value['prompt_tokens_details']) ? value['prompt_tokens_details'] : {};
  const completionDetails = isObject(value['completion_tokens_details'])
    ? value['completion_tokens_details']
    : {};

  const total = count(value['total_tokens']) ?? 0;
  const apart = Math.max(0, total - (input ?? 0) - (completion ?? 0));
  const output = (completion ?? 0) + apart;
  const reasoning = count(completionDetails['reasoning_tokens']) ?? count(value['reasoning_tokens']) ?? apart;

  const cacheRead =
    count(promptDetails['cached_tokens']) ??
    count(value['prompt_cache_hit_tokens']) ??
    count(value['cached_tokens']) ??
    0;
  const creation = isObject(promptDetails['cache_creation']) ? promptDetails['cache_creation'] : {};
  const cacheWrite =
    count(promptDetails['cache_write_tokens']) ??
    count(promptDetails['cache_creation_input_tokens']) ??
    count(value['cache_creation_input_tokens']) ??
    0;
  return {
    inputTokens: input ?? 0,
    cacheReadTokens: Math.min(cacheRead, input ?? 0),
    cacheWriteTokens: Math.min(cacheWrite, input ?? 0),
    cacheWrite1hTokens: Math.min(count(creation['ephemeral_1h_input_tokens']) ?? 0, cacheWrite),
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
    raw: value,
  };
}

/** Where the prompt is reported only as what the cache had and what it lacked. */
function hitsAndMisses(value: JsonObject): number | undefined {
  const hits = count(value['prompt_cache_hit_tokens']);
  const misses = count(value['prompt_cache_miss_tokens']);
  return hits === undefined || misses === undefined ? undefined : hits + misses;
}

export function encodeUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
