import type { CostParts, Shape, TaskFamily } from '../decision.ts';
import type { PredictorParameters } from '../predictor/parameters.ts';
import type { TokenRates } from './input.ts';

/** Families without enough recorded answers: usual lengths, so that costs of candidates stay comparable. */
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

/** Fewer recorded answers than this say less than the usual length. */
const outputRowsMin = 200;

export function expectedOutputTokens(shape: Shape, parameters: PredictorParameters): number {
  const recorded = parameters.outputTokens.get(shape.task);
  const expected =
    recorded !== undefined && recorded.rows >= outputRowsMin ? recorded.mean : usualOutputTokens[shape.task];
  return Math.max(1, Math.min(expected, shape.outputTokensMax ?? expected));
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
