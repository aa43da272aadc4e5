import type { CostParts, Shape, TaskFamily } from '../decision.ts';
import type { TokenRates } from './input.ts';

/**
 * Usual lengths of answers. The recorded sets do not tell (examination answers are a letter long), so these only keep the
 * costs of candidates comparable until lengths are learned from the ledger.
 */
const usualOutputTokens: Record<TaskFamily, number> = {
  chat: 300,
  lookup: 150,
  extraction: 200,
  rewrite: 300,
  translate: 300,
  summarise: 300,
  maths: 300,
  code: 600,
  'agent-step': 300,
  reasoning: 400,
  'long-context': 500,
  creative: 800,
  utility: 60,
};

export function expectedOutputTokens(shape: Shape): number {
  const usual = usualOutputTokens[shape.task];
  return Math.max(1, Math.min(usual, shape.outputTokensMax ?? usual));
}

/**
 * What one answer is expected to cost: uncached input, the prefix a warm cache holds at its read price, expected output. All
 * candidates are priced on the same expected tokens.
 */
export function costParts(
  rates: TokenRates | undefined,
  shape: Shape,
  cachedTokens: number,
  outputTokens: number,
): CostParts | undefined {
  if (rates === undefined) return undefined;
  const cached = Math.min(Math.max(0, cachedTokens), shape.inputTokensEstimate);
  const uncachedInputNano = nano(shape.inputTokensEstimate - cached, rates.input);
  const cachedInputNano = nano(cached, rates.cacheRead ?? rates.input);
  const outputNano = nano(outputTokens, rates.output);
  return {
    uncachedInputNano,
    cachedInputNano,
    outputNano,
    escalationNano: 0,
    totalNano: uncachedInputNano + cachedInputNano + outputNano,
    expectedOutputTokens: outputTokens,
  };
}

/** Pico-USD a token times tokens, in nano-USD; an estimate, so rounding each part is fine. */
const nano = (tokens: number, picoPerToken: number) => Math.round((tokens * picoPerToken) / 1000);
