import { costOf, type Deployment, describePriceRow, type PriceRow, selectPrice } from '../catalog/index.ts';
import type { AttemptRecord, RequestRecord, TokenEstimator } from '../ledger/index.ts';
import { type ChatRequest, type GatewayError, noUsage, type Part, type Usage } from '../protocol/index.ts';
import type { NanoUsd } from '../std/index.ts';
import { candidateId } from './answer-learning.ts';
import type { AnswerTally } from './tally.ts';
import { type AttemptTrace, answeringAttempt, type CallTrace, type RequestTrace } from './trace.ts';

/** How a request ended, as the client saw it. */
export interface Ending {
  outcome: 'answered' | 'failed' | 'aborted';
  status: number;
  error: GatewayError | undefined;
  durationMs: number;
}

/**
 * Turns what was traced into the one record of this request: exact usage where the upstream reported it, an estimate, marked as
 * one, where an answer was cut or carried none, and the cost of every attempt that was paid for.
 */
export async function settle(
  trace: RequestTrace,
  ending: Ending,
  estimator: TokenEstimator,
): Promise<RequestRecord> {
  const about = { request: trace.request, requestId: trace.call.requestId };
  const answers = await Promise.all(
    trace.attempts.map((attempt) => settleAttempt(attempt, about, estimator)),
  );
  const signals = (await trace.signals?.records) ?? [];
  const attempts = [...answers, ...signals.map((each, i) => ({ ...each, index: answers.length + i }))];
  const answering = answeringAttempt(trace);
  const last = answering && attempts[answering.index];
  const answered = ending.outcome === 'answered' || last?.usageSource !== 'none' ? last : undefined;
  return {
    id: trace.call.requestId,
    startedAtMs: trace.call.receivedAtMs,
    durationMs: ending.durationMs,
    keyId: trace.principal.keyId,
    project: trace.principal.project,
    dialect: trace.request.dialect,
    model: trace.request.model,
    route: trace.target?.route?.name,
    ...(trace.target?.route?.variant !== undefined && { variant: trace.target.route.variant }),
    stream: trace.request.stream,
    deployment: answered?.deployment,
    outcome: ending.outcome,
    status: ending.status,
    error: ending.error?.code,
    usage: answered?.usage,
    usageSource: answered?.usageSource ?? 'none',
    costNano: sumOfCosts(attempts),
    referenceCostNano: referenceCost(trace, answered?.usage),
    predicted: predictedOf(trace),
    firstContentMs: firstAnswered(trace),
    simulated: trace.attempts.some((attempt) => attempt.deployment.model.simulated),
    session: trace.decision?.shape.sessionKey,
    tags: trace.tags,
    ...policyOf(trace),
    droppedParams: answering?.dropped ?? [],
    guardrails: trace.guardrails,
    cascade: trace.cascade,
    attempts,
    decision: trace.decision,
    inputs: trace.inputs,
  };
}

/** Nothing of it where there is no pack and nothing was said. */
function policyOf({ gate }: RequestTrace): Pick<RequestRecord, 'policy'> {
  if (gate === undefined) return {};
  const { version, facts } = gate;
  const says = facts.dataClasses.length > 0 || (facts.purpose ?? facts.subjectRegion) !== undefined;
  if (version === 'none' && !says) return {};
  return { policy: { version, facts } };
}

/** The record of one chat call: what was asked, and for which request of the client's. */
export async function settleAttempt(
  attempt: AttemptTrace,
  { request, requestId }: { request: ChatRequest; requestId: string },
  estimator: TokenEstimator,
): Promise<AttemptRecord> {
  const { usage, usageSource } = await usageOf(attempt, request, estimator);
  const price = priceOf(attempt.deployment, usage, attempt.startedAtMs);
  const costNano = usage === undefined ? 0 : price === undefined ? undefined : costOf(usage, price);
  const settled = { requestId, index: attempt.index, usage, usageSource, costNano };
  return {
    ...attemptRecord(attempt, settled, price),
    effort: attempt.effort === 'default' ? undefined : attempt.effort,
    role: attempt.role,
  };
}

/** The record of any upstream call; `price` is undefined where it is unknown. */
export function attemptRecord(
  attempt: CallTrace,
  settled: Pick<AttemptRecord, 'requestId' | 'index' | 'usage' | 'usageSource' | 'costNano'>,
  price: PriceRow | undefined,
): AttemptRecord {
  const { deployment } = attempt;
  const { requestId, index, usage, usageSource, costNano } = settled;
  return {
    id: attempt.id,
    requestId,
    index,
    deployment: deployment.id,
    model: deployment.model.id,
    provider: deployment.provider.id,
    region: deployment.provider.region,
    credential: attempt.credential,
    startedAtMs: attempt.startedAtMs,
    firstContentMs: attempt.firstContentMs,
    durationMs: attempt.durationMs,
    replayed: attempt.replayed,
    outcome: attempt.outcome === 'running' ? 'aborted' : attempt.outcome,
    status: attempt.status,
    error: attempt.error?.code,
    errorDetail: attempt.error?.detail,
    usage,
    usageSource,
    costNano,
    priceRow: usage === undefined || price === undefined ? undefined : describePriceRow(price),
  };
}

async function usageOf(
  attempt: AttemptTrace,
  request: ChatRequest,
  estimator: TokenEstimator,
): Promise<{ usage: Usage | undefined; usageSource: 'reported' | 'estimated' | 'none' }> {
  const { tally, deployment } = attempt;
  if (attempt.outcome === 'answered' && tally.usage !== undefined) {
    learn(attempt, tally.usage, request, estimator);
    return { usage: tally.usage, usageSource: 'reported' };
  }
  // A call that failed before any content is not billed by the vendors we know.
  if (attempt.outcome === 'failed' && tally.contentEvents === 0)
    return { usage: undefined, usageSource: 'none' };
  return { usage: await estimatedUsage(tally, deployment, request, estimator), usageSource: 'estimated' };
}

/** What the estimator may learn from a reported answer: only tokens whose text was seen, so hidden reasoning is left out. */
function learn(
  { tally, deployment }: AttemptTrace,
  usage: Usage,
  request: ChatRequest,
  estimator: TokenEstimator,
): void {
  if (tally.scale === 1) {
    void estimator.observeOutput({
      deployment: deployment.id,
      text: () => tally.text,
      contentEvents: tally.contentEvents,
      outputTokens: tally.sawReasoning ? usage.outputTokens : usage.outputTokens - usage.reasoningTokens,
    });
  }
  if (
    request.messages.every((message) =>
      message.parts.every((part) => part.type !== 'image' && part.type !== 'document'),
    )
  ) {
    void estimator.observeInput({
      deployment: deployment.id,
      text: () => promptText(request),
      inputTokens: usage.inputTokens,
    });
  }
}

/** Input as reported at the start of the stream where the dialect does so; the rest from the text. */
async function estimatedUsage(
  tally: AnswerTally,
  deployment: Deployment,
  request: ChatRequest,
  estimator: TokenEstimator,
): Promise<Usage> {
  const reported = tally.usage ?? noUsage;
  const inputTokens =
    reported.inputTokens > 0
      ? reported.inputTokens
      : await estimator.estimateInput({ deployment: deployment.id, text: () => promptText(request) });
  const generated =
    tally.chars === 0 && tally.contentEvents === 0
      ? 0
      : await estimator.estimateOutput({
          deployment: deployment.id,
          text: () => tally.text,
          contentEvents: tally.contentEvents,
        });
  const outputTokens = Math.max(reported.outputTokens, Math.round(generated * tally.scale));
  return { ...reported, inputTokens, outputTokens };
}

/** Everything of the request that a model reads as text. */
function promptText(request: ChatRequest): string {
  const pieces = request.messages.flatMap((message) => message.parts.map(textOf));
  for (const tool of request.tools)
    pieces.push(tool.name, tool.description ?? '', JSON.stringify(tool.parameters));
  return pieces.join('\n');
}

function textOf(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text;
    case 'tool-call':
      return `${part.name} ${part.arguments}`;
    case 'tool-result':
      return part.parts.map(textOf).join('\n');
    default:
      return '';
  }
}

/** One unknown cost makes the sum unknown: an unknown price is never free. */
export function sumOfCosts(attempts: AttemptRecord[]): NanoUsd | undefined {
  let sum = 0;
  for (const { costNano } of attempts) {
    if (costNano === undefined) return undefined;
    sum += costNano;
  }
  return sum;
}

function referenceCost(trace: RequestTrace, usage: Usage | undefined): NanoUsd | undefined {
  const reference = trace.target?.reference.deployment;
  if (reference === undefined || usage === undefined) return undefined;
  const price = priceOf(reference, usage, trace.call.receivedAtMs);
  return price === undefined ? undefined : costOf(usage, price);
}

/** A plan with several calls was expected to cost what all of them do. */
function predictedOf(trace: RequestTrace): RequestRecord['predicted'] {
  const { decision } = trace;
  const attempt = answeringAttempt(trace);
  if (decision === undefined || attempt === undefined) return undefined;
  const id = candidateId(attempt);
  const one = decision.candidates.find(({ candidate }) => candidate === id);
  const cost = trace.cascade === undefined ? one?.cost : decision.cascade?.cost;
  if (cost === undefined || one?.cost === undefined) return undefined;
  const costNano = cost.totalNano + (decision.signals?.costNano ?? 0);
  return { costNano, outputTokens: one.cost.expectedOutputTokens };
}

export function priceOf(
  deployment: Deployment,
  usage: Usage | undefined,
  atMs: number,
): PriceRow | undefined {
  const { region } = deployment.provider;
  const outputTokens = usage?.outputTokens;
  return selectPrice(deployment.prices, {
    atMs,
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens,
    region,
  });
}

/** An answer that was looked at first reached the client when it was chosen, not when it came. */
function firstAnswered(trace: RequestTrace): number | undefined {
  const { chosen, startedMonotonicMs } = trace;
  return chosen === undefined ? firstContent(trace) : chosen.monotonicMs - startedMonotonicMs;
}

/** From the start of the request to the first content of its last attempt. */
export function firstContent(trace: {
  startedMonotonicMs: number;
  attempts: CallTrace[];
}): number | undefined {
  const attempt = trace.attempts.at(-1);
  if (attempt?.firstContentMs === undefined) return undefined;
  return attempt.startedMonotonicMs - trace.startedMonotonicMs + attempt.firstContentMs;
}

/** What a request cost without its signals, which have a reservation of their own; undefined where a price is unknown. */
export function answersNano({ attempts }: Pick<RequestRecord, 'attempts'>): NanoUsd | undefined {
  return sumOfCosts(attempts.filter(({ role }) => role !== 'signal'));
}
