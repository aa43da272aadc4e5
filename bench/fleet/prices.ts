import type { OutcomeRow } from '../../src/evaluation/index.ts';

/** USD per 1M tokens, and the tokens that each recorded answer is reported with. */
export interface RecordedPrice {
  input: number;
  output: number;
  tokens(row: OutcomeRow): { inputTokens: number; outputTokens: number };
  /** Largest difference between a recorded cost and what the reported tokens come to. */
  errorUsd: number;
}

const perMillion = 1_000_000;
/** Half of the least amount that the ledger knows. */
const exactUsd = 0.5e-9;
/** Tokens that an answer of mean cost is reported with where tokens and costs do not go together. */
const inventedTokens = 2_000;

/**
 * The price list of one model, read off its recorded costs. Where recorded tokens at two rates do not give the recorded costs, as for costs that are
 * assumed, tokens are made up: only output, so many that the cost is met to a fraction of a thousandth of the mean.
 */
export function priceOf(rows: readonly OutcomeRow[], model: string): RecordedPrice {
  const outcomes = rows.map((row) => row.outcomes.get(model)!);
  const known = outcomes.flatMap(({ inTokens, outTokens, costUsd }) =>
    inTokens === undefined || outTokens === undefined ? [] : [{ x: inTokens, y: outTokens, usd: costUsd! }],
  );
  const fitted = known.length === outcomes.length ? ratesOf(known) : undefined;
  if (fitted !== undefined) {
    const tokens = (row: OutcomeRow) => {
      const { inTokens, outTokens } = row.outcomes.get(model)!;
      return { inputTokens: inTokens!, outputTokens: outTokens! };
    };
    return { ...fitted, tokens, errorUsd: largestError(fitted, rows, model, tokens) };
  }
  const mean = outcomes.reduce((sum, { costUsd }) => sum + costUsd!, 0) / outcomes.length;
  const output = rounded((mean / inventedTokens) * perMillion);
  const tokens = (row: OutcomeRow) => ({
    inputTokens: 0,
    outputTokens: Math.round((row.outcomes.get(model)!.costUsd! / output) * perMillion),
  });
  return { input: 0, output, tokens, errorUsd: largestError({ input: 0, output }, rows, model, tokens) };
}

const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

/** Least squares through all answers; undefined where no two rates give every cost. */
function ratesOf(
  all: { x: number; y: number; usd: number }[],
): { input: number; output: number } | undefined {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let xu = 0;
  let yu = 0;
  for (const { x, y, usd } of all) {
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xu += x * usd;
    yu += y * usd;
  }
  const determinant = xx * yy - xy * xy;
  if (!(determinant > 0)) return undefined;
  const input = rounded((perMillion * (xu * yy - yu * xy)) / determinant);
  const output = rounded((perMillion * (yu * xx - xu * xy)) / determinant);
  const fits = all.every(
    ({ x, y, usd }) => Math.abs((x * input + y * output) / perMillion - usd) <= exactUsd,
  );
  return fits && input >= 0 && output >= 0 ? { input, output } : undefined;
}

function largestError(
  { input, output }: { input: number; output: number },
  rows: readonly OutcomeRow[],
  model: string,
  tokens: RecordedPrice['tokens'],
): number {
  return rows.reduce((most, row) => {
    const { inputTokens, outputTokens } = tokens(row);
    const usd = (inputTokens * input + outputTokens * output) / perMillion;
    return Math.max(most, Math.abs(usd - row.outcomes.get(model)!.costUsd!));
  }, 0);
}
