import type { Admission as RateAdmission, RateState } from '../limits/index.ts';
import {
  type ChatRequest,
  type ClientDialectName,
  clientDialects,
  GatewayError,
  parseJsonBody,
  type RequestPath,
  toGatewayError,
} from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import type { AnswerSink, ClientCall } from './call.ts';
import { cancellationOf } from './execution.ts';
import type { GatewayDeps } from './gateway.ts';
import { guardingOf } from './guardrails/guarding.ts';
import { refuseOthersFiles } from './named-files.ts';
import type { OpenRequest } from './open-requests.ts';
import { type Plan, planFor } from './plan.ts';
import type { ProofTicket } from './proof-hook.ts';
import { forbidsStoring, readWishes } from './request-headers.ts';
import { reserve } from './reserve.ts';
import { commonHeaders, requestIdHeaders } from './response-headers.ts';
import { sendError, sendJson, statusOfError } from './send-json.ts';
import { serve, writeRecord } from './serve.ts';
import { settle } from './settle.ts';
import { informed, type SignalQuestion } from './signals/ask-signals.ts';
import type { Snapshot } from './snapshot.ts';
import { type CallTarget, resolveTarget, withCanary } from './target.ts';
import { beginTrace, type RequestTrace } from './trace.ts';

/**
 * The way of a request: identify, rate, decode, admit, decide, guard, inform, reserve, then serve (attempt, check, relay, settle). Whoever calls is
 * known before their body is read. Never rejects: every ending reaches the client in its dialect, and every request that could
 * be read has exactly one record, unless it only asked for a decision.
 */
export async function handle(call: ClientCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  const open = deps.openRequests.begin();
  deps.retryBudget.requestBegan();
  let admission: RateAdmission | undefined;
  let trace: RequestTrace | undefined;
  try {
    const snapshot = deps.snapshot();
    const principal = deps.identity.authenticate(call.headers);
    admission = await deps.limits.admitRate(principal);
    const request = decode(await call.readBody(principal), call);
    const wishes = readWishes(call.headers);
    await refuseOthersFiles(request, principal, deps);
    if (!wishes.dryRun) trace = beginTrace(call, principal, request, wishes.tags, deps.clock.monotonicMs());
    const { keyId } = principal;
    const target = withCanary(
      resolveTarget(request, snapshot),
      request,
      { sessionHeader: wishes.session, keyId },
      { snapshot, canary: deps.canary },
    );
    let plan = planFor({ request, principal, wishes, target, snapshot }, deps);
    if (trace === undefined) return sendDecision(plan.decision, call, sink);
    trace.target = target;
    trace.gate = plan.gate;
    noteDecision(trace, plan);
    requireLedger(deps);
    const guarding = guardingOf(trace, target, snapshot, { sink, open }, deps);
    if (guarding !== undefined) {
      trace.request = await guarding.checkRequest();
      if (trace.request !== request) {
        plan = planFor({ request: trace.request, principal, wishes, target, snapshot }, deps);
        noteDecision(trace, plan);
      }
    }
    // After the guardrails: whom they keep a request from, signals do not see it either.
    plan = await informed(plan, signalQuestion(trace, target, snapshot, { sink, open }), deps);
    noteDecision(trace, plan);
    deps.pacing.began(trace, plan.decision);
    const reserved = await reserve(plan, trace, deps);
    const { rate } = admission;
    const ticket = ticketFor(trace, target, plan, snapshot, deps);
    await serve({ trace, ...reserved, snapshot, rate, guarding, ticket, sink, open, deps, recorded: false });
  } catch (thrown) {
    await refuse(toGatewayError(thrown), { call, sink, trace, rate: admission?.rate }, deps);
  } finally {
    admission?.release();
    deps.retryBudget.requestEnded();
    deps.openRequests.end(open);
  }
}

function noteDecision(trace: RequestTrace, { decision, inputs }: Plan): void {
  trace.decision = decision;
  trace.inputs = inputs;
}

/** Whoever proves the route hears of its requests as they are served, guardrails' replacements included. */
function ticketFor(
  { call, request }: RequestTrace,
  { route }: CallTarget,
  { decision, gate }: Plan,
  snapshot: Snapshot,
  { proof }: GatewayDeps,
): ProofTicket | undefined {
  if (route === undefined || proof === undefined) return undefined;
  const { requestId, headers: clientHeaders } = call;
  const noStore = forbidsStoring(clientHeaders);
  return proof.begins({ requestId, gate, request, route, decision, snapshot, clientHeaders, noStore });
}

function signalQuestion(
  trace: RequestTrace,
  target: CallTarget,
  snapshot: Snapshot,
  client: { sink: AnswerSink; open: OpenRequest },
): SignalQuestion {
  const began: SignalQuestion['began'] = (calls) => {
    trace.signals = calls;
  };
  const { call, principal } = trace;
  return { requestId: call.requestId, principal, target, snapshot, client: cancellationOf(client), began };
}

export function decode(
  bytes: Uint8Array,
  { dialect, path }: { dialect: ClientDialectName; path?: RequestPath | undefined },
): ChatRequest {
  return clientDialects[dialect].decodeRequest(parseJsonBody(bytes), bytes, path);
}

/** Paid work that could not be recorded is refused before it is done. */
export function requireLedger({ ledger }: GatewayDeps): void {
  const health = ledger.health();
  if (health.ok) return;
  throw new GatewayError(
    'store_unavailable',
    'The ledger cannot be written at the moment, so nothing is called.',
    {
      detail: health.problem,
      retryAfterMs: 1000,
    },
  );
}

function sendDecision(decision: Decision, call: ClientCall, sink: AnswerSink): void {
  const body = Buffer.from(JSON.stringify(call.presentDecision(decision)));
  sendJson(sink, 200, body, { ...requestIdHeaders(call.requestId), 'x-yumen-decision': decision.id });
}

interface Refused {
  call: ClientCall;
  sink: AnswerSink;
  /** Undefined when the request was refused before it could be read. */
  trace: RequestTrace | undefined;
  rate: RateState | undefined;
}

/** Ends a request that reached no upstream. */
async function refuse(
  error: GatewayError,
  { call, sink, trace, rate }: Refused,
  deps: GatewayDeps,
): Promise<void> {
  if (error.code === 'internal' || error.code === 'store_unavailable') {
    deps.log.error({ requestId: call.requestId, detail: error.detail }, error.message);
  }
  if (trace !== undefined) {
    const durationMs = deps.clock.monotonicMs() - trace.startedMonotonicMs;
    const status = statusOfError(error, call.dialect);
    const outcome = error.code === 'client_closed' ? 'aborted' : 'failed';
    const ending = { outcome, status, error, durationMs } as const;
    await writeRecord(await settle(trace, ending, deps.estimator), deps);
  }
  sendError(
    sink,
    error,
    call,
    trace === undefined ? requestIdHeaders(call.requestId) : commonHeaders(trace, rate),
  );
}
