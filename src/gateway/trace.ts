import type { Candidate, Deployment } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import type { AttemptRecord, AttemptRole, CascadeRecord, GuardrailRecord } from '../ledger/index.ts';
import type { PolicyGate } from '../policy/index.ts';
import type { ChatRequest, GatewayError } from '../protocol/index.ts';
import type { Decision, DecisionInputs } from '../router/index.ts';
import type { ClientCall } from './call.ts';
import { AnswerTally } from './tally.ts';
import type { CallTarget } from './target.ts';

/** What is known of any upstream call while it runs and after. */
export interface CallTrace {
  id: string;
  deployment: Deployment;
  /** Id of the key it was made with; undefined where there is none. */
  credential: string | undefined;
  startedAtMs: number;
  startedMonotonicMs: number;
  firstContentMs: number | undefined;
  durationMs: number;
  outcome: 'running' | 'answered' | 'failed' | 'aborted';
  status: number | undefined;
  error: GatewayError | undefined;
  /** The request was written twice: its first, reused socket was closing. */
  replayed: boolean;
}

/** What is known of one attempt to answer a chat request. */
export interface AttemptTrace extends CallTrace {
  index: number;
  effort: Candidate['effort'];
  role: AttemptRole | undefined;
  tally: AnswerTally;
  dropped: string[];
}

/** Calls made for the sake of the decision. */
export interface SignalCalls {
  /** One for each call, with a role, once all are over and their own reservation is settled. Never rejects. */
  records: Promise<AttemptRecord[]>;
}

/** What is known of one request while it runs; `settle` turns it into the ledger's record. */
export interface RequestTrace {
  call: ClientCall;
  principal: Principal;
  request: ChatRequest;
  /** Undefined while the name in the request has not been resolved. */
  target: CallTarget | undefined;
  /** Says who may see it and where it may be kept; undefined while the name has not been resolved. */
  gate?: PolicyGate | undefined;
  decision: Decision | undefined;
  /** What the decision was made of; undefined also where it is too much to keep. */
  inputs?: DecisionInputs | undefined;
  tags: string[];
  startedMonotonicMs: number;
  /** Attempts to answer; what signals were asked is beside them. */
  attempts: AttemptTrace[];
  /** The calls of signals that were asked before the request was; absent where none was. */
  signals?: SignalCalls | undefined;
  /** What was noted of guardrails; absent where none concerns the request. */
  guardrails?: GuardrailRecord[] | undefined;
  /** Set where answers were looked at before one was given out. */
  cascade?: CascadeRecord | undefined;
  /** Whose answer was chosen out of several, and when; absent where the last attempt is the answer. */
  chosen?: { attempt: AttemptTrace; monotonicMs: number } | undefined;
}

/** The attempt whose answer the client gets, or else the last one made. */
export function answeringAttempt({ chosen, attempts }: RequestTrace): AttemptTrace | undefined {
  return chosen?.attempt ?? attempts.at(-1);
}

export function beginTrace(
  call: ClientCall,
  principal: Principal,
  request: ChatRequest,
  tags: string[],
  startedMonotonicMs: number,
): RequestTrace {
  return {
    call,
    principal,
    request,
    target: undefined,
    decision: undefined,
    tags,
    startedMonotonicMs,
    attempts: [],
  };
}

export function beginAttempt(
  trace: RequestTrace,
  deployment: Deployment,
  made: {
    id: string;
    nowMs: number;
    monotonicMs: number;
    effort: Candidate['effort'];
    role: AttemptRole | undefined;
    credential: string | undefined;
    dropped: string[];
  },
): AttemptTrace {
  const attempt: AttemptTrace = {
    ...beginCall({
      id: made.id,
      deployment,
      credential: made.credential,
      startedAtMs: made.nowMs,
      startedMonotonicMs: made.monotonicMs,
    }),
    index: trace.attempts.length,
    effort: made.effort,
    role: made.role,
    tally: new AnswerTally(),
    dropped: made.dropped,
  };
  trace.attempts.push(attempt);
  return attempt;
}

/** A call that starts now. */
export function beginCall(
  made: Pick<CallTrace, 'id' | 'deployment' | 'credential' | 'startedAtMs' | 'startedMonotonicMs'>,
): CallTrace {
  return {
    ...made,
    firstContentMs: undefined,
    durationMs: 0,
    outcome: 'running',
    status: undefined,
    error: undefined,
    replayed: false,
  };
}

/** Closes an attempt; later calls change nothing, so the first ending is the one on record. */
export function endAttempt(
  attempt: CallTrace,
  ending: {
    outcome: 'answered' | 'failed' | 'aborted';
    monotonicMs: number;
    status?: number | undefined;
    error?: GatewayError | undefined;
  },
): void {
  if (attempt.outcome !== 'running') return;
  attempt.outcome = ending.outcome;
  attempt.durationMs = ending.monotonicMs - attempt.startedMonotonicMs;
  attempt.status = ending.status ?? attempt.status;
  attempt.error = ending.error;
}
