import { type Candidate, type Exclusion, selectPrice } from '../catalog/index.ts';
import type { ChatRequest, Part } from '../protocol/index.ts';
import {
  comparisonFor,
  type Decision,
  type DecisionTarget,
  lengthLimit,
  lengthQuestion,
  type PricedCandidate,
  readRequest,
  type Shape,
} from '../router/index.ts';
import { allowedCascade } from './cascade/cascade-plan.ts';
import type { GatewayDeps } from './gateway.ts';
import type { RequestWishes } from './request-headers.ts';
import type { Snapshot } from './snapshot.ts';
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

/** Gathers what the router must be told (prices at this hour, health, where the conversation lives) and asks it. */
export function decideFor(
  question: DecisionQuestion,
  deps: Pick<
    GatewayDeps,
    'ids' | 'clock' | 'breakers' | 'fleet' | 'sessions' | 'lengths' | 'decide' | 'pacing'
  >,
): Decision {
  const { request, target, wishes, allowed } = question;
  const nowMs = deps.clock.nowMs();
  const reading = readRequest(request, { sessionHeader: wishes.session, keyId: question.keyId });
  const { shape } = reading;
  const cascade = allowedCascade(request, target.route);
  return deps.decide(
    {
      id: deps.ids('dec'),
      nowMs,
      route: target.route?.name,
      mode: target.mode,
      target: tightened(target.target, wishes.quality),
      reading,
      reference: target.reference,
      candidates: allowed.map((candidate) => priced(candidate, { request, shape, nowMs }, deps)),
      excluded: question.excluded,
      unavailable: unavailable(allowed, deps),
      session: deps.sessions.stateOf(shape, nowMs),
      cacheMarks: marksCache(request),
      cascade,
      comparison: cascade?.votes === true ? comparisonFor(request, shape, reading.ask) : undefined,
      ...deps.pacing.guidance(target.route, question.keyId, nowMs),
    },
    question.snapshot.predictor,
  );
}

/** Rates at this hour, region and size, and the expected length of all the answers that the request asks for. */
function priced(
  candidate: Candidate,
  { request, shape, nowMs }: { request: ChatRequest; shape: Shape; nowMs: number },
  { lengths }: Pick<GatewayDeps, 'lengths'>,
): PricedCandidate {
  const { prices, provider } = candidate.deployment;
  const inputTokens = shape.inputTokensEstimate;
  const row = selectPrice(prices, { atMs: nowMs, inputTokens, region: provider.region });
  const question = lengthQuestion(candidate, shape);
  const thinks = question.thinking !== 'off' && question.thinking !== 'default';
  const output = thinks ? (row?.outputThinking ?? row?.output) : row?.output;
  return {
    candidate,
    rates: row && { ...row, output: output ?? row.output },
    expectedOutputTokens: request.choices * lengths.expected(question, lengthLimit(candidate, shape)),
  };
}

/** Every dialect's marks are read into the parts and tools they stand at, but for one at the top of the body. */
function marksCache({ messages, tools, body }: ChatRequest): boolean {
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
