import type { Principal } from '../../identity/index.ts';
import type { RequestRecord } from '../../ledger/index.ts';
import type { RateState, Reservation } from '../../limits/index.ts';
import type { PolicyGate } from '../../policy/index.ts';
import { GatewayError, toGatewayError } from '../../protocol/index.ts';
import type { ServiceName } from '../../providers/index.ts';
import type { AnswerSink } from '../call.ts';
import { gateOf } from '../gate-of.ts';
import type { GatewayDeps } from '../gateway.ts';
import type { OpenRequest } from '../open-requests.ts';
import { type RequestWishes, readWishes } from '../request-headers.ts';
import { asciiOnly, guardrailHeader, rateHeaders, requestIdHeaders } from '../response-headers.ts';
import { sendError } from '../send-json.ts';
import { writeRecord } from '../serve.ts';
import type { Ending } from '../settle.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServiceCall } from './call.ts';
import { settleService } from './settle.ts';
import type { ServiceTrace } from './trace.ts';

/** One request beside chat on its way, and what is known of it so far. */
export interface ServiceExchange {
  readonly call: ServiceCall;
  readonly sink: AnswerSink;
  readonly deps: GatewayDeps;
  readonly snapshot: Snapshot;
  readonly principal: Principal;
  readonly wishes: RequestWishes;
  /** Says who may see the request. */
  readonly gate: PolicyGate;
  readonly rate: RateState | undefined;
  readonly open: OpenRequest;
  /** Undefined until the request could be read: then it gets a record, whatever comes of it. */
  trace: ServiceTrace | undefined;
  reservation: Reservation | undefined;
  recorded: boolean;
  /** The answer's head has left, so an error can only break the connection. */
  begun: boolean;
}

/**
 * The frame of every request beside chat: identify, rate, then `work` (read, resolve, admit, reserve, attempt, settle). Never rejects:
 * every ending reaches the client, and every request that could be read has exactly one record.
 */
export async function serveService(
  call: ServiceCall,
  sink: AnswerSink,
  deps: GatewayDeps,
  work: (exchange: ServiceExchange) => Promise<void>,
): Promise<void> {
  const open = deps.openRequests.begin();
  deps.retryBudget.requestBegan();
  let release = (): void => {};
  let exchange: ServiceExchange | undefined;
  try {
    const snapshot = deps.snapshot();
    const principal = deps.identity.authenticate(call.headers);
    const admission = await deps.limits.admitRate(principal);
    release = () => admission.release();
    const wishes = readWishes(call.headers);
    const gate = gateOf({ principal, route: undefined, wishes, snapshot }, deps);
    const known = { call, sink, deps, snapshot, principal, wishes, gate, rate: admission.rate, open };
    exchange = { ...known, trace: undefined, reservation: undefined, recorded: false, begun: false };
    await work(exchange);
  } catch (thrown) {
    await fail(toGatewayError(thrown), exchange, { call, sink, deps });
  } finally {
    release();
    deps.retryBudget.requestEnded();
    deps.openRequests.end(open);
  }
}

/** The request could be read: from here on it has a record. */
export function beginServiceTrace(
  exchange: ServiceExchange,
  service: ServiceName,
  about: { model: string } & Partial<
    Pick<ServiceTrace, 'stream' | 'prompt' | 'promptTokens' | 'requests' | 'unbilled'>
  >,
): ServiceTrace {
  const { wishes, deps } = exchange;
  if (wishes.dryRun) {
    throw new GatewayError(
      'not_available',
      'x-yumen-dry-run shows decisions, and there is none here: leave it out.',
      {
        param: 'x-yumen-dry-run',
      },
    );
  }
  const trace: ServiceTrace = {
    service,
    model: about.model,
    stream: about.stream ?? false,
    tags: wishes.tags,
    startedMonotonicMs: deps.clock.monotonicMs(),
    attempts: [],
    prompt: about.prompt,
    promptTokens: about.promptTokens,
    requests: about.requests,
    unbilled: about.unbilled ?? false,
  };
  exchange.trace = trace;
  return trace;
}

/** Settles the request: one durable record, the reservation exchanged for what was really spent. */
export async function finishService(
  exchange: ServiceExchange,
  how: Omit<Ending, 'durationMs'>,
): Promise<RequestRecord> {
  const { trace, deps, reservation } = exchange;
  if (trace === undefined) throw new Error('a request that could not be read has no record');
  const durationMs = deps.clock.monotonicMs() - trace.startedMonotonicMs;
  const record = await settleService(trace, exchange, { ...how, durationMs }, deps.estimator);
  exchange.recorded = true;
  await writeRecord(record, deps);
  // What cannot be priced afterwards is booked as it was held: a budget fails closed.
  await reservation?.settle(record.costNano ?? Number.NaN);
  return record;
}

/** Headers of every answer; with those of the attempt that gave it, once there is one. */
export function serviceHeaders({ call, rate, trace }: ServiceExchange): { [name: string]: string } {
  const headers: { [name: string]: string } = {
    ...requestIdHeaders(call.requestId),
    ...guardrailHeader(trace?.guardrails),
    ...rateHeaders(rate),
  };
  const attempt = trace?.attempts.at(-1);
  if (trace === undefined || attempt === undefined) return headers;
  headers['x-yumen-deployment'] = asciiOnly(attempt.deployment.id);
  headers['x-yumen-attempts'] = String(trace.attempts.length);
  if (attempt.deployment.model.simulated) headers['x-yumen-simulated'] = 'true';
  return headers;
}

async function fail(
  error: GatewayError,
  exchange: ServiceExchange | undefined,
  { call, sink, deps }: Pick<ServiceExchange, 'call' | 'sink' | 'deps'>,
): Promise<void> {
  if (error.code === 'internal' || error.code === 'store_unavailable') {
    deps.log.error({ requestId: call.requestId, detail: error.detail }, error.message);
  }
  if (exchange?.trace !== undefined && !exchange.recorded) {
    const status = exchange.begun ? 200 : error.status;
    const outcome = error.code === 'client_closed' ? 'aborted' : 'failed';
    try {
      await finishService(exchange, { outcome, status, error });
    } catch (thrown) {
      const { detail } = toGatewayError(thrown);
      deps.log.error({ requestId: call.requestId, detail }, 'a request could not be settled');
      await exchange.reservation?.settle(0);
    }
  }
  if (exchange?.begun === true) sink.reset();
  else {
    const headers = exchange === undefined ? requestIdHeaders(call.requestId) : serviceHeaders(exchange);
    sendError(sink, error, call, headers);
  }
}
