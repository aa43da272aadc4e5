import type { ForecastRow } from '../../src/proof/forecast/statistics/row.ts';
import { OutputLengths } from '../../src/router/index.ts';
import type { Recorded, RecordedPair } from './data.ts';

export interface MadeLog {
  rows: ForecastRow[];
  /** Makes rows of other requests as the same operator would see them. */
  rowsOf(recorded: readonly Recorded[]): ForecastRow[];
}

/**
 * A log of requests that the reference answered: its costs and lengths are known, the candidate's are expected from what its lengths teach, at prices that an operator
 * knows (fitted to the recorded costs and tokens of the whole set).
 */
export function madeLog(pair: RecordedPair, recorded: readonly Recorded[]): MadeLog {
  const lengths = new OutputLengths();
  const question = ({ task, askChars }: Recorded, model: string) => ({
    model,
    task,
    askChars,
    thinking: 'off' as const,
    format: 'free' as const,
  });
  for (const one of recorded) {
    const { outTokens } = one.reference;
    if (outTokens !== undefined && outTokens > 0)
      lengths.observe({ ...question(one, pair.reference), tokens: outTokens, whole: true });
  }
  // Before the call nobody knows how long the reference's answer will be: the policy goes by the mean.
  const referenceUsd =
    recorded.reduce((sum, { reference }) => sum + reference.costUsd!, 0) / Math.max(1, recorded.length);
  const price = pricesOf(pair);
  const cheapUsd = (one: Recorded): number =>
    price === undefined
      ? one.cheap.costUsd!
      : price.input * (one.cheap.inTokens ?? 0) + price.output * lengths.expected(question(one, pair.cheap));
  const rowsOf = (list: readonly Recorded[]): ForecastRow[] =>
    list.map((one, i) => {
      const usd = cheapUsd(one);
      return {
        referenceUsd: one.reference.costUsd!,
        referenceQuality: one.referenceQuality,
        referenceKnown: true,
        session: String(i),
        options: [
          {
            candidate: 0,
            loss: one.loss,
            lossHalf: one.lossHalf,
            quality: one.cheapQuality,
            usd,
            savedUsd: referenceUsd - usd,
          },
        ],
      };
    });
  return { rows: rowsOf(recorded), rowsOf };
}

/** USD per input and output token, by least squares; undefined where the set records no tokens. */
function pricesOf({ rows, hasTokens }: RecordedPair): { input: number; output: number } | undefined {
  if (!hasTokens) return undefined;
  let [ii, io, oo, iy, oy] = [0, 0, 0, 0, 0];
  for (const { cheap } of rows) {
    const [i, o, y] = [cheap.inTokens ?? 0, cheap.outTokens ?? 0, cheap.costUsd!];
    ii += i * i;
    io += i * o;
    oo += o * o;
    iy += i * y;
    oy += o * y;
  }
  const determinant = ii * oo - io * io;
  if (determinant <= 0) return undefined;
  return { input: (iy * oo - oy * io) / determinant, output: (oy * ii - iy * io) / determinant };
}
