import type { Deployment } from '../catalog/index.ts';
import { type GatewayError, type ServiceAnswer, toGatewayError } from '../protocol/index.ts';
import { type Cancellation, orCancelled } from './cancellation.ts';
import { type ExecutionTools, tokensOf } from './execute.ts';
import type { Balancing, Callee, Won } from './load/fleet.ts';
import type { Lease } from './load/lease.ts';
import { exhaustedForMs } from './rate-headers.ts';
import type { RetryPolicy } from './retry.ts';
import {
  type ByteFlow,
  openServiceCall,
  type ServiceCallInput,
  type ServiceCallOutcome,
  type ServiceRequest,
} from './service-call.ts';
import type { ResponseHead, Timeouts } from './transport.ts';
import { type NoAnswer, type Step, walk } from './walk.ts';

/** Told of each upstream call, so that each has exactly one record. `Trace` is the caller's own note of one call. */
export interface ServiceObserver<Trace> {
  /**
   * Called before each call; rejects with a GatewayError to forbid it.
   *
   * @param credential id of the key that is used; undefined where there is none
   */
  started(deployment: Deployment, credential: string | undefined): Promise<Trace>;
  failed(trace: Trace, error: GatewayError, status: number | undefined, replayed: boolean): void;
  /** The client left while this call was running. */
  cancelled(trace: Trace): void;
}

export interface ServiceExecution<Trace> {
  /** What may be called, in order of preference; only what policy allowed. */
  plan: Callee[];
  balancing: Balancing;
  /** Throws a GatewayError where the deployment has no words for the request. */
  request(deployment: Deployment): ServiceRequest;
  /** False where the body can be sent only once. */
  repeatable: boolean;
  take(head: ResponseHead): 'whole' | 'flowing';
  /** Reads an answer that was taken whole; what it throws counts as a failure of the deployment. */
  read(bytes: Uint8Array, deployment: Deployment): ServiceAnswer;
  timeouts: Timeouts;
  policy: RetryPolicy;
  answerBytesMax: number;
  observer: ServiceObserver<Trace>;
  cancellation: Cancellation;
}

export type ServiceOutcome<Trace> =
  | NoAnswer
  | { kind: 'whole'; trace: Trace; deployment: Deployment; head: ResponseHead; answer: ServiceAnswer }
  | ({ kind: 'flowing'; trace: Trace; deployment: Deployment } & Flowing);

interface Flowing {
  head: ResponseHead;
  flow: ByteFlow;
  lease: Lease;
  abort(): void;
}

/**
 * Calls the deployments of one model until one answers, as `execute` does for chat. An outcome that flows hands its lease over: whoever takes
 * the flow releases it. Rejects with what `request` or `observer.started` throws.
 */
export function executeService<Trace>(
  input: ServiceExecution<Trace>,
  tools: ExecutionTools,
): Promise<ServiceOutcome<Trace>> {
  const { attemptsMax } = input.policy;
  const policy = { ...input.policy, attemptsMax: input.repeatable ? attemptsMax : 1 };
  return walk<ServiceOutcome<Trace>>({ ...input, policy }, (won) => runAttempt(input, won, tools), tools);
}

async function runAttempt<Trace>(
  input: ServiceExecution<Trace>,
  { candidate: { deployment }, lease }: Won,
  tools: ExecutionTools,
): Promise<Step<ServiceOutcome<Trace>>> {
  let handedOver = false;
  let tokens: number | undefined = 0;
  try {
    const { observer } = input;
    const request = input.request(deployment);
    const trace = await observer.started(deployment, lease.key?.id);
    const startMs = tools.monotonicMs();
    const call = openServiceCall(callInput(input, deployment, request, lease, tools), tools.transport);
    const outcome = await orCancelled(call.outcome, input.cancellation);
    const nowMs = tools.monotonicMs();
    const ms = nowMs - startMs;
    // Whatever became of it, the upstream has read the request.
    tokens = undefined;
    if (outcome === undefined) {
      call.abort();
      observer.cancelled(trace);
      return { kind: 'over', outcome: { kind: 'cancelled' } };
    }
    if (outcome.kind === 'flowing') {
      handedOver = true;
      lease.succeeded(nowMs, { ms, outputTokens: undefined });
      const { head, flow } = outcome;
      const { abort } = call;
      return { kind: 'over', outcome: { kind: 'flowing', trace, deployment, head, flow, lease, abort } };
    }
    const read = outcome.kind === 'whole' ? readAnswer(outcome, deployment, input) : outcome;
    if (read.kind === 'failed') {
      const otherKey = lease.failed(nowMs, read.error);
      observer.failed(trace, read.error, read.status, read.replayed);
      return { kind: 'go-on', error: read.error, otherKey };
    }
    const { head, answer } = read;
    tokens = tokensOf(answer.usage);
    // It takes as long as what is asked is long, not only as what is answered.
    lease.succeeded(nowMs, { ms, outputTokens: tokens ?? input.balancing.tokens ?? 0 });
    return { kind: 'over', outcome: { kind: 'whole', trace, deployment, head, answer } };
  } finally {
    if (!handedOver) {
      lease.cancelled(tools.monotonicMs());
      lease.release(tokens);
    }
  }
}

function callInput<Trace>(
  { timeouts, answerBytesMax, take }: ServiceExecution<Trace>,
  deployment: Deployment,
  request: ServiceRequest,
  lease: Lease,
  tools: ExecutionTools,
): ServiceCallInput {
  return {
    deployment,
    request,
    timeouts,
    answerBytesMax,
    key: lease.key,
    signer: tools.signers.of(deployment.provider),
    take,
    sawHead({ headers, receivedAtMs }) {
      const ms = exhaustedForMs(headers, receivedAtMs);
      if (ms !== undefined) lease.spentFor(tools.monotonicMs(), ms);
    },
  };
}

type Read =
  | { kind: 'read'; head: ResponseHead; answer: ServiceAnswer }
  | Extract<ServiceCallOutcome, { kind: 'failed' }>;

function readAnswer<Trace>(
  { head, bytes }: Extract<ServiceCallOutcome, { kind: 'whole' }>,
  deployment: Deployment,
  input: ServiceExecution<Trace>,
): Read {
  try {
    return { kind: 'read', head, answer: input.read(bytes, deployment) };
  } catch (thrown) {
    const { status, replayed } = head;
    return { kind: 'failed', error: toGatewayError(thrown), status, replayed: replayed === true };
  }
}
