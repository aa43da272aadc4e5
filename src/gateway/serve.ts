import type { Deployment } from '../catalog/index.ts';
import type { RequestRecord } from '../ledger/index.ts';
import type { RateState, Reservation } from '../limits/index.ts';
import { type AnswerIdentity, dialects, GatewayError, toGatewayError } from '../protocol/index.ts';
import { type Cancellation, type ExecutionOutcome, execute } from '../upstream/index.ts';
import { eventsOfAnswer } from './answer-events.ts';
import type { AnswerSink } from './call.ts';
import { ClientChannel } from './client-channel.ts';
import type { GatewayDeps } from './gateway.ts';
import { attemptObserver } from './observer.ts';
import type { OpenRequest } from './open-requests.ts';
import { relayStream } from './relay.ts';
import { commonHeaders, costHeader, servedHeaders } from './response-headers.ts';
import { type Ending, settle } from './settle.ts';
import type { Snapshot } from './snapshot.ts';
import { type AttemptTrace, endAttempt, type RequestTrace } from './trace.ts';

/** One admitted and decided request on its way to an answer. */
export interface Serving {
  trace: RequestTrace;
  plan: Deployment[];
  snapshot: Snapshot;
  reservation: Reservation;
  rate: RateState | undefined;
  sink: AnswerSink;
  open: OpenRequest;
  deps: GatewayDeps;
  /** Set once the request has its record, so that it never gets a second one. */
  recorded: boolean;
}

type Outcome = ExecutionOutcome<AttemptTrace>;
type Answered = Extract<Outcome, { kind: 'answered' }>;
type Streaming = Extract<Outcome, { kind: 'streaming' }>;

/** Calls the plan, delivers what comes, and writes the record before the answer's last bytes leave. Never rejects. */
export async function serve(serving: Serving): Promise<void> {
  const { trace, snapshot, deps, sink } = serving;
  const channel = new ClientChannel({
    sink,
    dialect: trace.request.dialect,
    requestId: trace.call.requestId,
    heartbeat: deps.heartbeat,
    monotonicMs: deps.clock.monotonicMs,
  });
  if (trace.request.stream) {
    const holdbackMs = trace.target?.route?.holdbackMs ?? snapshot.holdbackMs;
    channel.openStreamAfter(holdbackMs, () => commonHeaders(trace, serving.rate));
  }
  try {
    await deliver(serving, channel, await outcomeOf(serving));
  } catch (thrown) {
    await failInside(serving, channel, toGatewayError(thrown));
  }
}

/** A fault of ours, wherever it struck: the client is told, and the reservation is not held for ever. */
async function failInside(serving: Serving, channel: ClientChannel, error: GatewayError): Promise<void> {
  const { trace, deps, rate } = serving;
  deps.log.error(
    { requestId: trace.call.requestId, detail: error.detail },
    'a request failed inside the gateway',
  );
  try {
    // After its record nothing is settled again: estimates would be learned from twice.
    if (!serving.recorded)
      await finish(serving, { outcome: 'failed', status: channel.statusOf(error), error });
  } catch (thrown) {
    const { detail } = toGatewayError(thrown);
    deps.log.error({ requestId: trace.call.requestId, detail }, 'a request could not be settled');
    await serving.reservation.settle(0);
  }
  channel.fail(error, servedHeaders(trace, rate));
}

async function deliver(serving: Serving, channel: ClientChannel, outcome: Outcome): Promise<void> {
  const { trace, open } = serving;
  switch (outcome.kind) {
    case 'answered':
      return trace.request.stream
        ? deliverAsStream(serving, channel, outcome)
        : deliverAnswer(serving, channel, outcome);
    case 'streaming':
      return deliverStream(serving, channel, outcome);
    case 'failed':
      return endFailed(serving, channel, outcome.error);
    case 'cancelled':
      if (open.interruption !== undefined) return endFailed(serving, channel, open.interruption);
      channel.close();
      await finish(serving, { outcome: 'aborted', status: 499, error: undefined });
  }
}

async function endFailed(serving: Serving, channel: ClientChannel, error: GatewayError): Promise<void> {
  await finish(serving, { outcome: 'failed', status: channel.statusOf(error), error });
  channel.fail(error, servedHeaders(serving.trace, serving.rate));
}

async function outcomeOf(serving: Serving): Promise<Outcome> {
  const { trace, snapshot, deps } = serving;
  try {
    return await execute(
      {
        request: trace.request,
        plan: serving.plan,
        timeouts: snapshot.timeouts,
        policy: { ...deps.retryPolicy, attemptsMax: snapshot.attemptsMax },
        answerBytesMax: snapshot.answerBytesMax,
        clientHeaders: trace.call.headers,
        observer: attemptObserver(trace, serving.reservation, deps),
        cancellation: cancellationOf(serving),
      },
      {
        transport: deps.transport,
        breakers: deps.breakers,
        retryBudget: deps.retryBudget,
        random: deps.random,
        monotonicMs: deps.clock.monotonicMs,
      },
    );
  } catch (thrown) {
    if (thrown instanceof GatewayError) return { kind: 'failed', error: thrown };
    throw thrown;
  }
}

/** The client left, or the gateway shuts down: either way nobody waits for the upstream any more. */
function cancellationOf({ sink, open }: Serving): Cancellation {
  return {
    get cancelled() {
      return sink.gone || open.interruption !== undefined;
    },
    onCancel: (listener) => {
      sink.onGone(listener);
      open.onInterrupt(listener);
    },
  };
}

async function deliverAnswer(serving: Serving, channel: ClientChannel, outcome: Answered): Promise<void> {
  const { trace, rate } = serving;
  const record = await finishAnswered(serving, outcome);
  const { dialect } = trace.request;
  const body =
    outcome.bytes ??
    Buffer.from(JSON.stringify(dialects[dialect].encodeAnswer(outcome.answer, identityOf(serving))));
  channel.sendJson(200, body, { ...servedHeaders(trace, rate), ...costHeader(record.costNano) });
}

/** The upstream answered a stream request with one document: the client gets the stream it asked for. */
async function deliverAsStream(serving: Serving, channel: ClientChannel, outcome: Answered): Promise<void> {
  const { trace, rate } = serving;
  await finishAnswered(serving, outcome);
  const encoder = dialects[trace.request.dialect].eventEncoder(identityOf(serving));
  const text = eventsOfAnswer(outcome.answer).map((event) => encoder.encode(event));
  channel.openStream(servedHeaders(trace, rate));
  channel.endStream(Buffer.from(text.join('')));
}

function finishAnswered(serving: Serving, outcome: Answered): Promise<RequestRecord> {
  const { clock } = serving.deps;
  const attempt = outcome.trace;
  attempt.tally.seeAnswer(outcome.answer);
  attempt.replayed = outcome.replayed;
  attempt.firstContentMs = clock.monotonicMs() - attempt.startedMonotonicMs;
  endAttempt(attempt, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status: outcome.status });
  return finish(serving, { outcome: 'answered', status: 200, error: undefined });
}

async function deliverStream(serving: Serving, channel: ClientChannel, outcome: Streaming): Promise<void> {
  const { trace, rate, deps, sink, open } = serving;
  const attempt = outcome.trace;
  attempt.firstContentMs = deps.clock.monotonicMs() - attempt.startedMonotonicMs;
  attempt.replayed = outcome.replayed;
  // Content came, so the deployment works; a probe must not keep its circuit shut for the length of an answer.
  outcome.permit.succeeded(deps.clock.monotonicMs());
  const end = await relayStream({
    stream: outcome.stream,
    tally: attempt.tally,
    dialect: dialects[trace.request.dialect],
    identity: identityOf(serving),
    passthrough: outcome.body.passthrough,
    hidesUsage: outcome.body.hidesUsage,
    sink,
    open,
    begin: () => channel.openStream(servedHeaders(trace, rate)),
    wrote: () => channel.wrote(),
  });
  const monotonicMs = deps.clock.monotonicMs();
  switch (end.kind) {
    case 'complete':
      endAttempt(attempt, { outcome: 'answered', monotonicMs, status: outcome.status });
      await finish(serving, { outcome: 'answered', status: 200, error: undefined });
      channel.openStream(servedHeaders(trace, rate));
      return channel.endStream(end.terminal);
    case 'interrupted':
      outcome.abort();
      if (end.error !== open.interruption) {
        deps.breakers.of(attempt.deployment.id).enter(monotonicMs)?.failed(monotonicMs, end.error);
      }
      endAttempt(attempt, { outcome: 'failed', monotonicMs, status: outcome.status, error: end.error });
      await finish(serving, { outcome: 'failed', status: channel.statusOf(end.error), error: end.error });
      return channel.fail(end.error, servedHeaders(trace, rate));
    case 'gone':
      outcome.abort();
      channel.close();
      endAttempt(attempt, { outcome: 'aborted', monotonicMs, status: outcome.status });
      await finish(serving, { outcome: 'aborted', status: 499, error: undefined });
  }
}

function identityOf({ trace, deps }: Serving): AnswerIdentity {
  return {
    requestId: trace.call.requestId,
    model: trace.attempts.at(-1)?.deployment.upstreamName ?? trace.request.model,
    createdAtSeconds: Math.floor(deps.clock.nowMs() / 1000),
    includeUsage: trace.request.wantsStreamUsage,
  };
}

/** Settles the request: one durable record, the reservation exchanged for what was really spent. */
async function finish(serving: Serving, how: Omit<Ending, 'durationMs'>): Promise<RequestRecord> {
  const { trace, deps, reservation } = serving;
  const durationMs = deps.clock.monotonicMs() - trace.startedMonotonicMs;
  const record = await settle(trace, { ...how, durationMs }, deps.estimator);
  serving.recorded = true;
  await writeRecord(record, deps);
  await reservation.settle(record.costNano ?? 0);
  const session = trace.decision?.shape.sessionKey;
  if (record.outcome === 'answered' && record.deployment !== undefined && session !== undefined) {
    deps.sessions.served(session, record.deployment, record.usage, deps.clock.nowMs());
  }
  return record;
}

/** An answer that was paid for is delivered even when the ledger cannot take its record; the log then has the facts. */
export async function writeRecord(record: RequestRecord, deps: GatewayDeps): Promise<void> {
  try {
    await deps.ledger.record(record);
  } catch (thrown) {
    deps.log.error(
      { requestId: record.id, costNano: record.costNano, usage: record.usage, cause: String(thrown) },
      'a request could not be written to the ledger',
    );
  }
}
