import { type Candidate, type Exclusion, selectPrice } from '../catalog/index.ts';
import type { ChatRequest } from '../protocol/index.ts';
import {
  type Decision,
  type DecisionTarget,
  decide,
  type PricedCandidate,
  readRequest,
} from '../router/index.ts';
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
  deps: Pick<GatewayDeps, 'ids' | 'clock' | 'breakers' | 'fleet' | 'sessions'>,
): Decision {
  const { request, target, wishes, allowed } = question;
  const nowMs = deps.clock.nowMs();
  const reading = readRequest(request, { sessionHeader: wishes.session, keyId: question.keyId });
  return decide(
    {
      id: deps.ids('dec'),
      nowMs,
      route: target.route?.name,
      mode: target.mode,
      target: tightened(target.target, wishes.quality),
      reading,
      reference: target.reference,
      candidates: allowed.map((candidate) => priced(candidate, nowMs, reading.shape.inputTokensEstimate)),
      excluded: question.excluded,
      unavailable: unavailable(allowed, deps),
      warm: deps.sessions.placeOf(reading.shape.sessionKey, nowMs),
    },
    question.snapshot.predictor,
  );
}

function priced(candidate: Candidate, atMs: number, inputTokens: number): PricedCandidate {
  const { prices, provider } = candidate.deployment;
  const rates = selectPrice(prices, { atMs, inputTokens, region: provider.region });
  return { candidate, rates };
}

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
