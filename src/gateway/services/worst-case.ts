import { costOf, type Deployment, selectPrice } from '../../catalog/index.ts';
import { noUsage } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';

/** The most that a request can use. */
export interface TokenBound {
  inputTokens: number;
  outputTokens: number;
  /** What is billed by the call; absent = 1. */
  requests?: number | undefined;
}

/** What that costs at a deployment; undefined where its price is unknown. */
export function boundNano(deployment: Deployment, bound: TokenBound, atMs: number): NanoUsd | undefined {
  const { region } = deployment.provider;
  const { inputTokens, outputTokens, requests } = bound;
  const price = selectPrice(deployment.prices, { atMs, inputTokens, region });
  return price === undefined ? undefined : costOf({ ...noUsage, inputTokens, outputTokens }, price, requests);
}

/** Tokens that so many bytes of text usually have, for limits: four letters, or one and a third CJK characters. */
export function expectedTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}
