import { costOf, type PriceRow } from '../../catalog/index.ts';
import type { AttemptRecord, RequestRecord, TokenEstimator } from '../../ledger/index.ts';
import { noUsage, type Usage } from '../../protocol/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import { attemptRecord, type Ending, firstContent, priceOf, sumOfCosts } from '../settle.ts';
import type { ServiceExchange } from './exchange.ts';
import type { ServiceAttempt, ServiceTrace } from './trace.ts';

/**
 * Turns what was traced into the one record of this request. Usage is what the upstream reported, else an estimate, marked as one, where
 * the request is text, else unknown; and what is unknown is never free.
 */
export async function settleService(
  trace: ServiceTrace,
  { call, principal }: Pick<ServiceExchange, 'call' | 'principal'>,
  ending: Ending,
  estimator: TokenEstimator,
): Promise<RequestRecord> {
  const attempts = await Promise.all(
    trace.attempts.map((attempt, index) => settleAttempt(attempt, index, trace, call.requestId, estimator)),
  );
  const last = attempts.at(-1);
  const answered = ending.outcome === 'answered' ? last : undefined;
  return {
    id: call.requestId,
    startedAtMs: call.receivedAtMs,
    durationMs: ending.durationMs,
    keyId: principal.keyId,
    project: principal.project,
    dialect: call.dialect,
    service: trace.service,
    model: trace.model,
    route: undefined,
    stream: trace.stream,
    deployment: answered?.deployment,
    outcome: ending.outcome,
    status: ending.status,
    error: ending.error?.code,
    usage: last?.usage,
    usageSource: last?.usageSource ?? 'none',
    units: trace.attempts.at(-1)?.units,
    costNano: sumOfCosts(attempts),
    // A named model is its own reference.
    referenceCostNano: answered?.costNano,
    firstContentMs: firstContent(trace),
    simulated: trace.attempts.some(({ deployment }) => deployment.model.simulated),
    session: undefined,
    tags: trace.tags,
    droppedParams: [],
    guardrails: trace.guardrails,
    attempts,
    decision: undefined,
  };
}

type Asked = Pick<ServiceTrace, 'prompt' | 'promptTokens' | 'requests' | 'unbilled'>;

export async function settleAttempt(
  attempt: ServiceAttempt,
  index: number,
  trace: Asked,
  requestId: string,
  estimator: TokenEstimator,
): Promise<AttemptRecord> {
  const { usage, usageSource } = await usageOf(attempt, trace, estimator);
  const price = priceOf(attempt.deployment, usage, attempt.startedAtMs);
  const cost = costNano(attempt, trace, usage, price);
  return attemptRecord(attempt, { requestId, index, usage, usageSource, costNano: cost }, price);
}

async function usageOf(
  attempt: ServiceAttempt,
  trace: Asked,
  estimator: TokenEstimator,
): Promise<{ usage: Usage | undefined; usageSource: AttemptRecord['usageSource'] }> {
  if (attempt.usage !== undefined) return { usage: attempt.usage, usageSource: 'reported' };
  if (attempt.outcome === 'failed' || trace.unbilled) return { usage: undefined, usageSource: 'none' };
  const { prompt, promptTokens } = trace;
  if (promptTokens !== undefined) {
    return { usage: { ...noUsage, inputTokens: promptTokens }, usageSource: 'estimated' };
  }
  if (prompt === undefined) return { usage: undefined, usageSource: 'none' };
  const inputTokens = await estimator.estimateInput({ deployment: attempt.deployment.id, text: prompt });
  return { usage: { ...noUsage, inputTokens }, usageSource: 'estimated' };
}

function costNano(
  attempt: ServiceAttempt,
  trace: Asked,
  usage: Usage | undefined,
  price: PriceRow | undefined,
): NanoUsd | undefined {
  // A call that failed is not billed by the vendors we know.
  if (attempt.outcome === 'failed' || trace.unbilled) return 0;
  if (price === undefined) return undefined;
  const requests = attempt.units?.searches ?? trace.requests;
  if (usage !== undefined) return costOf(usage, price, requests);
  return price.input === 0 && price.output === 0 ? costOf(noUsage, price, requests) : undefined;
}
