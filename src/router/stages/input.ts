import type { Candidate } from '../../catalog/index.ts';
import type { PicoUsdPerToken } from '../../std/index.ts';
import type { Decision, DecisionTarget, Exclusion } from '../decision.ts';
import type { RequestReading } from '../features/shape.ts';

/** Rates that hold for this request at this hour, region and size. */
export interface TokenRates {
  input: PicoUsdPerToken;
  output: PicoUsdPerToken;
  /** Undefined where the vendor has no such rate; the input rate applies. */
  cacheRead: PicoUsdPerToken | undefined;
}

export interface PricedCandidate {
  candidate: Candidate;
  /** Undefined when the price is unknown, which is never free. */
  rates: TokenRates | undefined;
}

/** Everything a decision is made of: it reads no clock, no environment and no state, so it can be made again from the ledger. */
export interface DecideInput {
  id: string;
  nowMs: number;
  route: string | undefined;
  mode: Decision['mode'];
  target: DecisionTarget;
  reading: Pick<RequestReading, 'shape' | 'vector'>;
  /** Quality is relative to it, even where policy or capability keep it from serving. */
  reference: Candidate;
  /** What policy allows, in the operator's order; the reference is one of them unless it is excluded. */
  candidates: PricedCandidate[];
  /** What policy has refused. */
  excluded: Exclusion[];
  /** Deployments that health rules out now, with the reason in words. */
  unavailable?: { deployment: string; why: string }[] | undefined;
  /** The deployment that served this session last, and how many tokens of the prefix it may still hold. */
  warm?: { deployment: string; tokens: number } | undefined;
  /** Overrides the estimate by family of work. */
  expectedOutputTokens?: number | undefined;
  /** USD per whole answer of quality, set by a controller that paces a budget. */
  lambdaUsd?: number | undefined;
}
