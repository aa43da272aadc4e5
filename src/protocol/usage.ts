import type { JsonObject } from './json.ts';

/**
 * Tokens of one answer, normalised so that vendors can be compared. Vendors disagree on what «input» means (Messages excludes
 * cached tokens, chat completions includes them) and on whether reasoning is inside the output;
 * a dialect's codec resolves that, and keeps the vendor's own object in `raw`.
 */
export interface Usage {
  /** All prompt tokens, cached or not. */
  inputTokens: number;
  /** Part of `inputTokens` served from the provider's prompt cache. */
  cacheReadTokens: number;
  /** Part of `inputTokens` written to the provider's prompt cache (any lifetime). */
  cacheWriteTokens: number;
  /** Part of `cacheWriteTokens` written with the one-hour lifetime, which costs more. */
  cacheWrite1hTokens: number;
  /** All generated tokens, reasoning included. */
  outputTokens: number;
  /** Part of `outputTokens` spent on reasoning. */
  reasoningTokens: number;
  /** The vendor's own usage object, as it came. */
  raw?: JsonObject | undefined;
}

export const noUsage: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
