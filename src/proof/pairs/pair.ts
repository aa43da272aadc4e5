import type { Language, TaskFamily } from '../../router/index.ts';
import type { NanoUsd } from '../../std/index.ts';

/** One request answered by both the reference and cheaper candidates, and judged. Numbers and names only; texts are in the capture. */
export interface Pair {
  /** `pair_…`, time-ordered. */
  id: string;
  route: string;
  requestId: string;
  /** The conversation's digest: pairs of one session depend on each other. */
  session: string;
  atMs: number;
  /** The frozen policy that it was drawn under; undefined = drawn before there was one, so it may only teach. */
  policy: string | undefined;
  /**
   * `learn`: it may fit the predictor and choose the next policy, and never counts towards a certificate. `test`: it counts, and teaches only after its policy has
   * ended. A session is in one of the two.
   */
  use: 'learn' | 'test';
  stratum: string;
  /** P(drawn), from the moment's share for its stratum: never 0 and never capped afterwards. */
  propensity: number;
  /** The smallest share of any stratum at that moment; `propensityLeast / propensity`, 0..1, is its weight. */
  propensityLeast: number;
  language: Language;
  task: TaskFamily;
  reference: string;
  /** Candidate that each rung of the policy's ladder would have called, most careful rung first; empty without a policy. */
  rungs: string[];
  /** The reference's first. */
  answers: PairAnswer[];
  /** It was drawn for a human label, with this probability; undefined = it was not. Only labels of those drawn correct a judge. */
  anchorPropensity: number | undefined;
  simulated: boolean;
}

export interface PairAnswer {
  candidate: string;
  deployment: string;
  model: string;
  /** The client got this answer. */
  served: boolean;
  outcome: 'answered' | 'failed';
  /** Undefined where the price is unknown. */
  costNano: NanoUsd | undefined;
  outputTokens: number | undefined;
  /** Codes of the route's own checks that it failed: the reference would have answered instead, so its loss on the route is 0. */
  faults: string[];
  /** Against the reference, −1 (better) to 1 (worse); 0 for the reference; undefined where it could not be graded. */
  loss: number | undefined;
  grade: Grade | undefined;
}

/** How a loss came about. */
export interface Grade {
  /** `exact`, `numeric`, `json-schema`, `tool-call`, `regex`, `command`, or `judge`. */
  grader: string;
  /** Deployment of the judge; undefined for deterministic graders. */
  judge: string | undefined;
  /** What a judge said of the candidate in each order, reference first, then candidate first. */
  verdicts: ('win' | 'tie' | 'lose')[];
  /** Candidate's length over the reference's, in characters: judges like long answers. */
  lengthRatio: number | undefined;
  /** Of judging alone. */
  costNano: NanoUsd | undefined;
}

/** What a human said of one answer of a pair, blind to which model wrote it. */
export interface Label {
  pairId: string;
  candidate: string;
  /** −1 the candidate's is better, 0 as good, 1 worse. */
  loss: number;
  /** Key that gave it. */
  by: string;
  comment: string | undefined;
  atMs: number;
}

/** The texts of a request and its answers, kept only where the route says so, and no longer than it says. */
export interface Capture {
  requestId: string;
  route: string;
  pairId: string | undefined;
  dialect: string;
  atMs: number;
  expiresAtMs: number;
  /** The body as the client sent it, after guardrails. */
  request: string;
  /** By candidate: the answer as JSON of `ChatAnswer`. */
  answers: { [candidate: string]: string };
}
