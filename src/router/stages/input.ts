import type { Candidate } from '../../catalog/index.ts';
import type { PicoUsdPerToken } from '../../std/index.ts';
import type { AnswerComparison } from '../answer/terms.ts';
import type { Decision, DecisionTarget, Exclusion } from '../decision.ts';
import type { RequestReading } from '../features/shape.ts';

/** Rates that hold for this request at this hour, region and size. */
export interface TokenRates {
  input: PicoUsdPerToken;
  output: PicoUsdPerToken;
  /** Undefined where the vendor has no such rate; the input rate applies. */
  cacheRead: PicoUsdPerToken | undefined;
  /** Undefined where writing to the prompt cache costs nothing beyond reading. */
  cacheWrite?: PicoUsdPerToken | undefined;
}

export interface PricedCandidate {
  candidate: Candidate;
  /** Undefined when the price is unknown, which is never free. */
  rates: TokenRates | undefined;
  /** Undefined = the usual length for this kind of work. */
  expectedOutputTokens?: number | undefined;
}

/** A prompt prefix that a deployment was sent and may still hold. */
export interface WarmPlace {
  deployment: string;
  tokens: number;
  atMs: number;
}

/** What is remembered of the conversation that a request belongs to. */
export interface SessionState {
  /** Who answered its last turn: open tool loops and signed thinking are theirs. Undefined while only utility calls were answered. */
  home: { candidate: string; deployment: string; userTurns: number } | undefined;
  warm: WarmPlace[];
  /** Calls of the conversation that were answered so far. */
  calls: number;
  /** Usual time from one call to the next; undefined before the second. */
  gapMs: number | undefined;
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
  /** Undefined where the conversation is new or was forgotten. */
  session?: SessionState | undefined;
  /** The request marks what vendors that cache nothing by themselves are to cache. */
  cacheMarks?: boolean | undefined;
  /** Overrides the estimate by family of work. */
  expectedOutputTokens?: number | undefined;
  /** Ways of answering beyond a single call that the route allows; none when absent. */
  cascade?: { checks: boolean; votes: boolean } | undefined;
  /** How answers to the request can be compared; needed for votes alone. */
  comparison?: AnswerComparison | undefined;
  /** USD per whole answer of quality, set by a controller that paces a budget. */
  lambdaUsd?: number | undefined;
  /**
   * The key took more upgrades than the route lets one key have: the price of quality is multiplied by the factor, 0..1, and every
   * allowance divided by it, so that at 0 the cheapest candidate answers.
   */
  capped?: { share: number; max: number; lambdaFactor: number } | undefined;
}
