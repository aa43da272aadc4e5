import { type Candidate, type Exclusion, selectPrice } from '../catalog/index.ts';
import type { ChatRequest, Part } from '../protocol/index.ts';
import {
  comparisonFor,
  type DecideInput,
  type Decision,
  type DecisionInputs,
  type DecisionTarget,
  inputsOf,
  lengthLimit,
  lengthQuestion,
  type OwnReading,
  type PricedCandidate,
  readRequest,
  type Shape,
} from '../router/index.ts';
import { allowedCascade } from './cascade/cascade-plan.ts';
import { predictedModel } from './feedback/subject.ts';
import type { GatewayDeps } from './gateway.ts';
import type { FrozenKnowledge, RouteStance } from './proof-hook.ts';
import type { RequestWishes } from './request-headers.ts';
import type { Route, Snapshot } from './snapshot.ts';
import type { CallTarget } from './target.ts';

export interface DecisionQuestion {
  request: ChatRequest;
  keyId: string;
  wishes: RequestWishes;
  target: CallTarget;
  allowed: Candidate[];
  excluded: Exclusion[];
  snapshot: Snapshot;
}

export interface Decided {
  decision: Decision;
  /** What it takes to make the decision again; undefined where that is too much to keep. */
  inputs: DecisionInputs | undefined;
  /** As the router was told. */
  input: DecideInput;
  /** The newest user ask; never stored. */
  ask: string;
}

/** Without `outcomes` nothing of its own is known, as at the terminal. */
export type DecideDeps = Omit<DecideState, 'lengths'> & {
  lengths: Pick<GatewayDeps['lengths'], 'expected' | 'cutShare'>;
  outcomes?: { own: Pick<GatewayDeps['outcomes']['own'], 'read'> } | undefined;
};

type DecideState = Pick<
  GatewayDeps,
  'ids' | 'clock' | 'breakers' | 'fleet' | 'sessions' | 'lengths' | 'decide' | 'pacing' | 'proof'
>;

/** Gathers what the router must be told (prices at this hour, health, where the conversation lives) and asks it. */
export function decideFor(question: DecisionQuestion, deps: DecideDeps): Decided {
  const { request, target, wishes, allowed } = question;
  const { predictor } = question.snapshot;
  const nowMs = deps.clock.nowMs();
  const reading = readRequest(request, { sessionHeader: wishes.session, keyId: question.keyId });
  const { shape } = reading;
  const cascade = allowedCascade(request, target.route);
  const ask = predictor.read(reading.vector);
  const stance = stanceFor(question, deps);
  const known = stance?.frozen === undefined ? deps : { ...deps, ...frozenDeps(stance.frozen) };
  const input: DecideInput = {
    id: deps.ids('dec'),
    nowMs,
    route: target.route?.name,
    mode: stance?.mode ?? target.mode,
    target: tightened(target.target, wishes.quality),
    reading,
    ask,
    reference: target.reference,
    candidates: allowed.map((candidate) => priced(candidate, { request, shape, nowMs }, known)),
    excluded: question.excluded,
    unavailable: unavailable(allowed, deps),
    session: deps.sessions.stateOf(shape, nowMs),
    cacheMarks: marksCache(request),
    cascade,
    ...(stance?.ladder !== undefined && { ladder: stance.ladder }),
    comparison: cascade?.votes === true ? comparisonFor(request, shape, reading.ask) : undefined,
    ...deps.pacing.guidance(target.route, question.keyId, nowMs),
  };
  const own = ownReading(input, target.route, known);
  if (own !== undefined) input.own = own;
  // Taken before the decision: what it is told is then what is kept, whatever others change later.
  const inputs = inputsOf(input, ask);
  return { decision: deps.decide(input, predictor), inputs, input, ask: reading.ask };
}

/**
 * How the route decides while it is being proved. A request that asks for more quality than the route promises, or offers it other candidates, is none that evidence
 * speaks of: it is decided as in assist at most, without the ladder.
 */
function stanceFor(
  { target: { route, candidates }, wishes, allowed }: DecisionQuestion,
  { proof }: DecideDeps,
): RouteStance | undefined {
  if (route === undefined || route.variant !== undefined) return undefined;
  const stance = proof?.stance(route.name);
  if (stance === undefined) return undefined;
  const isUsual =
    wishes.quality === undefined &&
    candidates.length === route.candidates.length &&
    allowed.length === candidates.length;
  if (isUsual) return stance;
  return { mode: stance.mode === 'certified' ? 'assist' : stance.mode, frozen: stance.frozen };
}

const frozenDeps = ({ own, lengths }: FrozenKnowledge): Pick<DecideDeps, 'outcomes' | 'lengths'> => ({
  outcomes: own && { own },
  lengths,
});

/** What own outcomes say of those the decision is among; absent where there are none or the route does not use them. */
export function ownReading(
  {
    ask,
    reading,
    signals,
    reference,
    candidates,
  }: Pick<DecideInput, 'ask' | 'reading' | 'signals' | 'reference' | 'candidates'>,
  route: Route | undefined,
  { outcomes }: Pick<DecideDeps, 'outcomes'>,
): OwnReading | undefined {
  if (outcomes === undefined || ask === undefined || route?.learn === 'off') return undefined;
  const models = [reference, ...candidates.map(({ candidate }) => candidate)].map(predictedModel);
  const { task, language } = reading.shape;
  return outcomes.own.read({ ask, task, language, signals }, models);
}

/** Rates at this hour, region and size, and the expected length of all the answers that the request asks for. */
function priced(
  candidate: Candidate,
  { request, shape, nowMs }: { request: ChatRequest; shape: Shape; nowMs: number },
  { lengths }: Pick<DecideDeps, 'lengths'>,
): PricedCandidate {
  const { prices, provider } = candidate.deployment;
  const inputTokens = shape.inputTokensEstimate;
  const row = selectPrice(prices, { atMs: nowMs, inputTokens, region: provider.region });
  const question = lengthQuestion(candidate, shape);
  const thinks = question.thinking !== 'off' && question.thinking !== 'default';
  const output = thinks ? (row?.outputThinking ?? row?.output) : row?.output;
  const limit = lengthLimit(candidate, shape);
  const isTold = candidate.effort === 'low' || candidate.effort === 'high';
  return {
    candidate,
    rates: row && { ...row, output: output ?? row.output },
    expectedOutputTokens: request.choices * lengths.expected(question, limit),
    ...(isTold && limit !== undefined && { cutShare: lengths.cutShare(question, limit) }),
  };
}

/** Every dialect's marks are read into the parts and tools they stand at, but for one at the top of the body. */
export function marksCache({ messages, tools, body }: ChatRequest): boolean {
  return (
    body['cache_control'] !== undefined ||
    tools.some((tool) => tool.cacheControl !== undefined) ||
    messages.some((message) => message.parts.some(isMarked))
  );
}

const isMarked = (part: Part): boolean => 'cacheControl' in part && part.cacheControl !== undefined;

function unavailable(
  candidates: Candidate[],
  { breakers, fleet, clock }: Pick<GatewayDeps, 'breakers' | 'fleet' | 'clock'>,
): { deployment: string; why: string }[] {
  const nowMs = clock.monotonicMs();
  const states = breakers.snapshot(nowMs);
  const down: { deployment: string; why: string }[] = [];
  for (const { deployment } of candidates) {
    const health = states.get(deployment.id);
    const coolingMs = fleet.coolingMs(deployment, nowMs);
    if (health?.state === 'open') {
      const why = `its circuit is open (${health.reason ?? 'failing'}), the next try is in ${seconds(health.waitMs)} s`;
      down.push({ deployment: deployment.id, why });
    } else if (coolingMs > 0) {
      const why = `all keys of its provider are cooling, the next try is in ${seconds(coolingMs)} s`;
      down.push({ deployment: deployment.id, why });
    }
  }
  return down;
}

/** A request may ask for more quality than the route, never for less. */
function tightened(target: DecisionTarget, quality: number | undefined): DecisionTarget {
  if (quality === undefined) return target;
  if (target.kind !== 'quality') return { kind: 'quality', value: quality };
  return { kind: 'quality', value: Math.max(target.value, quality) };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
