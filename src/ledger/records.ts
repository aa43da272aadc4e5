import type { RequestFacts } from '../policy/index.ts';
import type { ClientDialectName, ErrorCode, ServiceUnits, Usage } from '../protocol/index.ts';
import type { Decision, DecisionInputs } from '../router/index.ts';
import type { NanoUsd } from '../std/index.ts';

/** One upstream call. Exactly one record each, whatever happened. */
export interface AttemptRecord {
  id: string;
  requestId: string;
  /** 0 for the first. */
  index: number;
  deployment: string;
  model: string;
  provider: string;
  region: string | undefined;
  /** Effort preset it was called with; absent = `default`, also in older records. */
  effort?: 'off' | 'low' | 'high' | undefined;
  /** What a call was for; absent = simply to answer, also in older records. */
  role?: AttemptRole | undefined;
  /** Id of the provider's key it was made with, never the key; absent where there is none, and in older records. */
  credential?: string | undefined;
  startedAtMs: number;
  /** Milliseconds from start to the first content, undefined if none came. */
  firstContentMs: number | undefined;
  durationMs: number;
  /** The request was written twice, because the reused socket of the first writing was closing; absent in older records. */
  replayed?: boolean | undefined;
  /** `aborted`: the client left or the total timeout struck after content had begun. */
  outcome: 'answered' | 'failed' | 'aborted';
  status: number | undefined;
  error: ErrorCode | undefined;
  /** The operator's side of the story. No prompt, no key. */
  errorDetail: string | undefined;
  usage: Usage | undefined;
  /** `reported` by the upstream, `estimated` by us after an abort or where the upstream reports none, `none` where nothing was generated. */
  usageSource: 'reported' | 'estimated' | 'none';
  /** Undefined when the price is unknown. */
  costNano: NanoUsd | undefined;
  /** Which price row was used: its `from` date, vendor, region and tier, for audit. */
  priceRow: string | undefined;
}

/**
 * `voter`: its answer was to be compared with another's; `escalation`: those before it were not good enough. The others are no attempts to answer the client: `signal` was
 * asked what it thinks of the request, `shadow` what it would have answered, `judge` which of two answers is better.
 */
export type AttemptRole = 'voter' | 'escalation' | 'signal' | 'shadow' | 'judge';

/** Whether a client could have got its answer. */
export const isAttemptToAnswer = ({ role }: AttemptRecord): boolean =>
  role !== 'signal' && role !== 'shadow' && role !== 'judge';

/** What became of a plan in which answers are looked at before one is given out. Codes and numbers only. */
export interface CascadeRecord {
  /** As `planId` writes it. */
  plan: string;
  /** What was found at each look, in order. */
  verdicts: string[];
  /** Of each member whose answer failed checks, which. */
  faults: { [candidate: string]: string[] };
  /** How many of the members that could be compared gave the most common answer; absent where none could be. */
  agreement?: { agreed: number; compared: number } | undefined;
  /** P(right) of each member as judged by the answers there were at the last look. */
  posterior?: { [candidate: string]: number } | undefined;
  /** The plan's last member was called. */
  escalated: boolean;
  /** The member whose answer was given out; undefined where none of theirs was. */
  accepted: string | undefined;
}

/** What one guardrail made of a request or of its answer. */
export interface GuardrailRecord {
  name: string;
  phase: 'before' | 'after';
  /** `failed-…`: it could not be asked, and the configuration says what then. */
  action: 'allowed' | 'replaced' | 'blocked' | 'failed-open' | 'failed-closed';
  /** The guardrail's own code for a refusal, or why it could not be asked. */
  code: string | undefined;
  durationMs: number;
}

/** One client's call with all its attempts and its decision: the unit written to the ledger, once, when it is over. */
export interface RequestRecord {
  id: string;
  startedAtMs: number;
  durationMs: number;
  keyId: string;
  project: string | undefined;
  dialect: ClientDialectName;
  /** Endpoint beside chat, e.g. `embeddings`; `proof` for calls that were made to prove a route; absent for chat. */
  service?: string | undefined;
  /** The form of the route that it got, where that is not its usual one. */
  variant?: 'canary' | undefined;
  /** Of calls made to prove a route: the client's request that they are about. */
  about?: string | undefined;
  /** What the client asked for. */
  model: string;
  route: string | undefined;
  stream: boolean;
  /** The deployment that answered; undefined if none did. */
  deployment: string | undefined;
  outcome: 'answered' | 'failed' | 'aborted';
  /** HTTP status the client saw. */
  status: number;
  error: ErrorCode | undefined;
  usage: Usage | undefined;
  usageSource: 'reported' | 'estimated' | 'none';
  /** What the answer is counted in beside tokens; absent for chat. */
  units?: ServiceUnits | undefined;
  /** Sum over attempts; undefined when a price is unknown. */
  costNano: NanoUsd | undefined;
  /** What the reference would have cost for the same tokens; undefined when unknown. */
  referenceCostNano: NanoUsd | undefined;
  /**
   * What the reference would have cost had it answered the whole conversation and so had its prefix in its cache, an estimate; absent where
   * no route was called, where its price is unknown or nothing was answered, and in older records.
   */
  warmReference?: { costNano: NanoUsd; cacheReadTokens: number } | undefined;
  /**
   * What the decision expected: tokens of the answer by the candidate that gave it; cost of its call, or of the whole plan where answers
   * were looked at first. Absent where it expected nothing of that candidate, and in older records.
   */
  predicted?: { costNano: NanoUsd; outputTokens: number } | undefined;
  firstContentMs: number | undefined;
  simulated: boolean;
  session: string | undefined;
  tags: string[];
  /** The packs in force, and what they were told of the request; absent without any. */
  policy?: { version: string; facts: RequestFacts } | undefined;
  droppedParams: string[];
  /** In the order in which they were asked; absent where there were none, and in older records. */
  guardrails?: GuardrailRecord[] | undefined;
  /** Absent where the answer came from a plain plan, and in older records. */
  cascade?: CascadeRecord | undefined;
  attempts: AttemptRecord[];
  decision: Decision | undefined;
  /** What the decision was made of, so that it can be made again; absent without one, where it is too much to keep, and in older records. */
  inputs?: DecisionInputs | undefined;
}
