import type { Deployment } from '../../catalog/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import {
  type Balancing,
  type Callee,
  executeService,
  type ServiceExecution,
  type ServiceObserver,
  type ServiceOutcome,
} from '../../upstream/index.ts';
import { cancellationOf, toolsOf } from '../execution.ts';
import { requireLedger } from '../handle.ts';
import { beginCall, endAttempt } from '../trace.ts';
import type { ServiceExchange } from './exchange.ts';
import type { ServiceAttempt, ServiceTrace } from './trace.ts';

export interface ServiceWork
  extends Pick<ServiceExecution<ServiceAttempt>, 'plan' | 'request' | 'repeatable' | 'take' | 'read'> {
  /** Expected tokens, for limits by token; undefined where no limit counts the call. */
  tokens: number | undefined;
  /** Id of the only key that may be used. */
  credential?: string | undefined;
}

/**
 * Reserves the worst case, calls the plan, and notes each call. Throws where nothing may be called.
 *
 * @param worstCaseNano undefined where the price is unknown; keys with a budget never reach such a deployment, because policy refuses it
 */
export async function runService(
  exchange: ServiceExchange,
  trace: ServiceTrace,
  work: ServiceWork,
  worstCaseNano: (deployment: Deployment) => NanoUsd | undefined,
): Promise<ServiceOutcome<ServiceAttempt>> {
  const { deps, snapshot, principal, open } = exchange;
  requireLedger(deps);
  const boundNano = (deployment: Deployment): NanoUsd => worstCaseNano(deployment) ?? 0;
  const reservation = await deps.limits.reserve(principal, boundNano(work.plan[0]!.deployment));
  exchange.reservation = reservation;
  const outcome = await executeService(
    {
      ...work,
      balancing: balancingOf(exchange, work, worstCaseNano),
      timeouts: snapshot.timeouts,
      policy: {
        ...deps.retryPolicy,
        attemptsMax: snapshot.attemptsMax,
        contentFilter: snapshot.contentFilter,
      },
      answerBytesMax: snapshot.answerBytesMax,
      observer: observerOf(exchange, trace, (deployment) => reservation.amend(boundNano(deployment))),
      cancellation: cancellationOf(exchange),
    },
    toolsOf(deps),
  );
  if (outcome.kind === 'cancelled') throw open.interruption ?? clientLeft();
  if (outcome.kind === 'failed') throw outcome.error;
  const { monotonicMs } = deps.clock;
  outcome.trace.firstContentMs = monotonicMs() - outcome.trace.startedMonotonicMs;
  outcome.trace.status = outcome.head.status;
  outcome.trace.replayed = outcome.head.replayed === true;
  return outcome;
}

/** Which deployment is cheaper is the same for the worst case and for what is expected. */
function balancingOf(
  { snapshot }: ServiceExchange,
  { plan, tokens, credential }: ServiceWork,
  costNano: (deployment: Deployment) => NanoUsd | undefined,
): Balancing {
  const known = ({ id, deployment }: Callee): [string, NanoUsd][] => {
    const nano = costNano(deployment);
    return nano === undefined ? [] : [[id, nano]];
  };
  const costsNano = new Map(plan.length > 1 ? plan.flatMap(known) : []);
  return { strategy: snapshot.balance, costsNano, home: undefined, tokens, credential };
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
    async started(deployment, credential) {
      // Also for the first: it need not be the one the reservation was made for.
      await reserve(deployment);
      const call = beginCall({
        id: ids('att'),
        deployment,
        credential,
        startedAtMs: clock.nowMs(),
        startedMonotonicMs: clock.monotonicMs(),
      });
      const attempt: ServiceAttempt = { ...call, usage: undefined, units: undefined };
      trace.attempts.push(attempt);
      return attempt;
    },
    failed(attempt, error, status, replayed) {
      attempt.replayed = replayed;
      endAttempt(attempt, { outcome: 'failed', monotonicMs: clock.monotonicMs(), status, error });
    },
    cancelled(attempt) {
      endAttempt(attempt, { outcome: 'aborted', monotonicMs: clock.monotonicMs() });
    },
  };
}
