import type { AttemptRecord } from '../ledger/index.ts';
import { GatewayError } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import type { GatewayDeps } from './gateway.ts';
import { namesOf } from './guardrails/guarding.ts';
import { guardrailsFor } from './guardrails/guardrail.ts';
import { decode, requireLedger } from './handle.ts';
import { planFor } from './plan.ts';
import type { PreviewDeps, PreviewRequest } from './preview.ts';
import { readWishes } from './request-headers.ts';
import { writeRecord } from './serve.ts';
import { sumOfCosts } from './settle.ts';
import { informed } from './signals/ask-signals.ts';
import type { SignalDeps } from './signals/asking.ts';
import { resolveTarget } from './target.ts';
import type { SignalCalls } from './trace.ts';

export interface InformedPreview {
  decision: Decision;
  /** Calls that were made for it; none where nothing was asked. */
  calls: AttemptRecord[];
}

/**
 * As `preview`, with the signals of the route asked where the choice is undecided, as a real request would have them asked. Rejects with
 * `not_available` where guardrails would come before them: a preview does not go through these.
 */
export async function informedPreview(
  { bytes, headers, principal }: PreviewRequest,
  deps: PreviewDeps & SignalDeps,
): Promise<InformedPreview> {
  const snapshot = deps.snapshot();
  const request = decode(bytes, { dialect: 'openai-chat' });
  const target = resolveTarget(request, snapshot);
  if (guardrailsFor(snapshot.guardrails, 'before', namesOf(request, target)).length > 0) {
    throw new GatewayError(
      'not_available',
      'Guardrails check requests of this route before anybody sees them, and a preview does not go through them: have no signals asked.',
    );
  }
  const plan = planFor({ request, principal, wishes: readWishes(headers), target, snapshot }, deps);
  let asked: SignalCalls | undefined;
  const question = {
    requestId: deps.ids('req'),
    principal,
    target,
    snapshot,
    client: { cancelled: false, onCancel() {} },
    began(calls: SignalCalls) {
      asked = calls;
    },
  };
  const { decision } = await informed(plan, question, deps);
  const records = (await asked?.records) ?? [];
  return { decision, calls: records.map((record, index) => ({ ...record, index })) };
}

/** The same, with what it cost in the ledger, as a request of the service `decide`. */
export async function recordedPreview(request: PreviewRequest, deps: GatewayDeps): Promise<Decision> {
  requireLedger(deps);
  const [startedAtMs, startedMs] = [deps.clock.nowMs(), deps.clock.monotonicMs()];
  const { decision, calls } = await informedPreview(request, deps);
  const [first] = calls;
  if (first === undefined) return decision;
  const { principal, headers } = request;
  await writeRecord(
    {
      id: first.requestId,
      startedAtMs,
      durationMs: deps.clock.monotonicMs() - startedMs,
      keyId: principal.keyId,
      project: principal.project,
      dialect: 'openai-chat',
      service: 'decide',
      model: decision.route ?? decision.reference,
      route: decision.route,
      stream: false,
      deployment: undefined,
      outcome: 'answered',
      status: 200,
      error: undefined,
      usage: undefined,
      usageSource: 'none',
      costNano: sumOfCosts(calls),
      referenceCostNano: undefined,
      firstContentMs: undefined,
      simulated: isSimulated(decision, deps),
      session: undefined,
      tags: readWishes(headers).tags,
      droppedParams: [],
      attempts: calls,
      decision,
    },
    deps,
  );
  return decision;
}

/** Signals are as real as the models they are asked about: the configuration sees to that. */
function isSimulated({ route }: Decision, deps: GatewayDeps): boolean {
  const found = route === undefined ? undefined : deps.snapshot().routes.get(route);
  return found?.reference.deployment.model.simulated === true;
}
