import type { Candidate } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import type { PolicyGate } from '../policy/index.ts';
import { type ChatRequest, GatewayError } from '../protocol/index.ts';
import type { DecideInput, Decision } from '../router/index.ts';
import { type DecideDeps, type Decided, decideFor, ownReading } from './decide-for.ts';
import { type GateDeps, gateOf } from './gate-of.ts';
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

export interface Plan extends Decided {
  /** Of this request: it says who else may see it. */
  gate: PolicyGate;
  /** What to call, in order; at least one. */
  candidates: Candidate[];
  /** The input of the decision with more that is known. */
  told(more: Told): DecideInput;
  /** The plan that follows from that. Throws as `planFor`. */
  again(more: Told): Plan;
}

type Told = Pick<DecideInput, 'signals' | 'asked'>;

/** Who may serve, then who should. Only what policy allowed can be in the plan. Throws `forbidden` or `unsupported_by_candidates`. */
export function planFor(
  { request, principal, wishes, target, snapshot }: PlanQuestion,
  deps: DecideDeps & GateDeps,
): Plan {
  const called = request.model.slice(0, 200);
  const gate = gateOf({ principal, route: target.route, wishes, snapshot }, deps);
  const { allowed, excluded } = gate.admit(target.candidates, 'serve');
  if (allowed.length === 0) {
    const why = excluded[0]?.why ?? 'no candidate is left';
    throw new GatewayError('forbidden', `No allowed deployment can serve «${called}»: ${why}.`);
  }
  const { keyId } = principal;
  const decided = decideFor({ request, keyId, wishes, target, allowed, excluded, snapshot }, deps);
  return planOf(
    decided,
    { allowed, called, gate },
    {
      own: (input) => ownReading(input, target.route, deps),
      decide: (input) => deps.decide(input, snapshot.predictor),
    },
  );
}

function planOf(
  decided: Decided,
  about: { allowed: Candidate[]; called: string; gate: PolicyGate },
  router: { own(input: DecideInput): DecideInput['own']; decide(input: DecideInput): Decision },
): Plan {
  const { allowed, called, gate } = about;
  const { decision, input } = decided;
  const byId = new Map(allowed.map((candidate) => [candidate.id, candidate]));
  const candidates = decision.plan.flatMap((id) => byId.get(id) ?? []);
  if (candidates.length > 0) {
    const told: Plan['told'] = (more) => {
      const known = { ...input, ...more };
      // Own outcomes may say something of what was told.
      return { ...known, own: router.own(known) };
    };
    const again: Plan['again'] = (more) => {
      const informed = told(more);
      // What was told is in the decision itself, so the kept inputs stay as they are.
      const inputs = decided.inputs && { ...decided.inputs, own: informed.own };
      const decision = router.decide(informed);
      return planOf({ ...decided, input: informed, inputs, decision }, about, router);
    };
    return { ...decided, gate, candidates, told, again };
  }
  const reasons = [...new Set(decision.excluded.map((exclusion) => exclusion.why))];
  throw new GatewayError(
    'unsupported_by_candidates',
    `No model behind «${called}» can serve this request: ${reasons.slice(0, 3).join('; ')}.`,
  );
}
