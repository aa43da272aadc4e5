import type { Deployment } from '../catalog/index.ts';
import type { RequestRecord } from '../ledger/index.ts';
import type { ClientDialectName, PastThoughts } from '../protocol/index.ts';
import { wireFor } from '../providers/index.ts';
import type { GatewayDeps } from './gateway.ts';
import { forbidsStoring } from './request-headers.ts';
import type { RequestTrace } from './trace.ts';

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
  return (deployment) =>
    thoughts.asSeenBy(scopeOf(trace), makerOf(deployment, request.dialect), clock.nowMs());
}

/** Keeps the thinking of an answer that called tools, unless the client forbids keeping anything. */
export function rememberThoughts(trace: RequestTrace, record: RequestRecord, deps: Thinking): void {
  const attempt = trace.attempts.at(-1);
  if (record.outcome !== 'answered' || attempt === undefined || forbidsStoring(trace.call.headers)) return;
  const { callIds, parts } = attempt.tally.thoughts;
  const maker = makerOf(attempt.deployment, trace.request.dialect);
  deps.thoughts.remember(scopeOf(trace), callIds, parts, maker, deps.clock.nowMs());
}

/** Signatures are accepted by the lab that made them, in the dialect they came in. */
function makerOf({ model, provider }: Deployment, client: ClientDialectName): string {
  return `${wireFor(provider, client).dialect} ${model.lab}`;
}

function scopeOf({ principal }: RequestTrace): string {
  return principal.project ?? principal.keyId;
}
