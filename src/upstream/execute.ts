import type { Candidate, Deployment } from '../catalog/index.ts';
import {
  type ChatAnswer,
  type ChatRequest,
  GatewayError,
  type PastThoughts,
  type Usage,
} from '../protocol/index.ts';
import { type AttemptInput, type ClientHeaders, openAttempt } from './attempt.ts';
import type { AnswerStream } from './attempt-outcome.ts';
import { type Cancellation, orCancelled } from './cancellation.ts';
import type { Balancing, Won } from './load/fleet.ts';
import type { Lease } from './load/lease.ts';
import { exhaustedForMs } from './rate-headers.ts';
import type { RetryPolicy } from './retry.ts';
import type { Signers } from './signers.ts';
import type { Timeouts, Transport } from './transport.ts';
import { type UpstreamBody, upstreamBody } from './upstream-body.ts';
import { type NoAnswer, type OthersLeft, type Step, type WalkTools, walk } from './walk.ts';

/** Told of each upstream call, so that each has exactly one record. `Trace` is the caller's own note of one call. */
export interface AttemptObserver<Trace> {
  /**
   * Called before each call; rejects with a GatewayError to forbid it (a budget that no longer covers it).
   *
   * @param credential id of the key that is used; undefined where there is none
   */
  started(candidate: Candidate, body: UpstreamBody, credential: string | undefined): Promise<Trace>;
  failed(trace: Trace, error: GatewayError, status: number | undefined, replayed: boolean): void;
  /** The client left while this call was running. */
  cancelled(trace: Trace): void;
  /** A whole answer was paid for and will not reach the client. */
  answeredInVain(trace: Trace, answer: ChatAnswer): void;
  /** Says why a whole answer should not reach the client while another deployment is left; undefined = it is fine. */
  refuses(trace: Trace, answer: ChatAnswer): string | undefined;
}

export interface ExecutionInput<Trace> {
  request: ChatRequest;
  /** What may be called, in order of preference; only what policy allowed. */
  plan: Candidate[];
  balancing: Balancing;
  timeouts: Timeouts;
  policy: RetryPolicy;
  answerBytesMax: number;
  clientHeaders: ClientHeaders;
  /** What is remembered of the conversation's thinking, as this deployment may be told of it; undefined where there is nothing to tell. */
  thoughts(deployment: Deployment): PastThoughts | undefined;
  observer: AttemptObserver<Trace>;
  cancellation: Cancellation;
}

export interface ExecutionTools extends WalkTools {
  transport: Transport;
  signers: Signers;
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
  | NoAnswer
  /** Without `bytes` the answer must be encoded for the client. */
  | ({ kind: 'answered'; answer: ChatAnswer; bytes: Uint8Array | undefined } & Committed<Trace>)
  | ({ kind: 'streaming'; stream: AnswerStream; lease: Lease; abort(): void } & Committed<Trace>);

/**
 * Answers a chat: one deployment after the other until one does. A streaming outcome hands its lease over: whoever takes the stream releases
 * it. Rejects with what `observer.started` rejects with.
 */
export function execute<Trace>(
  input: ExecutionInput<Trace>,
  tools: ExecutionTools,
): Promise<ExecutionOutcome<Trace>> {
  return walk<ExecutionOutcome<Trace>>(input, (won, others) => runAttempt(input, won, others, tools), tools);
}

async function runAttempt<Trace>(
  input: ExecutionInput<Trace>,
  { candidate, lease }: Won,
  others: OthersLeft,
  tools: ExecutionTools,
): Promise<Step<ExecutionOutcome<Trace>>> {
  let handedOver = false;
  let tokens: number | undefined = 0;
  try {
    const { request, observer } = input;
    const { deployment } = candidate;
    const body = upstreamBody(request, candidate, input.thoughts(deployment));
    const trace = await observer.started(candidate, body, lease.key?.id);
    const startMs = tools.monotonicMs();
    const movesOn = input.policy.contentFilter === 'next' && others.ofOtherVendors;
    const attempt = openAttempt(
      { ...attemptInput(input, candidate, body, lease, tools), failsOnFilter: movesOn },
      tools.transport,
    );
    const outcome = await orCancelled(attempt.outcome, input.cancellation);
    const nowMs = tools.monotonicMs();
    // Whatever became of it, the upstream has read the request.
    tokens = undefined;
    if (outcome === undefined) {
      attempt.abort();
      observer.cancelled(trace);
      return { kind: 'over', outcome: { kind: 'cancelled' } };
    }
    if (outcome.kind === 'failed') {
      const otherKey = lease.failed(nowMs, outcome.error);
      observer.failed(trace, outcome.error, outcome.status, outcome.replayed);
      return { kind: 'go-on', error: outcome.error, otherKey };
    }
    const { status, replayed } = outcome;
    const committed = { trace, deployment, body, status, replayed };
    const ms = nowMs - startMs;
    if (outcome.kind === 'streaming') {
      handedOver = true;
      // Content came, so the deployment works; a probe must not keep its circuit shut for the length of an answer.
      lease.succeeded(nowMs, { ms, outputTokens: undefined });
      const { stream } = outcome;
      return {
        kind: 'over',
        outcome: { kind: 'streaming', stream, lease, abort: attempt.abort, ...committed },
      };
    }
    const { answer, bytes } = outcome;
    tokens = tokensOf(answer.usage);
    lease.succeeded(nowMs, { ms, outputTokens: answer.usage?.outputTokens ?? 0 });
    if (movesOn && isFiltered(answer)) {
      observer.answeredInVain(trace, answer);
      return { kind: 'go-on', error: filtered(deployment), otherKey: false };
    }
    const refusal = others.any ? observer.refuses(trace, answer) : undefined;
    if (refusal !== undefined) return { kind: 'go-on', error: refused(deployment, refusal), otherKey: false };
    return { kind: 'over', outcome: { kind: 'answered', answer, bytes, ...committed } };
  } finally {
    if (!handedOver) {
      lease.cancelled(tools.monotonicMs());
      lease.release(tokens);
    }
  }
}

function attemptInput<Trace>(
  { request, timeouts, clientHeaders, answerBytesMax }: ExecutionInput<Trace>,
  { deployment }: Candidate,
  body: UpstreamBody,
  lease: Lease,
  tools: ExecutionTools,
): AttemptInput {
  return {
    request,
    deployment,
    body,
    timeouts,
    key: lease.key,
    signer: tools.signers.of(deployment.provider),
    clientHeaders,
    answerBytesMax,
    sawHead({ headers, receivedAtMs }) {
      const ms = exhaustedForMs(headers, receivedAtMs);
      if (ms !== undefined) lease.spentFor(tools.monotonicMs(), ms);
    },
  };
}

/** What rate limits by token count. */
export function tokensOf(usage: Usage | undefined): number | undefined {
  return usage === undefined ? undefined : usage.inputTokens + usage.outputTokens;
}

function isFiltered({ finish }: ChatAnswer): boolean {
  return finish.unified === 'content-filter' || finish.unified === 'refusal';
}

function filtered({ id }: Deployment): GatewayError {
  const detail = `${id}: the answer was filtered or refused`;
  return new GatewayError('content_filtered', 'The provider’s content filter withheld the answer.', {
    detail,
  });
}

function refused({ id }: Deployment, refusal: string): GatewayError {
  const detail = `${id}: ${refusal}`;
  return new GatewayError('upstream_protocol', 'The answer did not pass its check.', { detail });
}
