import type { Candidate } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import { admit } from '../policy/index.ts';
import { type ChatRequest, GatewayError } from '../protocol/index.ts';
import type { Decision } from '../router/index.ts';
import { decideFor } from './decide-for.ts';
import type { GatewayDeps } from './gateway.ts';
import type { RequestWishes } from './request-headers.ts';
import type { Snapshot } from './snapshot.ts';
import type { CallTarget } from './target.ts';

export interface PlanQuestion {
  request: ChatRequest;
  principal: Principal;
  wishes: RequestWishes;
  target: CallTarget;
  snapshot: Snapshot;
}

export interface Plan {
  decision: Decision;
  /** What to call, in order; at least one. */
  candidates: Candidate[];
}

/** Who may serve, then who should. Only what policy allowed can be in the plan. Throws `forbidden` or `unsupported_by_candidates`. */
export function planFor(
  { request, principal, wishes, target, snapshot }: PlanQuestion,
  deps: Pick<
    GatewayDeps,
    'ids' | 'clock' | 'breakers' | 'fleet' | 'sessions' | 'lengths' | 'decide' | 'pacing'
  >,
): Plan {
  const called = request.model.slice(0, 200);
  const { allowed, excluded } = admit({ principal, candidates: target.candidates });
  if (allowed.length === 0) {
    const why = excluded[0]?.why ?? 'no candidate is left';
    throw new GatewayError('forbidden', `No allowed deployment can serve «${called}»: ${why}.`);
  }
  const { keyId } = principal;
  const decision = decideFor({ request, keyId, wishes, target, allowed, excluded, snapshot }, deps);
  const byId = new Map(allowed.map((candidate) => [candidate.id, candidate]));
  const candidates = decision.plan.flatMap((id) => byId.get(id) ?? []);
  if (candidates.length > 0) return { decision, candidates };
  const reasons = [...new Set(decision.excluded.map((exclusion) => exclusion.why))];
  throw new GatewayError(
    'unsupported_by_candidates',
    `No model behind «${called}» can serve this request: ${reasons.slice(0, 3).join('; ')}.`,
  );
}
