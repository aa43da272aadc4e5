import { noUsage, type Usage } from '../protocol/index.ts';
import type { NanoUsd } from '../std/index.ts';
import { costOf } from './cost.ts';
import type { PriceRow } from './price.ts';
import { selectPrice } from './select-price.ts';

/** The most that a request may use, and when and where it does. */
export interface WorstUse {
  atMs: number;
  region: string | undefined;
  inputTokens: number;
  outputTokens: number;
  /** The request asks for a cache that lives an hour, which costs more to write. */
  hourCache: boolean;
}

/**
 * The most that such a request can cost: the dearest of all that may become of its input (read, written to a cache) and of its output
 * (thought, said). A bound beyond the last size with a known price is charged at that price, because the request itself is smaller as
 * a rule. Undefined where no size up to the bound has a price.
 */
export function worstCostOf(rows: PriceRow[], use: WorstUse): NanoUsd | undefined {
  const { inputTokens, outputTokens } = use;
  const ends = rows.flatMap(({ inputTokensUpTo: end }) =>
    end !== undefined && end < inputTokens ? [end] : [],
  );
  const written = { cacheWriteTokens: inputTokens };
  const inputs: Partial<Usage>[] = [{}, written];
  if (use.hourCache) inputs.push({ ...written, cacheWrite1hTokens: inputTokens });
  let worst: NanoUsd | undefined;
  for (const size of [inputTokens, ...ends]) {
    const price = selectPrice(rows, { atMs: use.atMs, region: use.region, inputTokens: size });
    if (price === undefined) continue;
    for (const input of inputs) {
      for (const reasoningTokens of [0, outputTokens]) {
        const usage = { ...noUsage, inputTokens, outputTokens, ...input, reasoningTokens };
        worst = Math.max(worst ?? 0, costOf(usage, price));
      }
    }
  }
  return worst;
}
