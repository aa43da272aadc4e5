import type { Candidate, Exclusion } from '../catalog/index.ts';
import { allowsModel, type Principal } from '../identity/index.ts';

/** What the policy may look at. Facts about the prompt's content join here when detectors exist; none may loosen a rule. */
export interface AdmissionRequest {
  principal: Principal;
  /** The name the client called: a route or a model. */
  calledName: string;
  candidates: Candidate[];
}

export interface Admission {
  allowed: Candidate[];
  excluded: Exclusion[];
}

interface Rule {
  id: string;
  /** Returns why the candidate is refused, or undefined. */
  refuses(candidate: Candidate, request: AdmissionRequest): string | undefined;
}

/**
 * The rules in force, in order; the first refusal is the one recorded. Deny wins: no rule can allow what another refuses.
 * This one function guards the selection, every retry and every fallback, because only what it allows enters a plan.
 */
const rules: Rule[] = [
  {
    id: 'key.models',
    refuses: (candidate, { principal, calledName }) => {
      if (principal.models === undefined) return undefined;
      const names = [calledName, candidate.deployment.id, candidate.deployment.model.id];
      if (names.some((name) => allowsModel(principal, name))) return undefined;
      return `the key may call only ${principal.models.join(', ')}`;
    },
  },
  {
    id: 'budget.price-unknown',
    refuses: (candidate, { principal }) => {
      if (principal.limits.budgetNanoPerDay === undefined || candidate.deployment.prices.length > 0)
        return undefined;
      return 'the key has a budget and this price is unknown: give the deployment a price';
    },
  },
  {
    id: 'simulated.separate',
    refuses: (candidate, { candidates }) => {
      const mixed = candidates.some((other) => !other.deployment.model.simulated);
      if (!mixed || !candidate.deployment.model.simulated) return undefined;
      return 'a simulated model never serves beside real ones';
    },
  },
];

/** Splits candidates into those that may see this request and those that may not, each with the rule that refused it. */
export function admit(request: AdmissionRequest): Admission {
  const allowed: Candidate[] = [];
  const excluded: Exclusion[] = [];
  for (const candidate of request.candidates) {
    const refusal = firstRefusal(candidate, request);
    if (refusal === undefined) allowed.push(candidate);
    else excluded.push({ candidate: candidate.id, stage: 'policy', ...refusal });
  }
  return { allowed, excluded };
}

function firstRefusal(
  candidate: Candidate,
  request: AdmissionRequest,
): { rule: string; why: string } | undefined {
  for (const rule of rules) {
    const why = rule.refuses(candidate, request);
    if (why !== undefined) return { rule: rule.id, why };
  }
  return undefined;
}
