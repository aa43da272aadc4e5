import { count, isImplausible } from '../dialects/read.ts';
import { isObject, type JsonObject } from '../json.ts';
import { noUsage, type Usage } from '../usage.ts';

/** What an answer beside chat is counted in where that is not tokens. */
export interface ServiceUnits {
  /** Images in the answer. */
  images?: number | undefined;
  /** Audio that was heard, in seconds. */
  seconds?: number | undefined;
  /** Searches, which some vendors bill rerankings by. */
  searches?: number | undefined;
}

export interface ServiceUsage {
  /** Undefined where the answer reports no tokens. */
  usage: Usage | undefined;
  units: ServiceUnits | undefined;
}

/**
 * Reads the usage of an answer beside chat: `usage` in the words of chat completions, of Responses and of the image and audio
 * endpoints, and Cohere's `meta`.
 */
export function serviceUsage(body: JsonObject): ServiceUsage {
  const meta = isObject(body['meta']) ? body['meta'] : {};
  const usage = isObject(body['usage']) ? body['usage'] : {};
  const billed = isObject(meta['billed_units']) ? meta['billed_units'] : {};
  return {
    usage: tokensOf(usage) ?? tokensOf(isObject(meta['tokens']) ? meta['tokens'] : {}) ?? tokensOf(billed),
    units: unitsOf({
      images: Array.isArray(body['data']) && isImage(body['data'][0]) ? body['data'].length : undefined,
      seconds: amount(usage['seconds']),
      searches: amount(billed['search_units']),
    }),
  };
}

/** Some report only the total. */
function tokensOf(reported: JsonObject): Usage | undefined {
  const given = [
    reported['prompt_tokens'] ?? reported['input_tokens'],
    reported['completion_tokens'] ?? reported['output_tokens'],
    reported['total_tokens'],
  ];
  if (given.some(isImplausible)) return undefined;
  const [input, output, total] = given.map(count);
  if (input === undefined && total === undefined) return undefined;
  const outputTokens = output ?? 0;
  const inputTokens = input ?? Math.max(0, (total ?? 0) - outputTokens);
  const details = reported['prompt_tokens_details'] ?? reported['input_tokens_details'];
  const cached = isObject(details) ? (count(details['cached_tokens']) ?? 0) : 0;
  const cacheReadTokens = Math.min(cached, inputTokens);
  return { ...noUsage, inputTokens, cacheReadTokens, outputTokens, raw: reported };
}

function unitsOf(units: ServiceUnits): ServiceUnits | undefined {
  return Object.values(units).some((value) => value !== undefined) ? units : undefined;
}

function isImage(value: unknown): boolean {
  return isObject(value) && (typeof value['url'] === 'string' || typeof value['b64_json'] === 'string');
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
