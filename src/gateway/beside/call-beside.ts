import type { Candidate } from '../../catalog/index.ts';
import type { AttemptRecord, AttemptRole } from '../../ledger/index.ts';
import { type ChatAnswer, type ChatRequest, GatewayError } from '../../protocol/index.ts';
import {
  AnswerCollector,
  type AttemptObserver,
  type Cancellation,
  type ExecutionOutcome,
  execute,
  systemTimers,
  tokensOf,
} from '../../upstream/index.ts';
import { candidateId } from '../answer-learning.ts';
import type { GatewayDeps } from '../gateway.ts';
import { expectedTokens } from '../services/worst-case.ts';
import { settleAttempt } from '../settle.ts';
import type { Snapshot } from '../snapshot.ts';
import { AnswerTally } from '../tally.ts';
import { type AttemptTrace, beginCall, endAttempt } from '../trace.ts';

export type BesideDeps = Pick<
  GatewayDeps,
  'clock' | 'ids' | 'random' | 'transport' | 'fleet' | 'signers' | 'retryBudget' | 'retryPolicy' | 'estimator'
>;

/** A call whose answer no client gets: what another model would have answered, or what a judge says of answers. */
export interface BesideCall {
  request: ChatRequest;
  /** Who may answer, in order; only what policy has allowed to see the request. */
  plan: Candidate[];
  /** Of the client's request that it is about. */
  requestId: string;
  role: Extract<AttemptRole, 'shadow' | 'judge'>;
  /** As the client sent them; none where the request is ours. */
  clientHeaders: { [name: string]: string | undefined };
  snapshot: Snapshot;
  cancellation: Cancellation;
}

export interface BesideAnswer {
  outcome:
    | { kind: 'answered'; answer: ChatAnswer; candidate: string; deployment: string }
    | { kind: 'failed'; error: GatewayError }
    | { kind: 'cancelled' };
  /** One for each call that was made. */
  records: AttemptRecord[];
}

/** Fewer than a client's request: nobody waits for it. */
const attemptsMax = 2;

/** Calls one candidate after the other until one has answered whole. Rejects only with faults of ours. */
export async function callBeside(call: BesideCall, deps: BesideDeps): Promise<BesideAnswer> {
  const attempts: AttemptTrace[] = [];
  const outcome = await executed(call, attempts, deps);
  const answered = await wholeAnswer(outcome, call, deps);
  const about = { request: call.request, requestId: call.requestId };
  const records = await Promise.all(attempts.map((each) => settleAttempt(each, about, deps.estimator)));
  return { outcome: answered, records };
}

type Executed = ExecutionOutcome<AttemptTrace>;

async function executed(call: BesideCall, attempts: AttemptTrace[], deps: BesideDeps): Promise<Executed> {
  const { request, plan, snapshot, cancellation, clientHeaders } = call;
  const { transport, fleet, signers, retryBudget, retryPolicy, random, clock } = deps;
  const tokens = expectedTokens(request.bytes.byteLength);
  try {
    return await execute(
      {
        request,
        plan,
        balancing: { strategy: snapshot.balance, costsNano: new Map(), home: undefined, tokens },
        timeouts: snapshot.timeouts,
        policy: { ...retryPolicy, attemptsMax, contentFilter: 'fail' },
        answerBytesMax: snapshot.answerBytesMax,
        clientHeaders,
        thoughts: () => undefined,
        observer: observerOf(attempts, call.role, deps),
        cancellation,
      },
      {
        transport,
        fleet,
        signers,
        retryBudget,
        random,
        timers: systemTimers,
        monotonicMs: clock.monotonicMs,
      },
    );
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { kind: 'failed', error: thrown };
    throw thrown;
  }
}

async function wholeAnswer(
  outcome: Executed,
  { snapshot }: BesideCall,
  { clock }: BesideDeps,
): Promise<BesideAnswer['outcome']> {
  switch (outcome.kind) {
    case 'answered': {
      const { trace, answer, status } = outcome;
      trace.tally.seeAnswer(answer);
      trace.firstContentMs ??= clock.monotonicMs() - trace.startedMonotonicMs;
      endAttempt(trace, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status });
      return answeredBy(trace, answer);
    }
    case 'streaming':
      return collected(outcome, snapshot.answerBytesMax, clock);
    case 'failed':
      return { kind: 'failed', error: outcome.error };
    case 'cancelled':
      return { kind: 'cancelled' };
  }
}

const answeredBy = (trace: AttemptTrace, answer: ChatAnswer): BesideAnswer['outcome'] => ({
  kind: 'answered',
  answer,
  candidate: candidateId(trace),
  deployment: trace.deployment.id,
});

/** The client had asked for a stream, and the same request is sent: so a stream comes, and is put together. */
function collected(
  { stream, trace, status, lease, abort }: Extract<Executed, { kind: 'streaming' }>,
  bytesMax: number,
  clock: BesideDeps['clock'],
): Promise<BesideAnswer['outcome']> {
  const collector = new AnswerCollector();
  trace.firstContentMs ??= clock.monotonicMs() - trace.startedMonotonicMs;
  let bytes = 0;
  return new Promise((resolve) => {
    let over = false;
    const finish = (error: GatewayError | undefined): void => {
      if (over) return;
      over = true;
      const answer = error === undefined ? collector.answer() : undefined;
      const cause = error ?? (answer === undefined ? cutShort() : undefined);
      if (cause !== undefined) abort();
      lease.release(tokensOf(trace.tally.usage));
      const monotonicMs = clock.monotonicMs();
      endAttempt(trace, {
        outcome: cause === undefined ? 'answered' : 'failed',
        monotonicMs,
        status,
        error: cause,
      });
      resolve(
        answer === undefined ? { kind: 'failed', error: cause ?? cutShort() } : answeredBy(trace, answer),
      );
    };
    stream.start({
      frames(batch) {
        for (const { raw, events } of batch) {
          bytes += raw.byteLength;
          if (bytes > bytesMax) return finish(tooLarge());
          for (const event of events) {
            trace.tally.see(event);
            collector.add(event);
          }
        }
        if (trace.tally.error !== undefined) finish(trace.tally.error);
        else if (trace.tally.ended) finish(undefined);
      },
      end: () => finish(trace.tally.complete ? undefined : cutShort()),
      failed: finish,
    });
  });
}

const cutShort = () =>
  new GatewayError('stream_interrupted', 'The provider ended the stream before the answer was complete.');
const tooLarge = () =>
  new GatewayError('upstream_protocol', 'The answer is larger than is read beside a request.');

function observerOf(
  attempts: AttemptTrace[],
  role: BesideCall['role'],
  { clock, ids }: BesideDeps,
): AttemptObserver<AttemptTrace> {
  return {
    async started({ deployment, effort }, { dropped }, credential) {
      const at = { startedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() };
      const begun = beginCall({ id: ids('att'), deployment, credential, ...at });
      const attempt: AttemptTrace = {
        ...begun,
        index: attempts.length,
        effort,
        role,
        tally: new AnswerTally(),
        dropped,
      };
      attempts.push(attempt);
      return attempt;
    },
    failed(attempt, error, status, replayed) {
      attempt.replayed = replayed;
      endAttempt(attempt, { outcome: 'failed', monotonicMs: clock.monotonicMs(), status, error });
    },
    cancelled(attempt) {
      endAttempt(attempt, { outcome: 'aborted', monotonicMs: clock.monotonicMs() });
    },
    answeredInVain(attempt, answer) {
      attempt.tally.seeAnswer(answer);
      endAttempt(attempt, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status: 200 });
    },
    refuses: () => undefined,
  };
}
