import {
  type Deployment,
  type Model,
  modelStaleness,
  type PriceRow,
  priceStaleness,
  type Staleness,
} from '../../catalog/index.ts';
import type { Route, SignalCounts } from '../../gateway/index.ts';
import type { KeyInfo, NewKey as NewKeyInput } from '../../identity/index.ts';
import type {
  AttemptRecord,
  CascadeRecord,
  ReportRow as LedgerReportRow,
  RequestSummary as LedgerRequestSummary,
  RequestRecord,
} from '../../ledger/index.ts';
import { summaryOf } from '../../ledger/index.ts';
import type { Usage as ProtocolUsage } from '../../protocol/index.ts';
import type { RateLimits } from '../../providers/index.ts';
import {
  type OwnOutcomes,
  ownKey,
  type PacerView,
  type PlanEstimate,
  planId,
  type Decision as RouterDecision,
} from '../../router/index.ts';
import { type NanoUsd, nanoPerUsd, usdFromNano } from '../../std/index.ts';
import type { DeploymentView } from '../../upstream/index.ts';
import type * as contract from './contract.ts';

/** Our records in the form of the contract; nothing else knows both. */

export function presentDecision(decision: RouterDecision): contract.Decision {
  const { shape, explanation } = decision;
  return {
    id: decision.id,
    at: iso(decision.atMs),
    route: decision.route ?? null,
    mode: decision.mode,
    reason: decision.reason,
    quality: decision.quality,
    reference: decision.reference,
    plan: decision.plan,
    cascade: decision.cascade === undefined ? null : presentPlan(decision.cascade),
    cascades: (decision.cascades ?? []).map(presentPlan),
    preferred: decision.preferred,
    explanation: {
      sentence: explanation.sentence,
      runner_up: explanation.runnerUp ?? null,
      flip: explanation.flip ?? null,
    },
    candidates: decision.candidates.map((candidate) => ({
      candidate: candidate.candidate,
      model: candidate.model,
      quality: candidate.quality,
      loss: candidate.loss,
      evidence: candidate.evidence,
      evidence_cell: candidate.evidenceCell,
      expected_cost_usd: usdOrNull(candidate.cost?.totalNano),
      expected_output_tokens: candidate.cost?.expectedOutputTokens ?? null,
      contributions: candidate.contributions,
    })),
    excluded: decision.excluded,
    signals: presentSignals(decision.signals),
    target: decision.target,
    lambda_usd: decision.lambda,
    propensity: decision.propensity,
    shape: {
      language: shape.language,
      task: shape.task,
      turn: shape.turn,
      ask_chars: shape.askChars,
      input_tokens_estimate: shape.inputTokensEstimate,
      tools: shape.tools,
      has_images: shape.hasImages,
      session_key: shape.sessionKey,
    },
    artefact: decision.artefact,
  };
}

function presentSignals(signals: RouterDecision['signals']): contract.Decision['signals'] {
  if (signals === undefined) return null;
  return {
    asked: signals.asked.map(({ name, deployment, outcome, durationMs }) => ({
      name,
      deployment: deployment ?? null,
      outcome,
      duration_ms: durationMs,
    })),
    waited_ms: signals.waitedMs,
    expected_cost_usd: usdOrNull(signals.costNano),
    judge: signals.values.judge?.[0] ?? null,
    without: signals.without,
    changed: signals.changed,
  };
}

function presentPlan({ plan, quality, loss, cost, escalation }: PlanEstimate): contract.PlanEstimate {
  return {
    plan: planId(plan),
    quality,
    loss,
    expected_cost_usd: usdOrNull(cost?.totalNano),
    escalation,
  };
}

export function presentRequest(record: RequestRecord, showDetail: boolean): contract.Request {
  return {
    ...presentSummary(summaryOf(record)),
    attempts: record.attempts.map((attempt) => presentAttempt(attempt, showDetail)),
    guardrails: (record.guardrails ?? []).map(({ name, phase, action, code, durationMs }) => ({
      name,
      phase,
      action,
      code: code ?? null,
      duration_ms: durationMs,
    })),
    cascade: record.cascade === undefined ? null : presentCascade(record.cascade),
    decision: record.decision === undefined ? null : presentDecision(record.decision),
  };
}

function presentCascade(cascade: CascadeRecord): contract.Cascade {
  return {
    plan: cascade.plan,
    verdicts: cascade.verdicts,
    faults: cascade.faults,
    agreement: cascade.agreement ?? null,
    posterior: cascade.posterior ?? null,
    escalated: cascade.escalated,
    accepted: cascade.accepted ?? null,
  };
}

export function presentSummary(record: LedgerRequestSummary): contract.RequestSummary {
  return {
    id: record.id,
    started_at: iso(record.startedAtMs),
    duration_ms: record.durationMs,
    first_content_ms: record.firstContentMs ?? null,
    key_id: record.keyId,
    project: record.project ?? null,
    dialect: record.dialect,
    service: record.service ?? null,
    model: record.model,
    served_model: record.servedModel ?? null,
    route: record.route ?? null,
    variant: record.variant ?? null,
    deployment: record.deployment ?? null,
    stream: record.stream,
    outcome: record.outcome,
    status: record.status,
    error: record.error ?? null,
    usage: usage(record.usage),
    usage_source: record.usageSource,
    units: record.units ?? null,
    cost_usd: usdOrNull(record.costNano),
    cost_nano_usd: textOrNull(record.costNano),
    reference_cost_usd: usdOrNull(record.referenceCostNano),
    reference_cost_nano_usd: textOrNull(record.referenceCostNano),
    warm_reference:
      record.warmReference === undefined
        ? null
        : {
            cost_usd: usdFromNano(record.warmReference.costNano),
            cost_nano_usd: String(record.warmReference.costNano),
            cache_read_tokens: record.warmReference.cacheReadTokens,
          },
    predicted:
      record.predicted === undefined
        ? null
        : {
            cost_usd: usdFromNano(record.predicted.costNano),
            cost_nano_usd: String(record.predicted.costNano),
            output_tokens: record.predicted.outputTokens,
          },
    attempts_count: record.attemptCount,
    decision_id: record.decisionId ?? null,
    simulated: record.simulated,
    session: record.session ?? null,
    tags: record.tags,
    policy: record.policy === undefined ? null : presentPolicyOf(record.policy),
    dropped_params: record.droppedParams,
  };
}

function presentPolicyOf({ version, facts }: NonNullable<RequestRecord['policy']>) {
  const { dataClasses, purpose, subjectRegion } = facts;
  return {
    version,
    data_classes: [...dataClasses],
    purpose: purpose ?? null,
    subject_region: subjectRegion ?? null,
  };
}

function presentAttempt(attempt: AttemptRecord, showDetail: boolean): contract.Attempt {
  return {
    id: attempt.id,
    index: attempt.index,
    deployment: attempt.deployment,
    model: attempt.model,
    provider: attempt.provider,
    region: attempt.region ?? null,
    effort: attempt.effort ?? null,
    role: attempt.role ?? null,
    credential: attempt.credential ?? null,
    started_at: iso(attempt.startedAtMs),
    duration_ms: attempt.durationMs,
    first_content_ms: attempt.firstContentMs ?? null,
    replayed: attempt.replayed ?? false,
    outcome: attempt.outcome,
    status: attempt.status ?? null,
    error: attempt.error ?? null,
    error_detail: showDetail ? (attempt.errorDetail ?? null) : null,
    usage: usage(attempt.usage),
    usage_source: attempt.usageSource,
    cost_usd: usdOrNull(attempt.costNano),
    cost_nano_usd: textOrNull(attempt.costNano),
    price_row: attempt.priceRow ?? null,
  };
}

export function presentReportRow(row: LedgerReportRow): contract.ReportRow {
  const { compared } = row;
  const savingNano = compared.referenceCostNano - compared.costNano;
  return {
    group: row.group ?? null,
    simulated: row.simulated,
    requests: row.requests,
    answered: row.answered,
    failed: row.failed,
    aborted: row.aborted,
    input_tokens: row.inputTokens,
    cache_read_tokens: row.cacheReadTokens,
    output_tokens: row.outputTokens,
    cost_usd: usdFromNano(row.costNano),
    cost_nano_usd: row.costNano.toString(),
    unpriced_requests: row.unpricedRequests,
    reference_cost_usd: usdFromNano(row.referenceCostNano),
    reference_cost_nano_usd: row.referenceCostNano.toString(),
    compared: {
      requests: compared.requests,
      cost_usd: usdFromNano(compared.costNano),
      reference_cost_usd: usdFromNano(compared.referenceCostNano),
      saving_usd: usdFromNano(savingNano),
      saving_share:
        compared.referenceCostNano === 0n ? null : Number(savingNano) / Number(compared.referenceCostNano),
    },
    predicted: presentPredicted(row.predicted),
    first_content_ms_p50: row.firstContentMsP50 ?? null,
    first_content_ms_p95: row.firstContentMsP95 ?? null,
  };
}

function presentPredicted(predicted: LedgerReportRow['predicted']): contract.ReportRow['predicted'] {
  const { requests, costNano, actualCostNano, outputTokens, actualOutputTokens } = predicted;
  const ratio = (actual: number, expected: number) => (expected === 0 ? null : actual / expected);
  return {
    requests,
    cost_usd: usdFromNano(costNano),
    actual_cost_usd: usdFromNano(actualCostNano),
    cost_ratio: ratio(Number(actualCostNano), Number(costNano)),
    output_tokens: outputTokens,
    actual_output_tokens: actualOutputTokens,
    output_ratio: ratio(actualOutputTokens, outputTokens),
  };
}

export function presentKey(key: KeyInfo): contract.Key {
  return {
    id: key.id,
    prefix: key.prefix,
    name: key.name,
    role: key.role,
    project: key.project ?? null,
    models: key.models ?? null,
    limits: {
      requests_per_minute: key.limits.requestsPerMinute,
      concurrent_requests: key.limits.concurrentRequests,
      budget_usd_per_day:
        key.limits.budgetNanoPerDay === undefined ? undefined : usdFromNano(key.limits.budgetNanoPerDay),
    },
    created_at: iso(key.createdAtMs),
    expires_at: key.expiresAtMs === undefined ? null : iso(key.expiresAtMs),
    revoked_at: key.revokedAtMs === undefined ? null : iso(key.revokedAtMs),
  };
}

export function newKeyInput(body: contract.NewKey): NewKeyInput {
  const budget = body.limits?.budget_usd_per_day;
  return {
    name: body.name,
    role: body.role,
    project: body.project,
    models: body.models,
    limits: {
      requestsPerMinute: body.limits?.requests_per_minute,
      concurrentRequests: body.limits?.concurrent_requests,
      budgetNanoPerDay: budget === undefined ? undefined : Math.round(budget * nanoPerUsd),
    },
    expiresAtMs: body.expires_at === undefined ? undefined : Date.parse(body.expires_at),
  };
}

export function presentModel(model: Model, deployments: Deployment[], nowMs: number): contract.CatalogModel {
  const age = modelStaleness(model, nowMs);
  const mine = deployments.filter((deployment) => deployment.model.id === model.id);
  const rows = [...new Set(mine.flatMap((deployment) => deployment.prices))];
  return {
    id: model.id,
    name: model.name,
    kind: model.kind ?? 'chat',
    aliases: model.aliases,
    lab: model.lab,
    origin: model.origin,
    licence: model.licence.id,
    open_weights: model.licence.openWeights,
    obligations: (model.licence.obligations ?? []).map(({ text }) => text),
    staleness: age === undefined ? null : presentStaleness(age),
    context_tokens: model.contextTokens,
    output_tokens_max: model.outputTokensMax,
    deployments: mine.map((deployment) => deployment.id),
    simulated: model.simulated,
    prices: rows.map((row) => presentPrice(row, nowMs)),
    scores: model.scores.map((score) => ({
      benchmark: score.benchmark,
      value: score.value,
      source: score.source,
      as_of: score.asOf,
    })),
    findings: mine
      .flatMap(({ findings }) => findings ?? [])
      .map(({ deployment, capability, value, evidence, atMs }) => ({
        deployment,
        capability,
        value,
        evidence,
        at: new Date(atMs).toISOString(),
      })),
  };
}

export function presentDeployment(
  { id, model, provider, weight, limits }: Deployment,
  view: DeploymentView,
  nowMs: number,
): contract.Deployment {
  const { circuit, keys } = view;
  const until = (ms: number): string | null => (ms > 0 ? iso(nowMs + ms) : null);
  return {
    id,
    model: model.id,
    provider: provider.id,
    region: provider.region ?? null,
    weight: weight ?? 1,
    limits: presentLimits(limits),
    in_flight: view.inFlight,
    queued: view.queued,
    circuit: {
      state: circuit.state,
      reason: circuit.state === 'closed' ? null : (circuit.reason ?? null),
      until: until(circuit.waitMs),
    },
    ejected_until: until(view.ejectedMs),
    keys: keys.map((key) => ({
      id: key.id,
      weight: key.weight,
      limits: presentLimits(key.limits),
      in_flight: key.inFlight,
      cooling_until: until(key.coolingMs),
      being_tried: key.isBeingTried,
    })),
  };
}

/** `budget` is how the route's daily budget fares; undefined where it has none. */
export function presentRoute(
  route: Route,
  {
    budget,
    signals,
    own,
  }: { budget: PacerView | undefined; signals: SignalCounts | undefined; own: OwnOutcomes },
): contract.Route {
  return {
    name: route.name,
    mode: route.mode,
    reference: route.reference.id,
    candidates: route.candidates.map((candidate) => candidate.id),
    target: route.target,
    upgrade_share_max: route.upgradeShareMax ?? null,
    learn: route.learn ?? 'own',
    feedback_from: route.feedbackFrom ?? 'admins',
    own_outcomes: ownOutcomesOf(route, own),
    budget: budget === undefined ? null : presentBudget(budget, route.mode === 'observe'),
    signals: route.signals === undefined ? null : (signals ?? {}),
  };
}

function ownOutcomesOf({ reference, candidates }: Route, own: OwnOutcomes): { [model: string]: number } {
  const names = new Set(
    [reference, ...candidates].map(({ deployment, effort }) =>
      ownKey({ id: deployment.model.id, ...(effort !== 'default' && { effort }) }),
    ),
  );
  const known = own.models().filter(({ model }) => names.has(model));
  return Object.fromEntries(known.map(({ model, rows }) => [model, rows]));
}

function presentBudget(view: PacerView, wouldBe: boolean): contract.Route['budget'] {
  return {
    day: iso(view.dayStartMs).slice(0, 10),
    budget_usd: usdFromNano(view.budgetNano),
    spent_usd: usdFromNano(view.spentNano),
    // Rounded: what was added and taken away again leaves a trace in the last digits.
    in_flight_usd: usdFromNano(Math.round(view.inFlightNano)),
    requests: view.requests,
    requests_ahead: Math.round(view.requestsAhead),
    lambda_usd: view.lambdaUsd ?? null,
    forecast_usd: view.forecastNano === undefined ? null : usdFromNano(Math.round(view.forecastNano)),
    course_known: view.learned,
    reach: view.reach,
    would_be: wouldBe,
  };
}

function presentLimits(limits: RateLimits | undefined): contract.Deployment['limits'] {
  return {
    requests_per_minute: limits?.requestsPerMinute,
    tokens_per_minute: limits?.tokensPerMinute,
    concurrent: limits?.concurrent,
  };
}

function presentStaleness({ ageDays, daysMax, stale }: Staleness) {
  return { age_days: ageDays, days_max: daysMax, stale };
}

function presentPrice(row: PriceRow, nowMs: number): contract.CatalogModel['prices'][number] {
  const perMillion = (pico: number): number => pico / 1_000_000;
  return {
    vendor: row.vendor,
    region: row.region ?? null,
    from: row.from,
    input_tokens_above: row.inputTokensAbove,
    input_usd_per_1m: perMillion(row.input),
    output_usd_per_1m: perMillion(row.output),
    cache_read_usd_per_1m: row.cacheRead === undefined ? null : perMillion(row.cacheRead),
    to: row.to ?? null,
    staleness: presentStaleness(priceStaleness(row, nowMs)),
    source: row.source,
    as_of: row.asOf,
  };
}

function usage(value: ProtocolUsage | undefined): contract.Usage | null {
  if (value === undefined) return null;
  return {
    input_tokens: value.inputTokens,
    cache_read_tokens: value.cacheReadTokens,
    cache_write_tokens: value.cacheWriteTokens,
    output_tokens: value.outputTokens,
    reasoning_tokens: value.reasoningTokens,
  };
}

function usdOrNull(nano: NanoUsd | undefined): number | null {
  return nano === undefined ? null : usdFromNano(nano);
}

function textOrNull(nano: NanoUsd | undefined): string | null {
  return nano === undefined ? null : String(nano);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
