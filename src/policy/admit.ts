import type { Candidate, Exclusion } from '../catalog/index.ts';
import { allowsModel, type Principal } from '../identity/index.ts';
import type { Refusal } from './policy.ts';

/** What the rules may look at. */
export interface AdmissionRequest {
  principal: Principal;
  candidates: readonly CalledCandidate[];
  /** What packs and kill switches say of a candidate. */
  refusal(candidate: Candidate): Refusal | undefined;
}

/** A candidate and the name by which the client called for it: its route, or the name in `model` or in the fallback list. */
export interface CalledCandidate {
  candidate: Candidate;
  calledAs: string;
}

export interface Admission {
  allowed: Candidate[];
  excluded: Exclusion[];
}

interface Rule {
  id: string;
  /** Returns why the candidate is refused, or undefined. */
  refuses(called: CalledCandidate, request: AdmissionRequest): string | undefined;
}

/** What holds without any pack, in order. Deny wins: no rule can allow what another refuses. */
const rules: Rule[] = [
  {
    id: 'key.models',
    refuses: ({ candidate, calledAs }, { principal }) => {
      if (principal.models === undefined) return undefined;
      const names = [calledAs, candidate.deployment.id, candidate.deployment.model.id];
      if (names.some((name) => allowsModel(principal, name))) return undefined;
      return `the key may call only ${principal.models.join(', ')}`;
    },
  },
  {
    id: 'budget.price-unknown',
    refuses: ({ candidate }, { principal }) => {
      if (principal.limits.budgetNanoPerDay === undefined || candidate.deployment.prices.length > 0)
        return undefined;
      return 'the key has a budget and this price is unknown: give the deployment a price';
    },
  },
  {
    id: 'simulated.separate',
    refuses: ({ candidate }, { candidates }) => {
      const mixed = candidates.some((other) => !other.candidate.deployment.model.simulated);
      if (!mixed || !candidate.deployment.model.simulated) return undefined;
      return 'a simulated model never serves beside real ones';
    },
  },
];

/**
 * Splits candidates into those that may serve this request and those that may not, each with the rule that refused it. Only what it allows
 * enters a plan, so that it guards the selection, every retry and every fallback. Called through a `PolicyGate`.
 */
export function admit(request: AdmissionRequest): Admission {
  const allowed: Candidate[] = [];
  const excluded: Exclusion[] = [];
  for (const called of request.candidates) {
    const { candidate } = called;
    const refusal = firstRefusal(called, request) ?? request.refusal(candidate);
    if (refusal === undefined) allowed.push(candidate);
    else excluded.push({ candidate: candidate.id, stage: 'policy', ...refusal });
  }
  return { allowed, excluded };
}

function firstRefusal(called: CalledCandidate, request: AdmissionRequest): Refusal | undefined {
  for (const rule of rules) {
    const why = rule.refuses(called, request);
    if (why !== undefined) return { rule: rule.id, why };
  }
  return undefined;
}
