import type { AttemptRecord, RequestRecord } from '../ledger/index.ts';
import type { Usage } from '../protocol/index.ts';
import { type LengthObservation, lengthQuestion, type Shape } from '../router/index.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Served } from './session-memory.ts';
import { type AttemptTrace, answeringAttempt, type RequestTrace } from './trace.ts';

/** What later decisions learn from a request that is over: how long answers become, and where its conversation lives now. */
export function learnFromAnswer(
  trace: RequestTrace,
  record: RequestRecord,
  { lengths, sessions, clock }: Pick<GatewayDeps, 'lengths' | 'sessions' | 'clock'>,
): void {
  const shape = trace.decision?.shape;
  if (shape === undefined) return;
  for (const [index, attempt] of trace.attempts.entries()) {
    const settled = record.attempts[index];
    // What the sandbox invents must not move what is expected of others.
    if (settled === undefined || attempt.deployment.model.simulated) continue;
    const observation = observationOf(attempt, settled, shape, trace.request.choices);
    if (observation !== undefined) lengths.observe(observation);
  }
  const answering = answeringAttempt(trace);
  if (record.outcome !== 'answered' || answering === undefined) return;
  const nowMs = clock.nowMs();
  for (const [index, attempt] of trace.attempts.entries()) {
    const usage = record.attempts[index]?.usage;
    if (attempt !== answering && usage !== undefined) sessions.warmed(shape, servedOf(attempt, usage), nowMs);
  }
  sessions.served(shape, servedOf(answering, record.usage), nowMs);
}

function servedOf(attempt: AttemptTrace, usage: Usage | undefined): Served {
  const { deployment } = attempt;
  const cache = deployment.provider.quirks.promptCache;
  return { candidate: candidateId(attempt), deployment: deployment.id, usage, cache };
}

/** As the catalogue writes it. */
export function candidateId({ deployment, effort }: Pick<AttemptTrace, 'deployment' | 'effort'>): string {
  return effort === 'default' ? deployment.id : `${deployment.id}#${effort}`;
}

/** Undefined where nothing was generated. */
function observationOf(
  attempt: AttemptTrace,
  { usage, usageSource }: AttemptRecord,
  shape: Shape,
  choices: number,
): LengthObservation | undefined {
  if (usage === undefined || usageSource === 'none' || usage.outputTokens <= 0) return undefined;
  const { tally } = attempt;
  const whole = attempt.outcome === 'answered' && tally.complete && tally.finish?.unified !== 'length';
  return { ...lengthQuestion(attempt, shape), tokens: usage.outputTokens / choices, whole };
}
