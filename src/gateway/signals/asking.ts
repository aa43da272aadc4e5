import type { AttemptRecord } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import type { Balancing, Cancellation } from '../../upstream/index.ts';
import type { GatewayDeps } from '../gateway.ts';
import type { Snapshot } from '../snapshot.ts';
import { type CallTrace, endAttempt } from '../trace.ts';
import type { SignalSource } from './settings.ts';

/** A signal is one small answer, so it is asked once and nothing large is read. */
export const signalAttemptsMax = 1;
export const signalAnswerBytesMax = 1_048_576;

export type SignalDeps = Pick<
  GatewayDeps,
  | 'clock'
  | 'ids'
  | 'random'
  | 'transport'
  | 'fleet'
  | 'signers'
  | 'retryBudget'
  | 'retryPolicy'
  | 'estimator'
  | 'limits'
  | 'log'
  | 'signals'
>;

/** What one call of a signal must know. */
export interface Asking {
  source: SignalSource;
  /** Of the client's request. */
  requestId: string;
  snapshot: Snapshot;
  cancellation: Cancellation;
  deps: SignalDeps;
}

/** What a service said. `numbers` are the signal as the router reads it, or what is made into it. */
export type SignalReply =
  | { kind: 'answered'; numbers: number[] }
  | { kind: 'unclear' }
  | { kind: 'failed' }
  | { kind: 'cancelled' };

export interface SignalCall {
  reply: SignalReply;
  /** Undefined where nothing was called. */
  deployment: string | undefined;
  /** One for each call that was made. */
  records(): Promise<AttemptRecord[]>;
}

/** A signal that is ready to be asked. */
export interface PreparedSignal {
  /** The most that asking can cost. */
  worstNano: NanoUsd;
  /** Rejects only with faults of ours. */
  call(): Promise<SignalCall>;
}

/** Who answers is chosen by price and limits alone: signals have no conversation to stay with. */
export function balancingOf({ snapshot }: Asking, tokens: number): Balancing {
  return { strategy: snapshot.balance, costsNano: new Map(), home: undefined, tokens };
}

/** A service that cannot be asked is a signal that is not there, no fault of the request. */
export async function orFailed<Outcome>(
  outcome: Promise<Outcome>,
): Promise<Outcome | { kind: 'failed'; error: GatewayError }> {
  try {
    return await outcome;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { kind: 'failed', error: thrown };
    throw thrown;
  }
}

/** The part of an observer that hears of calls without an answer. */
export const fruitless = ({ deps: { clock } }: Asking) => ({
  failed(attempt: CallTrace, error: GatewayError, status: number | undefined, replayed: boolean) {
    attempt.replayed = replayed;
    endAttempt(attempt, { outcome: 'failed', monotonicMs: clock.monotonicMs(), status, error });
  },
  cancelled(attempt: CallTrace) {
    endAttempt(attempt, { outcome: 'aborted', monotonicMs: clock.monotonicMs() });
  },
});
