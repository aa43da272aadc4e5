import type { Candidate, Capabilities, Finding, Model, Score } from '../../catalog/index.ts';
import type { Provider } from '../../providers/index.ts';
import type { PicoUsdPerToken } from '../../std/index.ts';
import type { AnswerComparison } from '../answer/terms.ts';
import type { AskedSignals, Decision, DecisionTarget, Exclusion, Ladder } from '../decision.ts';
import type { AskNumbers } from '../features/numbers.ts';
import type { RequestReading } from '../features/shape.ts';
import type { OwnReading } from '../predictor/own/reading.ts';
import type { AskSignals } from '../predictor/signals.ts';

/** Rates that hold for this request at this hour, region and size. */
export interface TokenRates {
  input: PicoUsdPerToken;
  output: PicoUsdPerToken;
  /** Undefined where the vendor has no such rate; the input rate applies. */
  cacheRead: PicoUsdPerToken | undefined;
  /** Undefined where writing to the prompt cache costs nothing beyond reading. */
  cacheWrite?: PicoUsdPerToken | undefined;
}

/**
 * What a decision reads of a model. Nothing else of the catalogue can change a decision, so nothing else has to be stored with it: what reads
 * more must add it here and to what is stored (`replay/facts.ts`).
 */
export interface ModelFacts extends Pick<Model, 'id' | 'aliases' | 'contextTokens' | 'outputTokensMax'> {
  capabilities: Pick<Capabilities, 'tools' | 'jsonSchema' | 'imageInput' | 'documentInput' | 'reasoning'>;
  scores: readonly Pick<Score, 'benchmark' | 'value'>[];
  /** Only whether there are any. */
  facts: { readonly length: number };
}

export interface DeploymentFacts {
  id: string;
  model: ModelFacts;
  provider: { quirks: Pick<Provider['quirks'], 'jsonSchema' | 'promptCache'> };
  findings?: readonly Pick<Finding, 'capability' | 'value' | 'evidence' | 'atMs'>[] | undefined;
}

/** A candidate as far as a decision reads it. */
export interface CandidateFacts {
  id: string;
  deployment: DeploymentFacts;
  effort: Candidate['effort'];
}

export interface PricedCandidate {
  candidate: CandidateFacts;
  /** Undefined when the price is unknown, which is never free. */
  rates: TokenRates | undefined;
  /** Undefined = the usual length for this kind of work. */
  expectedOutputTokens?: number | undefined;
  /** Chance, 0..1, that thinking as its preset says uses up the output limit before there is an answer. Absent = 0. */
  cutShare?: number | undefined;
}

/** A prompt prefix that a deployment was sent and may still hold. */
export interface WarmPlace {
  deployment: string;
  tokens: number;
  atMs: number;
}

/** Who answered the last turn of a conversation, and what tells whether a request asks the same again. */
export interface SessionHome {
  candidate: string;
  deployment: string;
  userTurns: number;
  /** Of the request that was answered. Absent in older records, as what follows. */
  askChars?: number | undefined;
  messages?: number | undefined;
  /** How often the same ask was begun again. */
  repeats?: number | undefined;
}

/** What is remembered of the conversation that a request belongs to. */
export interface SessionState {
  /** Who answered its last turn: open tool loops and signed thinking are theirs. Undefined while only utility calls were answered. */
  home: SessionHome | undefined;
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
  /** What the predictor read of the ask; read from `reading.vector` when absent. */
  ask?: AskNumbers | undefined;
  /** What services said of the ask that were asked because the router was undecided; absent where none was asked or answered. */
  signals?: AskSignals | undefined;
  /** What the installation's own outcomes say of the reference and the candidates; absent where there are none, and where the route does not use them. */
  own?: OwnReading | undefined;
  /** How the asking went, for the record alone. */
  asked?: AskedSignals | undefined;
  /** Quality is relative to it, even where policy or capability keep it from serving. */
  reference: CandidateFacts;
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
  /** The route's frozen policy; absent where it has none. */
  ladder?: Ladder | undefined;
  /** USD per whole answer of quality, set by a controller that paces a budget. */
  lambdaUsd?: number | undefined;
  /**
   * The key took more upgrades than the route lets one key have: the price of quality is multiplied by the factor, 0..1, and every
   * allowance divided by it, so that at 0 the cheapest candidate answers.
   */
  capped?: { share: number; max: number; lambdaFactor: number } | undefined;
}
