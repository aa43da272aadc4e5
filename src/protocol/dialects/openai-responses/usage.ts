import { isObject, type JsonObject } from '../../json.ts';
import type { Usage } from '../../usage.ts';
import { count, isImplausible } from '../read.ts';

/**
 * Input tokens include cached ones here, and reasoning is inside the output. As in chat completions, a vendor may count reasoning
 * apart; what is in the total and in neither count was generated as well.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  if (isImplausible(value['input_tokens']) || isImplausible(value['output_tokens'])) return undefined;
  const input = count(value['input_tokens']);
  const generated = count(value['output_tokens']);
  if (input === undefined && generated === undefined) return undefined;
  const inputDetails = isObject(value['input_tokens_details']) ? value['input_tokens_details'] : {};
  const outputDetails = isObject(value['output_tokens_details']) ? value['output_tokens_details'] : {};

  const total = count(value['total_tokens']) ?? 0;
  const apart = Math.max(0, total - (input ?? 0) - (generated ?? 0));
  const output = (generated ?? 0) + apart;
  const reasoning = count(outputDetails['reasoning_tokens']) ?? apart;
  return {
    inputTokens: input ?? 0,
    cacheReadTokens: Math.min(count(inputDetails['cached_tokens']) ?? 0, input ?? 0),
    cacheWriteTokens: Math.min(count(inputDetails['cache_write_tokens']) ?? 0, input ?? 0),
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.min(reasoning, output),
    raw: value,
  };
}

/** The published schema knows no answer without usage, also where nothing was counted yet. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const input = usage?.inputTokens ?? 0;
  const output = usage?.outputTokens ?? 0;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage?.cacheReadTokens ?? 0,
      cache_write_tokens: usage?.cacheWriteTokens ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage?.reasoningTokens ?? 0 },
    total_tokens: input + output,
  };
}
