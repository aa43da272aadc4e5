import { type Candidate, type Catalog, type Deployment, selectPrice } from '../../catalog/index.ts';
import { type PreviewDeps, preview, type Route, SessionMemory } from '../../gateway/index.ts';
import type { Principal } from '../../identity/index.ts';
import { clientDialects, GatewayError } from '../../protocol/index.ts';
import { type Decision, lengthQuestion, OutputLengths, readRequest, type Shape } from '../../router/index.ts';
import { nanoPerUsd } from '../../std/index.ts';
import type { LogEntry } from './logs/entry.ts';
import type { ForecastOption, ForecastRow } from './statistics/row.ts';

export interface EstimateDeps extends Omit<PreviewDeps, 'sessions' | 'lengths' | 'proof'> {
  route: Route;
  principal: Principal;
}

/** One request of the log as the route would decide it. */
export interface Estimated {
  entry: LogEntry;
  shape: Shape;
  row: ForecastRow;
  /** Ids of the options' candidates, in their order. */
  candidates: string[];
  /** Rows of evidence behind each option. */
  evidence: number[];
  /** What the logged answer cost: as the log says, else by its tokens and today's price list; undefined where neither is known. */
  loggedUsd: number | undefined;
}

export interface EstimatedLog {
  requests: Estimated[];
  /** Candidates of the forecast by their index in options: all of the route's but the reference. */
  candidates: Candidate[];
  /** Why requests could not be decided, and how many. */
  undecided: Map<string, number>;
  /** Answers that taught how long answers are. */
  lengthsFrom: number;
  /** Candidates without a price, and how many requests they could not be weighed for. */
  unpriced: Map<string, number>;
}

const undecidedKindsMax = 20;
const picoPerUsd = 1e12;

/**
 * Decides each request by the stages a real one goes through, each as the first of its conversation: nothing is remembered of earlier ones, so warm prompt caches
 * are not priced. Lengths of answers are learned from the log first.
 */
export function estimateLog(entries: readonly LogEntry[], deps: EstimateDeps): EstimatedLog {
  const { route } = deps;
  const catalog = deps.snapshot().catalog;
  const lengths = new OutputLengths();
  const lengthsFrom = learnLengths(entries, lengths, catalog, deps.principal.keyId);
  const candidates = route.candidates.filter(({ id }) => id !== route.reference.id);
  const log: EstimatedLog = {
    requests: [],
    candidates,
    undecided: new Map(),
    lengthsFrom,
    unpriced: new Map(),
  };
  const indexes = new Map(candidates.map(({ id }, index) => [id, index]));
  for (const entry of entries) {
    try {
      const decision = decisionOf(entry, lengths, deps);
      log.requests.push(estimated(entry, decision, { indexes, log, deps, catalog }));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const known = log.undecided.has(error.code) || log.undecided.size < undecidedKindsMax;
      const why = known ? error.code : 'other';
      log.undecided.set(why, (log.undecided.get(why) ?? 0) + 1);
    }
  }
  return log;
}

function decisionOf(entry: LogEntry, lengths: OutputLengths, deps: EstimateDeps): Decision {
  const { principal, route } = deps;
  const bytes = new TextEncoder().encode(
    JSON.stringify({ ...entry.body, model: route.name, models: undefined }),
  );
  // A memory of its own per request: another's conversation says nothing of this one.
  const own = { ...deps, lengths, sessions: new SessionMemory() };
  return preview({ bytes, headers: {}, principal, dialect: entry.dialect }, own);
}

/** Whole answers with a known length, of whichever model: each teaches what its family of work asks for. */
function learnLengths(
  entries: readonly LogEntry[],
  lengths: OutputLengths,
  catalog: Catalog,
  keyId: string,
): number {
  let learned = 0;
  for (const { model, body, dialect, outputTokens, answer } of entries) {
    if (outputTokens === undefined || outputTokens < 1) continue;
    const found = model === undefined ? undefined : catalog.resolve(model);
    try {
      const request = clientDialects[dialect].decodeRequest({ ...body, model: 'any' }, new Uint8Array());
      const { shape } = readRequest(request, { sessionHeader: undefined, keyId });
      const question =
        found?.kind === 'deployments'
          ? lengthQuestion({ deployment: found.deployments[0]!, effort: 'default' }, shape)
          : lengthQuestionOf(model ?? 'unknown', shape);
      lengths.observe({ ...question, tokens: outputTokens, whole: answer?.finish.unified !== 'length' });
      learned += 1;
    } catch (error) {
      // What cannot be decoded is told when it is decided.
      if (!(error instanceof GatewayError)) throw error;
    }
  }
  return learned;
}

/** Of a model that the catalogue does not know. */
function lengthQuestionOf(model: string, shape: Shape): ReturnType<typeof lengthQuestion> {
  const format = shape.wantsJsonSchema ? 'json-schema' : shape.wantsShortAnswer === true ? 'short' : 'free';
  return { model, task: shape.task, thinking: 'default', format, askChars: shape.askChars };
}

interface Estimating {
  indexes: ReadonlyMap<string, number>;
  log: EstimatedLog;
  deps: EstimateDeps;
  catalog: Catalog;
}

function estimated(entry: LogEntry, decision: Decision, given: Estimating): Estimated {
  const { route, clock } = given.deps;
  const { shape } = decision;
  const inputTokens = entry.inputTokens ?? shape.inputTokensEstimate;
  const priceOf = (deployment: Deployment, outputTokens: number): number | undefined =>
    usdOf(deployment, { inputTokens, outputTokens, atMs: clock.nowMs() });
  const reference = decision.candidates.find(({ candidate }) => candidate === route.reference.id);
  if (reference?.cost === undefined)
    throw new GatewayError('unsupported_by_candidates', 'The reference cannot serve it, or has no price.');
  const logged = loggedDeployment(entry, route, given.catalog);
  const answeredByReference =
    logged?.model.id === route.reference.deployment.model.id && entry.outputTokens !== undefined;
  const referenceTokens = answeredByReference ? entry.outputTokens! : reference.cost.expectedOutputTokens;
  const options: ForecastOption[] = [];
  const candidates: string[] = [];
  const evidence: number[] = [];
  for (const one of decision.candidates) {
    const index = given.indexes.get(one.candidate);
    if (index === undefined) continue;
    const { deployment } = given.log.candidates[index]!;
    const usd = one.cost === undefined ? undefined : priceOf(deployment, one.cost.expectedOutputTokens);
    if (one.cost === undefined || usd === undefined) {
      given.log.unpriced.set(one.candidate, (given.log.unpriced.get(one.candidate) ?? 0) + 1);
      continue;
    }
    candidates.push(one.candidate);
    evidence.push(one.evidence);
    options.push({
      candidate: index,
      loss: one.loss.mean,
      lossHalf: (one.loss.high - one.loss.low) / 2,
      quality: one.quality.mean,
      usd,
      savedUsd: (reference.cost.totalNano - one.cost.totalNano) / nanoPerUsd,
    });
  }
  const referenceUsd = priceOf(route.reference.deployment, referenceTokens);
  if (referenceUsd === undefined)
    throw new GatewayError('unsupported_by_candidates', 'The reference has no price.');
  return {
    entry,
    shape,
    candidates,
    evidence,
    row: {
      referenceUsd,
      referenceQuality: reference.quality.mean,
      referenceKnown: answeredByReference,
      session: entry.session ?? shape.sessionKey,
      options,
    },
    loggedUsd:
      entry.costUsd ??
      (logged === undefined || entry.outputTokens === undefined
        ? undefined
        : priceOf(logged, entry.outputTokens)),
  };
}

function loggedDeployment({ model }: LogEntry, route: Route, catalog: Catalog): Deployment | undefined {
  if (model === undefined) return undefined;
  const found = catalog.resolve(model);
  if (found.kind !== 'deployments') return undefined;
  const { deployment } = route.reference;
  return found.deployments.find(({ id }) => id === deployment.id) ?? found.deployments[0];
}

/** At today's list price, without what a prompt cache would save. */
function usdOf(
  { prices, provider }: Deployment,
  { inputTokens, outputTokens, atMs }: { inputTokens: number; outputTokens: number; atMs: number },
): number | undefined {
  const row = selectPrice(prices, { atMs, inputTokens, outputTokens, region: provider.region });
  return row && (inputTokens * row.input + outputTokens * row.output) / picoPerUsd;
}
