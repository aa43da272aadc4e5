import type { Deployment } from '../catalog/index.ts';
import { type ChatAnswer, type ChatRequest, GatewayError } from '../protocol/index.ts';
import { type ClientHeaders, type OpenAttempt, openAttempt } from './attempt.ts';
import type { AnswerStream, AttemptOutcome } from './attempt-outcome.ts';
import type { CircuitBreakers, Permit } from './circuit-breaker.ts';
import { backoffMs, mayMoveOn, mayRepeat, type RetryPolicy } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Timeouts, Transport } from './transport.ts';
import { type UpstreamBody, upstreamBody } from './upstream-body.ts';

/** Told of each upstream call, so that each has exactly one record. `Trace` is the caller's own note of one call. */
export interface AttemptObserver<Trace> {
  /** Called before each call; rejects with a GatewayError to forbid it (a budget that no longer covers it). */
  started(deployment: Deployment, body: UpstreamBody): Promise<Trace>;
  failed(trace: Trace, error: GatewayError, status: number | undefined, replayed: boolean): void;
  /** The client left while this call was running. */
  cancelled(trace: Trace): void;
  /** Says why a whole answer should not reach the client while another deployment is left; undefined = it is fine. */
  refuses(trace: Trace, answer: ChatAnswer): string | undefined;
}

/** The client's departure, as the execution sees it. */
export interface Cancellation {
  readonly cancelled: boolean;
  onCancel(listener: () => void): void;
}

export interface ExecutionInput<Trace> {
  request: ChatRequest;
  /** What may be called, in order of preference; only what policy allowed. */
  plan: Deployment[];
  timeouts: Timeouts;
  policy: RetryPolicy;
  answerBytesMax: number;
  clientHeaders: ClientHeaders;
  observer: AttemptObserver<Trace>;
  cancellation: Cancellation;
}

export interface ExecutionTools {
  transport: Transport;
  breakers: CircuitBreakers;
  retryBudget: RetryBudget;
  /** In [0, 1). */
  random(): number;
  monotonicMs(): number;
}

interface Committed<Trace> {
  trace: Trace;
  deployment: Deployment;
  body: UpstreamBody;
  status: number;
  /** The request was written twice, because an idle socket turned out to be closed. */
  replayed: boolean;
}

export type ExecutionOutcome<Trace> =
  | { kind: 'failed'; error: GatewayError }
  | { kind: 'cancelled' }
  /** Without `bytes` the answer must be encoded for the client. */
  | ({ kind: 'answered'; answer: ChatAnswer; bytes: Uint8Array | undefined } & Committed<Trace>)
  | ({ kind: 'streaming'; stream: AnswerStream; permit: Permit; abort(): void } & Committed<Trace>);

/** What one call led to: an outcome for the client, or the reason to go on. */
type Step<Trace> =
  | { kind: 'over'; outcome: ExecutionOutcome<Trace> }
  | { kind: 'go-on'; error: GatewayError };

/**
 * Walks the plan until a deployment answers: each untried one first and, after a backoff, those again whose failure passes by
 * itself. Bounded by `attemptsMax`, by the retry budget, so that an outage is not amplified, and by the circuit
 * breakers. Rejects with what `observer.started` rejects with.
 */
export async function execute<Trace>(
  input: ExecutionInput<Trace>,
  tools: ExecutionTools,
): Promise<ExecutionOutcome<Trace>> {
  let untried = [...input.plan];
  let repeatable: Deployment[] = [];
  let rounds = 0;
  let lastError: GatewayError | undefined;

  for (let made = 0; made < input.policy.attemptsMax; ) {
    if (input.cancellation.cancelled) return { kind: 'cancelled' };
    const entered = enterFirst(untried, tools);
    if (entered === undefined) {
      if (repeatable.length === 0) break;
      const waitMs = backoffMs(input.policy, rounds, tools.random(), lastError?.retryAfterMs);
      if (waitMs === undefined) break;
      await pause(waitMs, input.cancellation);
      rounds += 1;
      untried = repeatable;
      repeatable = [];
      continue;
    }
    const { deployment, permit } = entered;
    untried = untried.slice(untried.indexOf(deployment) + 1);
    if (made > 0 && !tools.retryBudget.tryAcquire()) {
      permit.cancelled(tools.monotonicMs());
      break;
    }
    try {
      const step = await runAttempt(input, deployment, permit, untried.length > 0, tools);
      if (step.kind === 'over') return step.outcome;
      lastError = step.error;
    } finally {
      if (made > 0) tools.retryBudget.release();
    }
    made += 1;
    if (mayRepeat(lastError.code)) repeatable.push(deployment);
    else if (!mayMoveOn(lastError.code)) break;
  }
  return { kind: 'failed', error: lastError ?? nothingAvailable(input.plan, tools) };
}

function enterFirst(
  deployments: Deployment[],
  tools: ExecutionTools,
): { deployment: Deployment; permit: Permit } | undefined {
  for (const deployment of deployments) {
    const permit = tools.breakers.of(deployment.id).enter(tools.monotonicMs());
    if (permit !== undefined) return { deployment, permit };
  }
  return undefined;
}

async function runAttempt<Trace>(
  input: ExecutionInput<Trace>,
  deployment: Deployment,
  permit: Permit,
  othersLeft: boolean,
  tools: ExecutionTools,
): Promise<Step<Trace>> {
  const { request, timeouts, answerBytesMax, observer } = input;
  let body: UpstreamBody;
  let trace: Trace;
  try {
    body = upstreamBody(request, deployment);
    trace = await observer.started(deployment, body);
  } catch (thrown) {
    permit.cancelled(tools.monotonicMs());
    throw thrown;
  }
  const { clientHeaders } = input;
  const attempt = openAttempt(
    { request, deployment, body, timeouts, clientHeaders, answerBytesMax },
    tools.transport,
  );
  const outcome = await outcomeOrCancelled(attempt, input.cancellation);
  const nowMs = tools.monotonicMs();
  if (outcome === undefined) {
    attempt.abort();
    permit.cancelled(nowMs);
    observer.cancelled(trace);
    return { kind: 'over', outcome: { kind: 'cancelled' } };
  }
  if (outcome.kind === 'failed') {
    permit.failed(nowMs, outcome.error);
    observer.failed(trace, outcome.error, outcome.status, outcome.replayed);
    return { kind: 'go-on', error: outcome.error };
  }
  const { status, replayed } = outcome;
  const committed = { trace, deployment, body, status, replayed };
  if (outcome.kind === 'streaming') {
    return {
      kind: 'over',
      outcome: { kind: 'streaming', stream: outcome.stream, permit, abort: attempt.abort, ...committed },
    };
  }
  permit.succeeded(nowMs);
  const refusal = othersLeft ? observer.refuses(trace, outcome.answer) : undefined;
  if (refusal !== undefined) {
    const detail = `${deployment.id}: ${refusal}`;
    return {
      kind: 'go-on',
      error: new GatewayError('upstream_protocol', 'The answer did not pass its check.', { detail }),
    };
  }
  return {
    kind: 'over',
    outcome: { kind: 'answered', answer: outcome.answer, bytes: outcome.bytes, ...committed },
  };
}

/** Undefined when the client left first. */
function outcomeOrCancelled(
  attempt: OpenAttempt,
  cancellation: Cancellation,
): Promise<AttemptOutcome | undefined> {
  return new Promise((resolve, reject) => {
    cancellation.onCancel(() => resolve(undefined));
    attempt.outcome.then(resolve, reject);
  });
}

function pause(ms: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    cancellation.onCancel(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Every circuit of the plan is open: say when the first may close. */
function nothingAvailable(plan: Deployment[], tools: ExecutionTools): GatewayError {
  const ids = plan.map((deployment) => deployment.id);
  return new GatewayError(
    'overloaded',
    'No deployment that may serve this request is healthy at the moment.',
    {
      retryAfterMs: Math.max(1000, tools.breakers.soonestMs(ids, tools.monotonicMs())),
      detail: `circuits open: ${ids.join(', ')}`,
    },
  );
}
