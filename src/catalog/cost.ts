import type { Usage } from '../protocol/index.ts';
import { type NanoUsd, nanoFromPico } from '../std/index.ts';
import type { PriceRow } from './price.ts';

/**
 * What an answer cost at a price row, exactly: each token is charged once, in the one part it belongs to, and the sum is rounded
 * once. Parts that exceed the whole (a vendor's miscount) are charged as reported, and nothing is left as uncached. `requests` counts
 * what is billed by the call, such as the searches of a rerank (Cohere: one for each 100 documents, docs.cohere.com/docs/rerank-overview).
 */
export function costOf(usage: Usage, row: PriceRow, requests = 1): NanoUsd {
  const cacheRead = count(usage.cacheReadTokens);
  const cacheWrite = count(usage.cacheWriteTokens);
  const cacheWrite1h = Math.min(count(usage.cacheWrite1hTokens), cacheWrite);
  const uncached = Math.max(0, count(usage.inputTokens) - cacheRead - cacheWrite);
  const writeRate = row.cacheWrite ?? row.input;
  const reasoned = count(usage.reasoningTokens) > 0;
  return nanoFromPico(
    part(uncached, row.input) +
      part(cacheRead, row.cacheRead ?? row.input) +
      part(cacheWrite - cacheWrite1h, writeRate) +
      part(cacheWrite1h, row.cacheWrite1h ?? writeRate) +
      part(count(usage.outputTokens), reasoned ? (row.outputThinking ?? row.output) : row.output) +
      part(count(requests), row.perRequest ?? 0),
  );
}

function part(tokens: number, picoUsdPerToken: number): bigint {
  return BigInt(tokens) * BigInt(picoUsdPerToken);
}

/** Upstreams have reported null, negative and fractional counts; none of these may make a record fail. */
function count(tokens: number): number {
  return Number.isFinite(tokens) && tokens > 0 ? Math.trunc(tokens) : 0;
}
