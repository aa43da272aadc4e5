import { costOf, type Deployment, selectPrice } from '../catalog/index.ts';
import { type ChatRequest, noUsage } from '../protocol/index.ts';
import type { Shape } from '../router/index.ts';
import type { NanoUsd } from '../std/index.ts';

/**
 * The most one attempt can cost: every byte-bound token uncached, and all the output the client allows. An unknown price gives
 * 0 here; keys with a budget never reach such a deployment, because policy refuses it.
 */
export function worstCaseNano(
  deployment: Deployment,
  request: ChatRequest,
  shape: Shape,
  nowMs: number,
): NanoUsd {
  const inputTokens = shape.inputTokensBound;
  const limit = shape.outputTokensMax ?? deployment.model.outputTokensMax;
  const outputTokens =
    Math.min(limit + thinkingBeside(deployment, request), deployment.model.outputTokensMax) * request.choices;
  const price = selectPrice(deployment.prices, {
    atMs: nowMs,
    inputTokens,
    region: deployment.provider.region,
  });
  if (price === undefined) return 0;
  const read = costOf({ ...noUsage, inputTokens, outputTokens }, price);
  const written = costOf({ ...noUsage, inputTokens, cacheWriteTokens: inputTokens, outputTokens }, price);
  return Math.max(read, written);
}

/** Thinking that an output limit does not bound, and that is paid all the same. */
function thinkingBeside({ model, provider }: Deployment, { reasoning }: ChatRequest): number {
  if (provider.quirks.thinkingOutsideMaxTokens !== true || model.capabilities.reasoning === 'none') return 0;
  return reasoning?.enabled === false ? 0 : (reasoning?.budgetTokens ?? model.outputTokensMax);
}
