import type { Deployment } from '../catalog/index.ts';
import type { RequestRecord } from '../ledger/index.ts';
import type { ClientDialectName, PastThoughts } from '../protocol/index.ts';
import { wireFor } from '../providers/index.ts';
import type { GatewayDeps } from './gateway.ts';
import { forbidsStoring } from './request-headers.ts';
import { tenantOf } from './tenant.ts';
import { answeringAttempt, type RequestTrace } from './trace.ts';

type Thinking = Pick<GatewayDeps, 'thoughts' | 'clock'>;

/** How each deployment of the plan is told of the conversation's past thinking; nothing where no past turn called a tool or thought. */
export function pastThoughts(
  trace: RequestTrace,
  { thoughts, clock }: Thinking,
): (deployment: Deployment) => PastThoughts | undefined {
  const { request } = trace;
  const concerned = request.messages.some(({ parts }) =>
    parts.some(({ type }) => type === 'tool-call' || type === 'reasoning' || type === 'redacted-reasoning'),
  );
  if (!concerned) return () => undefined;
  const boundId = callIdIn(trace);
  return (deployment) => {
    const seen = thoughts.asSeenBy(
      tenantOf(trace.principal),
      makerOf(deployment, request.dialect),
      clock.nowMs(),
    );
    return { ...seen, before: (callId) => seen.before(boundId(callId)) };
  };
}

/** Keeps the thinking of an answer that called tools, unless the client forbids keeping anything. */
export function rememberThoughts(trace: RequestTrace, record: RequestRecord, deps: Thinking): void {
  const attempt = answeringAttempt(trace);
  if (record.outcome !== 'answered' || attempt === undefined || forbidsStoring(trace.call.headers)) return;
  const { callIds, parts } = attempt.tally.thoughts;
  const maker = makerOf(attempt.deployment, trace.request.dialect);
  deps.thoughts.remember(
    tenantOf(trace.principal),
    callIds.map(callIdIn(trace)),
    parts,
    maker,
    deps.clock.nowMs(),
  );
}

/** Signatures are accepted by the lab that made them, in the dialect they came in. */
function makerOf({ model, provider }: Deployment, client: ClientDialectName): string {
  return `${wireFor(provider, client).dialect} ${model.lab}`;
}

/** Shorter ids, and those that end in a small number, are counted from 0 in every conversation (`functions.look:0` of Kimi, `call_1`). */
const countedId = /^.{0,8}$|[^A-Za-z0-9]\d{1,4}$/s;

/** What a call is remembered under. A counted id means something only inside its conversation: elsewhere it is somebody else's thought. */
function callIdIn({ decision }: RequestTrace): (callId: string) => string {
  const session = decision?.shape.sessionKey ?? '';
  return (callId) => (countedId.test(callId) ? `${session} ${callId}` : callId);
}
