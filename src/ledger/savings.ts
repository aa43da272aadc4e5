import { isAttemptToAnswer, type RequestRecord } from './records.ts';
import type { ReportBy } from './store.ts';

/**
 * Why a record is, or is not, part of a saving; the first that applies.
 *
 * - `simulated`: of the sandbox. No figure of its enters any sum of real money.
 * - `proof`: calls made to prove a route. Money spent, never saved.
 * - `unrouted`: a named model, or an endpoint beside chat: nothing was chosen, so nothing can be saved.
 * - `failed`, `aborted`: there is no whole answer that another model could be compared over.
 * - `unpriced`: its cost or the reference's is unknown, which is never free.
 * - `compared`: all others.
 */
export type SavingsKind = 'simulated' | 'proof' | 'unrouted' | 'failed' | 'aborted' | 'unpriced' | 'compared';

/** Sums over the records of one kind, route and group: a record is in exactly one cell, whatever the cells are grouped by. */
export interface SavingsCell {
  /** As `ReportRow.group`. */
  group: string | undefined;
  route: string | undefined;
  kind: SavingsKind;
  requests: number;
  /** Records whose cost is unknown; they are not in the sums. */
  unpriced: number;
  /** Sum of the known costs, of all attempts and signals. */
  costNano: bigint;
  /** Parts of `costNano`. Of versions that did not note them, 0. */
  otherAttemptsNano: bigint;
  signalsNano: bigint;
  judgesNano: bigint;
  /** What the reference would have cost for the same tokens, with as much of them cached. */
  referenceNano: bigint;
  /** What it would have cost had it answered the whole conversation, see `RequestRecord.warmReference`. */
  warmReferenceNano: bigint;
}

export interface SavingsQuery {
  /** Inclusive, by the request's start. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  by: ReportBy;
}

/** Rejects with `store_unavailable` when the store cannot be read. */
export interface SavingsStore {
  /** Sorted by group, those without one last, then by route and kind. */
  savings(query: SavingsQuery): Promise<SavingsCell[]>;
  /** The newest request of the route in the period that was decided and is not simulated: it tells what the route aims at. */
  lastDecided(route: string, fromMs: number, toMs: number): Promise<RequestRecord | undefined>;
}

export interface CostSplit {
  otherAttemptsNano: number;
  signalsNano: number;
  judgesNano: number;
}

/** What of a record's cost was not for the answer that the client got: other attempts, signals, and judges of proof. */
export function costSplit({
  attempts,
  deployment,
}: Pick<RequestRecord, 'attempts' | 'deployment'>): CostSplit {
  const served = attempts.findLast((one) => one.deployment === deployment && isAttemptToAnswer(one));
  const split = { otherAttemptsNano: 0, signalsNano: 0, judgesNano: 0 };
  for (const one of attempts) {
    const costNano = one.costNano ?? 0;
    if (one.role === 'signal') split.signalsNano += costNano;
    else if (one.role === 'judge') split.judgesNano += costNano;
    else if (one.role !== 'shadow' && one !== served) split.otherAttemptsNano += costNano;
  }
  return split;
}
