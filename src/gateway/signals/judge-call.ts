import { type AttemptObserver, type ExecutionOutcome, execute, systemTimers } from '../../upstream/index.ts';
import { expectedTokens } from '../services/worst-case.ts';
import { settleAttempt } from '../settle.ts';
import { AnswerTally } from '../tally.ts';
import { type AttemptTrace, beginCall, endAttempt } from '../trace.ts';
import { worstCaseNano } from '../worst-case.ts';
import {
  type Asking,
  balancingOf,
  fruitless,
  orFailed,
  type PreparedSignal,
  type SignalReply,
  signalAnswerBytesMax,
  signalAttemptsMax,
} from './asking.ts';
import { judgeRequest, judgeTokensMax, readRating } from './judge-words.ts';

/** Asks a chat model for a digit; its reply holds that digit. */
export function prepareJudge(ask: string, asking: Asking): PreparedSignal {
  const { source, snapshot, deps } = asking;
  const { clock } = deps;
  const request = judgeRequest(ask, source.askCharsMax);
  const bound = { inputTokensBound: request.bytes.byteLength, outputTokensMax: judgeTokensMax };
  const costs = source.callees.map((callee) => worstCaseNano(callee, request, bound, clock.nowMs()));
  return {
    worstNano: Math.max(...costs),
    async call() {
      const attempts: AttemptTrace[] = [];
      const { transport, fleet, signers, retryBudget, retryPolicy, random } = deps;
      const tools = { transport, fleet, signers, retryBudget, random, timers: systemTimers };
      const tokens = expectedTokens(request.bytes.byteLength);
      const outcome = await orFailed(
        execute(
          {
            request,
            plan: source.callees,
            balancing: balancingOf(asking, tokens),
            timeouts: snapshot.timeouts,
            policy: { ...retryPolicy, attemptsMax: signalAttemptsMax, contentFilter: 'fail' },
            answerBytesMax: signalAnswerBytesMax,
            clientHeaders: {},
            thoughts: () => undefined,
            observer: observerOf(attempts, asking),
            cancellation: asking.cancellation,
          },
          { ...tools, monotonicMs: clock.monotonicMs },
        ),
      );
      const about = { request, requestId: asking.requestId };
      return {
        reply: replyOf(outcome, asking),
        deployment: attempts.at(-1)?.deployment.id,
        records: () => Promise.all(attempts.map((each) => settleAttempt(each, about, deps.estimator))),
      };
    },
  };
}

type Outcome = ExecutionOutcome<AttemptTrace>;

function replyOf(outcome: Outcome, { deps: { clock } }: Asking): SignalReply {
  switch (outcome.kind) {
    case 'answered': {
      const { trace, answer, status } = outcome;
      trace.tally.seeAnswer(answer);
      trace.firstContentMs = clock.monotonicMs() - trace.startedMonotonicMs;
      endAttempt(trace, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status });
      const rating = readRating(answer);
      return rating === undefined ? { kind: 'unclear' } : { kind: 'answered', numbers: [rating] };
    }
    case 'streaming':
      // Nobody asked for a stream.
      outcome.abort();
      outcome.lease.release(undefined);
      endAttempt(outcome.trace, {
        outcome: 'aborted',
        monotonicMs: clock.monotonicMs(),
        status: outcome.status,
      });
      return { kind: 'unclear' };
    case 'failed':
      return { kind: 'failed' };
    case 'cancelled':
      return { kind: 'cancelled' };
  }
}

function observerOf(attempts: AttemptTrace[], asking: Asking): AttemptObserver<AttemptTrace> {
  const { clock, ids } = asking.deps;
  return {
    async started({ deployment, effort }, { dropped }, credential) {
      const at = { startedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() };
      const attempt: AttemptTrace = {
        ...beginCall({ id: ids('att'), deployment, credential, ...at }),
        index: attempts.length,
        effort,
        role: 'signal',
        tally: new AnswerTally(),
        dropped,
      };
      attempts.push(attempt);
      return attempt;
    },
    ...fruitless(asking),
    answeredInVain(attempt, answer) {
      attempt.tally.seeAnswer(answer);
      endAttempt(attempt, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status: 200 });
    },
    refuses: () => undefined,
  };
}
