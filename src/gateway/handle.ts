import type { Deployment } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import type { Admission as RateAdmission, RateState } from '../limits/index.ts';
import { admit } from '../policy/index.ts';
import {
  type ChatRequest,
  type DialectName,
  dialects,
  GatewayError,
  parseJsonBody,
  toGatewayError,
} from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import type { AnswerSink, ClientCall } from './call.ts';
import { errorHeaders } from './client-channel.ts';
import { decideFor } from './decide-for.ts';
import type { GatewayDeps } from './gateway.ts';
import { type RequestWishes, readWishes } from './request-headers.ts';
import { commonHeaders } from './response-headers.ts';
import { serve, writeRecord } from './serve.ts';
import { settle } from './settle.ts';
import type { Snapshot } from './snapshot.ts';
import { type CallTarget, resolveTarget } from './target.ts';
import type { RequestTrace } from './trace.ts';
import { worstCaseNano } from './worst-case.ts';

/**
 * The way of a request: identify, rate, decode, admit, decide, reserve, then serve (attempt, check, relay, settle). Whoever calls is
 * known before their body is read. Never rejects: every ending reaches the client in its dialect, and every request
 * that was admitted has exactly one record.
 */
export async function handle(call: ClientCall, sink: AnswerSink, deps: GatewayDeps): Promise<void> {
  let admission: RateAdmission | undefined;
  let trace: RequestTrace | undefined;
  deps.retryBudget.requestBegan();
  try {
    const snapshot = deps.snapshot();
    const principal = deps.identity.authenticate(call.headers);
    admission = await deps.limits.admitRate(principal);
    const request = decode(await call.readBody(), call.dialect);
    const wishes = readWishes(call.headers);
    trace = {
      call,
      principal,
      request,
      route: undefined,
      decision: undefined,
      reference: undefined,
      tags: wishes.tags,
      startedMonotonicMs: deps.clock.monotonicMs(),
      attempts: [],
    };
    const target = resolveTarget(request, snapshot);
    trace.route = target.route;
    trace.reference = target.reference.deployment;
    const { decision, deployments: plan } = planFor({ request, principal, wishes, target, snapshot }, deps);
    trace.decision = decision;
    if (wishes.dryRun) return sendDecision(trace, sink, admission.rate);
    const reservation = await reserve(trace, plan, deps);
    await serve({
      trace,
      plan,
      holdbackMs: target.route?.holdbackMs ?? snapshot.holdbackMs,
      snapshot,
      reservation,
      rate: admission.rate,
      sink,
      deps,
      recorded: false,
    });
  } catch (thrown) {
    await refuse(toGatewayError(thrown), { call, sink, trace, rate: admission?.rate }, deps);
  } finally {
    admission?.release();
    deps.retryBudget.requestEnded();
  }
}

export function decode(bytes: Uint8Array, dialect: DialectName): ChatRequest {
  return dialects[dialect].decodeRequest(parseJsonBody(bytes), bytes);
}

export interface PlanQuestion {
  request: ChatRequest;
  principal: Principal;
  wishes: RequestWishes;
  target: CallTarget;
  snapshot: Snapshot;
}

export interface Plan {
  decision: Decision;
  /** What to call, in order. */
  deployments: Deployment[];
}

/** Who may serve, then who should. Only what policy allowed can be in the plan. Throws `forbidden` or `unsupported_by_candidates`. */
export function planFor(
  { request, principal, wishes, target, snapshot }: PlanQuestion,
  deps: Pick<GatewayDeps, 'ids' | 'clock' | 'breakers' | 'sessions'>,
): Plan {
  const called = request.model.slice(0, 200);
  const { allowed, excluded } = admit({
    principal,
    calledName: request.model,
    candidates: target.candidates,
  });
  if (allowed.length === 0) {
    const why = excluded[0]?.why ?? 'no candidate is left';
    throw new GatewayError('forbidden', `No allowed deployment can serve «${called}»: ${why}.`);
  }
  const { keyId } = principal;
  const decision = decideFor({ request, keyId, wishes, target, allowed, excluded, snapshot }, deps);
  const byId = new Map(allowed.map((candidate) => [candidate.id, candidate.deployment]));
  const deployments = decision.plan.flatMap((id) => byId.get(id) ?? []);
  if (deployments.length > 0) return { decision, deployments };
  const reasons = [...new Set(decision.excluded.map((exclusion) => exclusion.why))];
  throw new GatewayError(
    'unsupported_by_candidates',
    `No model behind «${called}» can serve this request: ${reasons.slice(0, 3).join('; ')}.`,
  );
}

function reserve(trace: RequestTrace, plan: Deployment[], deps: GatewayDeps) {
  const first = plan[0];
  const worst =
    first === undefined || trace.decision === undefined
      ? 0
      : worstCaseNano(first, trace.decision.shape, deps.clock.nowMs());
  return deps.limits.reserve(trace.principal, worst);
}

function sendDecision(trace: RequestTrace, sink: AnswerSink, rate: RateState | undefined): void {
  const body = Buffer.from(JSON.stringify(trace.decision));
  sink.begin(200, {
    ...commonHeaders(trace, rate),
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
  });
  sink.end(body);
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
  if (error.code === 'internal') {
    deps.log.error(
      { requestId: call.requestId, detail: error.detail },
      'a request failed inside the gateway',
    );
  }
  if (trace !== undefined) {
    const durationMs = deps.clock.monotonicMs() - trace.startedMonotonicMs;
    const record = await settle(
      trace,
      { outcome: 'failed', status: error.status, error, durationMs },
      deps.estimator,
    );
    await writeRecord(record, deps);
  }
  const body = Buffer.from(JSON.stringify(dialects[call.dialect].encodeError(error, call.requestId)));
  const identity = { 'x-request-id': call.requestId, 'request-id': call.requestId };
  sink.begin(error.status, {
    ...(trace === undefined ? identity : commonHeaders(trace, rate)),
    ...errorHeaders(error),
    'content-type': 'application/json',
    'content-length': String(body.byteLength),
  });
  sink.end(body);
}
