import type { CostParts, Shape } from '../decision.ts';
import { usualOutputTokens } from '../lengths/prior.ts';
import type { TokenRates } from './input.ts';

/** The usual length for this kind of work, where nothing was learned about who would answer. */
export function expectedOutputTokens(shape: Shape): number {
  const usual = usualOutputTokens[shape.task];
  return Math.max(1, Math.min(usual, shape.outputTokensMax ?? usual));
}

/** What a prompt cache does for one call. */
export interface CacheUse {
  /** Tokens of the prompt that the cache holds. */
  readTokens: number;
  /** The others are written to it. */
  writes: boolean;
}

/**
 * What one answer is expected to cost: the prefix a warm cache holds at its read price, the rest of the input at the price of reading
 * or, where that is dearer, of writing it to the cache, expected output. Whoever plans further calls adds them as escalation.
 */
export function costParts(
  rates: TokenRates | undefined,
  shape: Shape,
  { readTokens, writes }: CacheUse,
  outputTokens: number,
): CostParts | undefined {
  if (rates === undefined) return undefined;
  const cached = Math.min(Math.max(0, readTokens), shape.inputTokensEstimate);
  const fresh = shape.inputTokensEstimate - cached;
  const writeRate = writes ? (rates.cacheWrite ?? rates.input) : rates.input;
  const uncachedInputNano = nano(fresh, writeRate);
  const cacheWriteNano = uncachedInputNano - nano(fresh, rates.input);
  const cachedInputNano = nano(cached, rates.cacheRead ?? rates.input);
  const outputNano = nano(outputTokens, rates.output);
  return {
    uncachedInputNano,
    cachedInputNano,
    ...(cacheWriteNano === 0 ? {} : { cacheWriteNano }),
    outputNano,
    escalationNano: 0,
    totalNano: uncachedInputNano + cachedInputNano + outputNano,
    expectedOutputTokens: outputTokens,
  };
}

/** Pico-USD a token times tokens, in nano-USD; an estimate, so rounding each part is fine. */
const nano = (tokens: number, picoPerToken: number) => Math.round((tokens * picoPerToken) / 1000);
