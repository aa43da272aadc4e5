import type { RequestRecord } from '../ledger/index.ts';
import {
  type AnswerIdentity,
  type ChatAnswer,
  clientDialects,
  type GatewayError,
  toGatewayError,
} from '../protocol/index.ts';
import type { WarmPlace } from '../router/index.ts';
import { tokensOf } from '../upstream/index.ts';
import { eventsOfAnswer } from './answer-events.ts';
import { learnFromAnswer } from './answer-learning.ts';
import { callPlan } from './call-plan.ts';
import { runCascade } from './cascade/run-cascade.ts';
import { ClientChannel } from './client-channel.ts';
import { cancellationOf } from './execution.ts';
import type { GatewayDeps } from './gateway.ts';
import { HeldStream } from './guardrails/held-stream.ts';
import { HeardStream } from './heard-stream.ts';
import { attemptObserver } from './observer.ts';
import { relayStream } from './relay.ts';
import { commonHeaders, costHeader, servedHeaders } from './response-headers.ts';
import type { Answered, Outcome, Serving, Streaming } from './serving.ts';
import { answersNano, type Ending, settle } from './settle.ts';
import { AnswerTally } from './tally.ts';
import { rememberThoughts } from './thoughts.ts';
import { answeringAttempt, endAttempt } from './trace.ts';
import { warmReferenceOf } from './warm-reference.ts';

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
    case 'answered': {
      noteAnswered(serving, outcome);
      const passed =
        serving.guarding?.checksAnswer === true
          ? await pastGuardrails(serving, channel, outcome.answer)
          : outcome.answer;
      if (passed === undefined) return;
      const bytes = passed === outcome.answer ? outcome.bytes : undefined;
      return trace.request.stream
        ? deliverAsStream(serving, channel, passed)
        : deliverAnswer(serving, channel, passed, bytes);
    }
    case 'streaming':
      return deliverStream(serving, channel, outcome);
    case 'failed':
      return endFailed(serving, channel, outcome.error);
    case 'cancelled':
      if (open.interruption !== undefined) return endFailed(serving, channel, open.interruption);
      return endGone(serving, channel);
  }
}

async function endGone(serving: Serving, channel: ClientChannel): Promise<void> {
  channel.close();
  await finish(serving, { outcome: 'aborted', status: 499, error: undefined });
}

/** The answer as the client may have it. Undefined where it may not, or has left: then the request has its ending. */
async function pastGuardrails(
  serving: Serving,
  channel: ClientChannel,
  answer: ChatAnswer,
): Promise<ChatAnswer | undefined> {
  try {
    return (await serving.guarding?.checkAnswer(answer)) ?? answer;
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.code === 'internal') throw error;
    await (error.code === 'client_closed' ? endGone(serving, channel) : endFailed(serving, channel, error));
    return undefined;
  }
}

async function endFailed(serving: Serving, channel: ClientChannel, error: GatewayError): Promise<void> {
  await finish(serving, { outcome: 'failed', status: channel.statusOf(error), error });
  channel.fail(error, servedHeaders(serving.trace, serving.rate));
}

function outcomeOf(serving: Serving): Promise<Outcome> {
  const { trace, plan, cascade, cover, snapshot, deps } = serving;
  if (cascade !== undefined) return runCascade(serving, cascade);
  return callPlan(serving, {
    candidates: plan,
    attemptsMax: snapshot.attemptsMax,
    totalMs: snapshot.timeouts.totalMs,
    observer: attemptObserver(trace, cover, deps),
    cancellation: cancellationOf(serving),
  });
}

async function deliverAnswer(
  serving: Serving,
  channel: ClientChannel,
  answer: ChatAnswer,
  bytes: Uint8Array | undefined,
): Promise<void> {
  const { trace, rate } = serving;
  const record = await finishAnswered(serving);
  const { dialect } = trace.request;
  const body =
    bytes ?? Buffer.from(JSON.stringify(clientDialects[dialect].encodeAnswer(answer, identityOf(serving))));
  channel.sendJson(200, body, { ...servedHeaders(trace, rate), ...costHeader(record.costNano) });
}

/** One document was to be a stream: the client gets the stream it asked for. */
async function deliverAsStream(serving: Serving, channel: ClientChannel, answer: ChatAnswer): Promise<void> {
  const { trace, rate } = serving;
  await finishAnswered(serving);
  const encoder = clientDialects[trace.request.dialect].eventEncoder(identityOf(serving));
  const chunks = eventsOfAnswer(answer).map((event) => Buffer.from(encoder.encode(event)));
  channel.openStream(servedHeaders(trace, rate));
  channel.endStream(Buffer.concat(chunks));
}

function noteAnswered(serving: Serving, outcome: Answered): void {
  const { clock } = serving.deps;
  const attempt = outcome.trace;
  serving.answer = outcome.answer;
  attempt.tally.seeAnswer(outcome.answer);
  attempt.replayed = outcome.replayed;
  attempt.firstContentMs ??= clock.monotonicMs() - attempt.startedMonotonicMs;
  endAttempt(attempt, { outcome: 'answered', monotonicMs: clock.monotonicMs(), status: outcome.status });
}

function finishAnswered(serving: Serving): Promise<RequestRecord> {
  return finish(serving, { outcome: 'answered', status: 200, error: undefined });
}

async function deliverStream(serving: Serving, channel: ClientChannel, outcome: Streaming): Promise<void> {
  const { trace, rate, deps, sink, open, guarding, snapshot } = serving;
  const held = guarding?.checksAnswer === true ? new HeldStream(sink, snapshot.answerBytesMax) : undefined;
  const attempt = outcome.trace;
  const heard = serving.ticket?.wantsAnswer === true ? new HeardStream(snapshot.answerBytesMax) : undefined;
  attempt.firstContentMs ??= deps.clock.monotonicMs() - attempt.startedMonotonicMs;
  attempt.replayed = outcome.replayed;
  const end = await relayStream({
    stream: outcome.stream,
    tally: outcome.counted === true ? new AnswerTally() : attempt.tally,
    dialect: clientDialects[trace.request.dialect],
    identity: identityOf(serving),
    passthrough: outcome.body.passthrough,
    hidesUsage: outcome.body.hidesUsage,
    sink: held ?? sink,
    open,
    see(frame) {
      held?.see(frame);
      heard?.see(frame);
    },
    begin: () => {
      if (held === undefined) channel.openStream(servedHeaders(trace, rate));
    },
    wrote: () => {
      if (held === undefined) channel.wrote();
    },
  }).finally(() => outcome.lease.release(tokensOf(attempt.tally.usage)));
  const monotonicMs = deps.clock.monotonicMs();
  switch (end.kind) {
    case 'complete':
      endAttempt(attempt, { outcome: 'answered', monotonicMs, status: outcome.status });
      serving.answer = heard?.answer();
      if (held !== undefined) return releaseStream(serving, channel, held, end.terminal);
      await finishAnswered(serving);
      channel.openStream(servedHeaders(trace, rate));
      return channel.endStream(end.terminal);
    case 'interrupted':
      outcome.abort();
      if (end.error !== open.interruption) outcome.lease.broke(monotonicMs, end.error);
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

/** A stream that was held back for guardrails leaves as it came, or as they made it. */
async function releaseStream(
  serving: Serving,
  channel: ClientChannel,
  held: HeldStream,
  terminal: Uint8Array,
): Promise<void> {
  const answer = held.answer();
  if (answer === undefined) throw new Error('a stream that is complete has an answer');
  const passed = await pastGuardrails(serving, channel, answer);
  if (passed === undefined) return;
  if (passed !== answer) return deliverAsStream(serving, channel, passed);
  await finishAnswered(serving);
  channel.openStream(servedHeaders(serving.trace, serving.rate));
  serving.sink.write(held.written());
  channel.endStream(terminal);
}

function identityOf({ trace, deps }: Serving): AnswerIdentity {
  return {
    requestId: trace.call.requestId,
    model: answeringAttempt(trace)?.deployment.upstreamName ?? trace.request.model,
    createdAtSeconds: Math.floor(deps.clock.nowMs() / 1000),
    includeUsage: trace.request.wantsStreamUsage,
    elapsedMs: () => deps.clock.monotonicMs() - trace.startedMonotonicMs,
    request: trace.request,
  };
}

/** Settles the request: one durable record, the reservation exchanged for what was really spent. */
async function finish(serving: Serving, how: Omit<Ending, 'durationMs'>): Promise<RequestRecord> {
  const { trace, deps, reservation } = serving;
  const durationMs = deps.clock.monotonicMs() - trace.startedMonotonicMs;
  const places = warmPlaces(serving);
  const settled = await settle(trace, { ...how, durationMs }, deps.estimator);
  const record = { ...settled, warmReference: warmReferenceOf(trace, settled.usage, places) };
  serving.recorded = true;
  await writeRecord(record, deps);
  await reservation.settle(answersNano(record) ?? 0);
  rememberThoughts(trace, record, deps);
  learnFromAnswer(trace, record, deps);
  serving.ticket?.over(record, serving.answer);
  return record;
}

/** Who held the conversation's prefix before this request. */
function warmPlaces({ trace, deps }: Serving): readonly WarmPlace[] {
  const shape = trace.decision?.shape;
  return (shape && deps.sessions.stateOf(shape, trace.call.receivedAtMs)?.warm) ?? [];
}

/** An answer that was paid for is delivered even when the ledger cannot take its record; the log then has the facts. */
export async function writeRecord(record: RequestRecord, deps: GatewayDeps): Promise<void> {
  deps.pacing.settled(record);
  deps.canary?.over(record);
  try {
    await deps.ledger.record(record);
  } catch (thrown) {
    deps.log.error(
      { requestId: record.id, costNano: record.costNano, usage: record.usage, cause: String(thrown) },
      'a request could not be written to the ledger',
    );
  }
}
