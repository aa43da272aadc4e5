import type { RecordedAnswers } from '../../src/evaluation/cascades/recorded.ts';
import { type LengthQuestion, OutputLengths } from '../../src/router/index.ts';
import type { RecordedPrice } from './prices.ts';
import type { Reading } from './readings.ts';

/** What is expected of the cost of each model before a row is answered, and what is learned from who answered it. */
export interface ExpectedCosts {
  of(row: number): Float64Array;
  observe(row: number, asked: readonly string[]): void;
}

/** As the evaluation expects them: for every row the mean of the rows that count. */
export function meanCosts({ usd }: RecordedAnswers, counts: (row: number) => boolean): ExpectedCosts {
  const means = Float64Array.from(usd, (own) => mean(own.filter((_, i) => counts(i))));
  return { of: () => means, observe: () => {} };
}

export const mean = (values: Float64Array) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** As the fleet's deployments are configured. */
export const outputTokensMax = 16_384;

/**
 * As the gateway expects them: its estimate of the request's own tokens, and lengths learned one answer at a time from what was called, in the order of
 * the replay.
 */
export function learnedCosts(
  recorded: RecordedAnswers,
  readings: readonly Reading[],
  prices: ReadonlyMap<string, RecordedPrice>,
  isWhole: (row: number, model: string) => boolean,
): ExpectedCosts {
  const lengths = new OutputLengths();
  const questionOf = (row: number, model: string): LengthQuestion => {
    const { task, askChars, wantsShortAnswer } = readings[row]!.shape;
    return { model, task, askChars, thinking: 'off', format: wantsShortAnswer ? 'short' : 'free' };
  };
  return {
    of: (row) =>
      Float64Array.from(recorded.models, (model) => {
        const { input, output } = prices.get(model)!;
        const tokens = lengths.expected(questionOf(row, model), outputTokensMax);
        return (readings[row]!.shape.inputTokensEstimate * input + tokens * output) / 1e6;
      }),
    observe(row, asked) {
      for (const model of asked) {
        const outcome = recorded.rows[row]!;
        const { outputTokens } = prices.get(model)!.tokens(outcome);
        if (outputTokens <= 0) continue;
        lengths.observe({ ...questionOf(row, model), tokens: outputTokens, whole: isWhole(row, model) });
      }
    },
  };
}
