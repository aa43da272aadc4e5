import { costOf, type Deployment, selectPrice } from '../../catalog/index.ts';
import { noUsage } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';

/** The most that a request can use. */
export interface TokenBound {
  inputTokens: number;
  outputTokens: number;
}

/** What that costs at a deployment. An unknown price gives 0; keys with a budget never reach such a deployment, because policy refuses it. */
export function boundNano(deployment: Deployment, bound: TokenBound, atMs: number): NanoUsd {
  const { region } = deployment.provider;
  const price = selectPrice(deployment.prices, { atMs, inputTokens: bound.inputTokens, region });
  return price === undefined ? 0 : costOf({ ...noUsage, ...bound }, price);
}
