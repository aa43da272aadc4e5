import type { Deployment } from '../../catalog/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import {
  executeService,
  type ServiceExecution,
  type ServiceObserver,
  type ServiceOutcome,
} from '../../upstream/index.ts';
import { requireLedger } from '../handle.ts';
import type { ServiceExchange } from './exchange.ts';
import { endServiceAttempt, type ServiceAttempt, type ServiceTrace } from './trace.ts';

export type ServiceWork<Answer> = Pick<
  ServiceExecution<ServiceAttempt, Answer>,
  'plan' | 'request' | 'repeatable' | 'take' | 'read'
>;

/** Reserves the worst case, calls the plan, and notes each call. Throws where nothing may be called. */
export async function runService<Answer>(
  exchange: ServiceExchange,
  trace: ServiceTrace,
  work: ServiceWork<Answer>,
  worstCaseNano: (deployment: Deployment) => NanoUsd,
): Promise<ServiceOutcome<ServiceAttempt, Answer>> {
  const { deps, snapshot, principal, sink, open } = exchange;
  requireLedger(deps);
  const reservation = await deps.limits.reserve(principal, worstCaseNano(work.plan[0]!.deployment));
  exchange.reservation = reservation;
  const outcome = await executeService(
    {
      ...work,
      timeouts: snapshot.timeouts,
      policy: { ...deps.retryPolicy, attemptsMax: snapshot.attemptsMax },
      answerBytesMax: snapshot.answerBytesMax,
      observer: observerOf(exchange, trace, (deployment) => reservation.amend(worstCaseNano(deployment))),
      cancellation: {
        get cancelled() {
          return sink.gone || open.interruption !== undefined;
        },
        onCancel: (listener) => {
          sink.onGone(listener);
          open.onInterrupt(listener);
        },
      },
    },
    {
      transport: deps.transport,
      breakers: deps.breakers,
      retryBudget: deps.retryBudget,
      signers: deps.signers,
      random: deps.random,
      monotonicMs: deps.clock.monotonicMs,
    },
  );
  if (outcome.kind === 'cancelled') throw open.interruption ?? clientLeft();
  if (outcome.kind === 'failed') throw outcome.error;
  const { monotonicMs } = deps.clock;
  outcome.trace.firstContentMs = monotonicMs() - outcome.trace.startedMonotonicMs;
  outcome.trace.status = outcome.head.status;
  outcome.trace.replayed = outcome.head.replayed === true;
  return outcome;
}

export function clientLeft(): GatewayError {
  return new GatewayError('client_closed', 'The client closed the connection.');
}

function observerOf(
  { deps }: ServiceExchange,
  trace: ServiceTrace,
  reserve: (deployment: Deployment) => Promise<void>,
): ServiceObserver<ServiceAttempt> {
  const { clock, ids } = deps;
  return {
    async started(deployment) {
      // Also for the first: it need not be the one the reservation was made for.
      await reserve(deployment);
      const attempt: ServiceAttempt = {
        id: ids('att'),
        deployment,
        startedAtMs: clock.nowMs(),
        startedMonotonicMs: clock.monotonicMs(),
        firstContentMs: undefined,
        durationMs: 0,
        outcome: 'running',
        status: undefined,
        error: undefined,
        replayed: false,
        usage: undefined,
        units: undefined,
      };
      trace.attempts.push(attempt);
      return attempt;
    },
    failed(attempt, error, status, replayed) {
      attempt.replayed = replayed;
      endServiceAttempt(attempt, { outcome: 'failed', monotonicMs: clock.monotonicMs(), status, error });
    },
    cancelled(attempt) {
      endServiceAttempt(attempt, { outcome: 'aborted', monotonicMs: clock.monotonicMs() });
    },
  };
}
