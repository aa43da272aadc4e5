import type { RequestRecord } from '../ledger/index.ts';
import type { PolicyGate } from '../policy/index.ts';
import type { ChatAnswer, ChatRequest } from '../protocol/index.ts';
import type { Decision, Ladder, OutputLengths, OwnOutcomes } from '../router/index.ts';
import type { Route, Snapshot } from './snapshot.ts';

/** How a route that is being proved decides now. */
export interface RouteStance {
  mode: 'observe' | 'assist' | 'certified';
  /** Absent while no policy is frozen. */
  ladder?: Ladder | undefined;
  /** What the frozen policy had learned, in the place of what is learned now. */
  frozen?: FrozenKnowledge | undefined;
}

export interface FrozenKnowledge {
  /** Undefined = it uses no own outcomes. */
  own: Pick<OwnOutcomes, 'read'> | undefined;
  lengths: Pick<OutputLengths, 'expected' | 'cutShare'>;
}

/** A request of a route that is being proved, about to be served. */
export interface ProvedRequest {
  requestId: string;
  /** Says who else may see it, and whether it may be kept. */
  gate: PolicyGate;
  request: ChatRequest;
  route: Route;
  decision: Decision;
  snapshot: Snapshot;
  clientHeaders: { [name: string]: string | undefined };
  /** The client wants nothing kept of it beyond its record. */
  noStore: boolean;
}

/** One such request until its answer is out. */
export interface ProofTicket {
  /** Its answer is wanted: a stream is put together beside its relay. */
  readonly wantsAnswer: boolean;
  /** Called once, with the record that was written; the answer is undefined where none was wanted or none came whole. */
  over(record: RequestRecord, answer: ChatAnswer | undefined): void;
}

/** What the gateway asks of whoever proves its routes. Synchronous and cheap: it is on the way of every request. Never throws. */
export interface ProofHook {
  /** Undefined where the route is not being proved. */
  stance(route: string): RouteStance | undefined;
  /** Undefined where nobody waits for how the request ends. */
  begins(request: ProvedRequest): ProofTicket | undefined;
}
