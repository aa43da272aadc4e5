import type { Candidate } from '../catalog/index.ts';
import type { AttemptRole } from '../ledger/index.ts';
import type { ChatAnswer } from '../protocol/index.ts';
import { answerFaults, faultTable } from '../router/index.ts';
import type { NanoUsd } from '../std/index.ts';
import type { AttemptObserver } from '../upstream/index.ts';
import type { Cover } from './cover.ts';
import type { GatewayDeps } from './gateway.ts';
import { type AttemptTrace, beginAttempt, endAttempt, type RequestTrace } from './trace.ts';

/** How an attempt is noted beside what it answers. */
export interface AttemptNote {
  role?: AttemptRole | undefined;
  /** Throws where no further call may be begun. */
  permit?(): void;
  /** Called with each attempt as it begins. */
  began?(attempt: AttemptTrace): void;
}

type ObserverDeps = Pick<GatewayDeps, 'ids' | 'clock'>;

/** Notes every upstream call in the trace, and makes sure the reservation covers it before it is made. */
export function attemptObserver(
  trace: RequestTrace,
  cover: Cover,
  deps: ObserverDeps,
  note: AttemptNote = {},
): AttemptObserver<AttemptTrace> {
  const heldNano = new Map<AttemptTrace, NanoUsd>();
  async function started(
    candidate: Candidate,
    { dropped }: { dropped: string[] },
    credential: string | undefined,
  ): Promise<AttemptTrace> {
    const { deployment, effort } = candidate;
    const nano = await cover.add(candidate);
    note.permit?.();
    const made = { nowMs: deps.clock.nowMs(), monotonicMs: deps.clock.monotonicMs() };
    const about = { effort, role: note.role, credential, dropped };
    const attempt = beginAttempt(trace, deployment, { id: deps.ids('att'), ...made, ...about });
    heldNano.set(attempt, nano);
    note.began?.(attempt);
    return attempt;
  }
  function paidInVain(attempt: AttemptTrace, answer: ChatAnswer): void {
    attempt.tally.seeAnswer(answer);
    endAttempt(attempt, { outcome: 'answered', monotonicMs: deps.clock.monotonicMs(), status: 200 });
  }
  return {
    started,
    failed(attempt, error, status, replayed) {
      attempt.replayed = replayed;
      cover.drop(heldNano.get(attempt) ?? 0);
      endAttempt(attempt, { outcome: 'failed', monotonicMs: deps.clock.monotonicMs(), status, error });
    },
    cancelled(attempt) {
      endAttempt(attempt, { outcome: 'aborted', monotonicMs: deps.clock.monotonicMs() });
    },
    answeredInVain: paidInVain,
    refuses(attempt, answer) {
      if (isReference(attempt, trace)) return undefined;
      const faults = answerFaults(answer, trace.request, trace.decision?.shape);
      // A poor answer is still one; only the router, which knows who would do better and at what price, may ask another for it.
      const fault = faults.find((code) => faultTable[code] === 'broken');
      if (fault !== undefined) paidInVain(attempt, answer);
      return fault;
    },
  };
}

/** At whichever of its deployments. */
function isReference({ deployment, effort }: AttemptTrace, { target }: RequestTrace): boolean {
  return target?.reference.deployment.model.id === deployment.model.id && target.reference.effort === effort;
}
