import type { Candidate } from '../catalog/index.ts';
import type { RateState, Reservation } from '../limits/index.ts';
import type { ChatAnswer } from '../protocol/index.ts';
import type { ExecutionOutcome } from '../upstream/index.ts';
import type { AnswerSink } from './call.ts';
import type { CascadePlan } from './cascade/cascade-plan.ts';
import type { Cover } from './cover.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Guarding } from './guardrails/guarding.ts';
import type { OpenRequest } from './open-requests.ts';
import type { ProofTicket } from './proof-hook.ts';
import type { Snapshot } from './snapshot.ts';
import type { AttemptTrace, RequestTrace } from './trace.ts';

/** One admitted and decided request on its way to an answer. */
export interface Serving {
  trace: RequestTrace;
  plan: Candidate[];
  /** Undefined where the plan is simply called in its order. */
  cascade: CascadePlan | undefined;
  snapshot: Snapshot;
  reservation: Reservation;
  cover: Cover;
  rate: RateState | undefined;
  /** Undefined where no guardrail concerns the request. */
  guarding: Guarding | undefined;
  /** Undefined where nobody proves the route. */
  ticket: ProofTicket | undefined;
  /** What the ticket's holder is given; undefined until it is whole, and where nobody wants it. */
  answer?: ChatAnswer | undefined;
  sink: AnswerSink;
  open: OpenRequest;
  deps: GatewayDeps;
  /** Set once the request has its record, so that it never gets a second one. */
  recorded: boolean;
}

type Executed = ExecutionOutcome<AttemptTrace>;
export type Answered = Extract<Executed, { kind: 'answered' }>;
export type Streaming = Extract<Executed, { kind: 'streaming' }> & {
  /** The attempt's tally sees the stream before whoever it is given to. */
  counted?: boolean | undefined;
};
/** What the calls for a request led to. */
export type Outcome = Exclude<Executed, { kind: 'streaming' }> | Streaming;
