import type { Candidate } from '../catalog/index.ts';
import type { Reservation } from '../limits/index.ts';
import type { ChatAnswer } from '../protocol/index.ts';
import type { NanoUsd } from '../std/index.ts';
import type { AttemptObserver } from '../upstream/index.ts';
import { answerFault } from './check.ts';
import type { GatewayDeps } from './gateway.ts';
import { type AttemptTrace, beginAttempt, endAttempt, type RequestTrace } from './trace.ts';
import { worstCaseNano } from './worst-case.ts';

/** Notes every upstream call in the trace, and makes sure the reservation covers it before it is made. */
export function attemptObserver(
  trace: RequestTrace,
  reservation: Reservation,
  deps: GatewayDeps,
): AttemptObserver<AttemptTrace> {
  let paidNano = 0;
  function worstCase(candidate: Candidate): NanoUsd {
    if (trace.decision === undefined) return 0;
    return worstCaseNano(candidate, trace.request, trace.decision.shape, deps.clock.nowMs());
  }
  function paidInVain(attempt: AttemptTrace, answer: ChatAnswer): void {
    attempt.tally.seeAnswer(answer);
    paidNano += worstCase({
      id: attempt.deployment.id,
      deployment: attempt.deployment,
      effort: attempt.effort,
    });
    endAttempt(attempt, { outcome: 'answered', monotonicMs: deps.clock.monotonicMs(), status: 200 });
  }
  return {
    async started(candidate, body, credential) {
      const { deployment, effort } = candidate;
      // Also for the first: it need not be the one the reservation was made for.
      await reservation.amend(paidNano + worstCase(candidate));
      return beginAttempt(trace, deployment, {
        id: deps.ids('att'),
        nowMs: deps.clock.nowMs(),
        monotonicMs: deps.clock.monotonicMs(),
        effort,
        credential,
        dropped: body.dropped,
      });
    },
    failed(attempt, error, status, replayed) {
      attempt.replayed = replayed;
      endAttempt(attempt, { outcome: 'failed', monotonicMs: deps.clock.monotonicMs(), status, error });
    },
    cancelled(attempt) {
      endAttempt(attempt, { outcome: 'aborted', monotonicMs: deps.clock.monotonicMs() });
    },
    answeredInVain: paidInVain,
    refuses(attempt, answer) {
      if (isReference(attempt, trace)) return undefined;
      const fault = answerFault(answer, trace.request);
      if (fault !== undefined) paidInVain(attempt, answer);
      return fault;
    },
  };
}

/** At whichever of its deployments. */
function isReference({ deployment, effort }: AttemptTrace, { target }: RequestTrace): boolean {
  return target?.reference.deployment.model.id === deployment.model.id && target.reference.effort === effort;
}
