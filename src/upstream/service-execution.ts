import type { Deployment } from '../catalog/index.ts';
import { GatewayError, toGatewayError } from '../protocol/index.ts';
import type { Cancellation } from './cancellation.ts';
import type { CircuitBreakers, Permit } from './circuit-breaker.ts';
import { backoffMs, mayMoveOn, mayRepeat, type RetryPolicy } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import {
  type ByteFlow,
  type OpenServiceCall,
  openServiceCall,
  type ServiceCallOutcome,
  type ServiceRequest,
} from './service-call.ts';
import type { Signers } from './signers.ts';
import type { ResponseHead, Timeouts, Transport } from './transport.ts';

/** A deployment that may be called, and the circuit that stands for it. */
export interface ServiceCandidate {
  deployment: Deployment;
  /** Bounded in number: where a client may name any model, the circuit is that of the provider's endpoint. */
  circuit: string;
}

/** Told of each upstream call, so that each has exactly one record. `Trace` is the caller's own note of one call. */
export interface ServiceObserver<Trace> {
  /** Called before each call; rejects with a GatewayError to forbid it. */
  started(deployment: Deployment): Promise<Trace>;
  failed(trace: Trace, error: GatewayError, status: number | undefined, replayed: boolean): void;
  /** The client left while this call was running. */
  cancelled(trace: Trace): void;
}

export interface ServiceExecution<Trace, Answer> {
  /** What may be called, in order; only what policy allowed. */
  plan: ServiceCandidate[];
  /** Throws a GatewayError where the deployment has no words for the request. */
  request(deployment: Deployment): ServiceRequest;
  /** False where the body can be sent only once. */
  repeatable: boolean;
  take(head: ResponseHead): 'whole' | 'flowing';
  /** Reads an answer that was taken whole; what it throws counts as a failure of the deployment. */
  read(bytes: Uint8Array, deployment: Deployment): Answer;
  timeouts: Timeouts;
  policy: RetryPolicy;
  answerBytesMax: number;
  observer: ServiceObserver<Trace>;
  cancellation: Cancellation;
}

export interface ServiceTools {
  transport: Transport;
  breakers: CircuitBreakers;
  retryBudget: RetryBudget;
  signers: Signers;
  /** In [0, 1). */
  random(): number;
  monotonicMs(): number;
}

export type ServiceOutcome<Trace, Answer> =
  | { kind: 'failed'; error: GatewayError }
  | { kind: 'cancelled' }
  | { kind: 'whole'; trace: Trace; deployment: Deployment; head: ResponseHead; answer: Answer }
  | {
      kind: 'flowing';
      trace: Trace;
      deployment: Deployment;
      head: ResponseHead;
      flow: ByteFlow;
      abort(): void;
    };

type Step<Trace, Answer> =
  | { kind: 'over'; outcome: ServiceOutcome<Trace, Answer> }
  | { kind: 'go-on'; error: GatewayError };

/**
 * Walks the deployments of one model until one answers, as `execute` does for chat: untried ones first, then, after a backoff, those
 * again whose failure passes by itself. Bounded by `attemptsMax`, the retry budget and the circuit breakers. Rejects with what
 * `request` or `observer.started` throws.
 */
export async function executeService<Trace, Answer>(
  input: ServiceExecution<Trace, Answer>,
  tools: ServiceTools,
): Promise<ServiceOutcome<Trace, Answer>> {
  let untried = [...input.plan];
  let repeatable: ServiceCandidate[] = [];
  let rounds = 0;
  let lastError: GatewayError | undefined;
  const attemptsMax = input.repeatable ? input.policy.attemptsMax : 1;
  for (let made = 0; made < attemptsMax; ) {
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
    const { candidate, permit } = entered;
    untried = untried.slice(untried.indexOf(candidate) + 1);
    if (made > 0 && !tools.retryBudget.tryAcquire()) {
      permit.cancelled(tools.monotonicMs());
      break;
    }
    try {
      const step = await runAttempt(input, candidate, permit, tools);
      if (step.kind === 'over') return step.outcome;
      lastError = step.error;
    } finally {
      if (made > 0) tools.retryBudget.release();
    }
    made += 1;
    if (mayRepeat(lastError.code)) repeatable.push(candidate);
    else if (!mayMoveOn(lastError.code)) break;
  }
  return { kind: 'failed', error: lastError ?? nothingAvailable(input.plan, tools) };
}

function enterFirst(
  candidates: ServiceCandidate[],
  tools: ServiceTools,
): { candidate: ServiceCandidate; permit: Permit } | undefined {
  for (const candidate of candidates) {
    const permit = tools.breakers.of(candidate.circuit).enter(tools.monotonicMs());
    if (permit !== undefined) return { candidate, permit };
  }
  return undefined;
}

async function runAttempt<Trace, Answer>(
  input: ServiceExecution<Trace, Answer>,
  { deployment }: ServiceCandidate,
  permit: Permit,
  tools: ServiceTools,
): Promise<Step<Trace, Answer>> {
  const { observer, timeouts, answerBytesMax, take } = input;
  let request: ServiceRequest;
  let trace: Trace;
  try {
    request = input.request(deployment);
    trace = await observer.started(deployment);
  } catch (thrown) {
    permit.cancelled(tools.monotonicMs());
    throw thrown;
  }
  const signer = tools.signers.of(deployment.provider);
  const call = openServiceCall(
    { deployment, request, timeouts, answerBytesMax, signer, take },
    tools.transport,
  );
  const outcome = await outcomeOrCancelled(call, input.cancellation);
  const nowMs = tools.monotonicMs();
  if (outcome === undefined) {
    call.abort();
    permit.cancelled(nowMs);
    observer.cancelled(trace);
    return { kind: 'over', outcome: { kind: 'cancelled' } };
  }
  if (outcome.kind === 'flowing') {
    permit.succeeded(nowMs);
    const { head, flow } = outcome;
    return { kind: 'over', outcome: { kind: 'flowing', trace, deployment, head, flow, abort: call.abort } };
  }
  const read = outcome.kind === 'whole' ? readAnswer(outcome, deployment, input) : outcome;
  if (read.kind === 'failed') {
    permit.failed(nowMs, read.error);
    observer.failed(trace, read.error, read.status, read.replayed);
    return { kind: 'go-on', error: read.error };
  }
  permit.succeeded(nowMs);
  const { head, answer } = read;
  return { kind: 'over', outcome: { kind: 'whole', trace, deployment, head, answer } };
}

type Read<Answer> =
  | { kind: 'read'; head: ResponseHead; answer: Answer }
  | Extract<ServiceCallOutcome, { kind: 'failed' }>;

function readAnswer<Trace, Answer>(
  { head, bytes }: Extract<ServiceCallOutcome, { kind: 'whole' }>,
  deployment: Deployment,
  input: ServiceExecution<Trace, Answer>,
): Read<Answer> {
  try {
    return { kind: 'read', head, answer: input.read(bytes, deployment) };
  } catch (thrown) {
    const { status, replayed } = head;
    return { kind: 'failed', error: toGatewayError(thrown), status, replayed: replayed === true };
  }
}

/** Undefined when the client left first. */
function outcomeOrCancelled(
  call: OpenServiceCall,
  cancellation: Cancellation,
): Promise<ServiceCallOutcome | undefined> {
  return new Promise((resolve, reject) => {
    cancellation.onCancel(() => resolve(undefined));
    call.outcome.then(resolve, reject);
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
function nothingAvailable(plan: ServiceCandidate[], tools: ServiceTools): GatewayError {
  const circuits = plan.map(({ circuit }) => circuit);
  return new GatewayError(
    'overloaded',
    'No deployment that may serve this request is healthy at the moment.',
    {
      retryAfterMs: Math.max(1000, tools.breakers.soonestMs(circuits, tools.monotonicMs())),
      detail: `circuits open: ${circuits.join(', ')}`,
    },
  );
}
