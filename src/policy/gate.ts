import type { Candidate, Deployment } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import type { StatedEndpoint } from '../providers/index.ts';
import { type Admission, admit, type CalledCandidate } from './admit.ts';
import { type Facts, placeFacts, type RequestFacts, requestFacts, type Use } from './facts.ts';
import { type KillSwitch, killedBy } from './kill-switch.ts';
import type { Policy, Refusal } from './policy.ts';

/** Who asks, and what is said of the request. */
export interface GateInput {
  principal: Principal;
  /** Name of the route; undefined where a model was called by its name. */
  route: string | undefined;
  /** What the operator states of the route's requests. */
  stated: RequestFacts;
  /** The same with what the client, or a detector, says besides; undefined where they say nothing. */
  claimed: RequestFacts | undefined;
  policy: Policy;
  /** Those in force now: they may change while a request runs. */
  switches: () => readonly KillSwitch[];
  nowMs: () => number;
}

/**
 * The one place where it is decided who may see a request and where it may be kept, for whatever use: serving, retries and fallbacks,
 * shadows, judges, signals, guardrails, copies. A request carries its gate, so that nobody needs to know what it knows.
 *
 * What is claimed may tighten the policy and never loosen it: something is allowed only where it is both with the claim and without.
 */
export interface PolicyGate {
  /** Who may serve, also under the limits of the key, and why each other one may not. */
  admit(candidates: readonly CalledCandidate[], use: Use): Admission;
  /** Why a deployment may not be sent the request for something that the operator does with it; undefined = it may. */
  refusal(deployment: Deployment, use: Use): Refusal | undefined;
  /** The same for a service without a model, such as a guardrail. */
  serviceRefusal(endpoint: StatedEndpoint, use: Use): Refusal | undefined;
  /** Why the request's text may not be kept by this installation. */
  keepRefusal(use: Use): Refusal | undefined;
  /** For the record. */
  readonly version: string;
  readonly facts: RequestFacts;
}

export function openGate(input: GateInput): PolicyGate {
  const { policy, principal, route, stated, claimed, switches, nowMs } = input;
  const readings = [stated, ...(claimed === undefined ? [] : [claimed])].map((said) =>
    requestFacts(said, route, principal),
  );
  // Without packs, as most are, nothing is gathered.
  const byRules = (factsOf: () => Facts, use: Use): Refusal | undefined => {
    if (policy.packs.length === 0) return undefined;
    const subject = factsOf();
    for (const said of readings) {
      const refusal = policy.refusalOf({ ...subject, ...said, 'request.use': use }, nowMs());
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
  const refusal = (deployment: Deployment, use: Use): Refusal | undefined =>
    killRefusal(killedBy(deployment, switches())) ?? byRules(() => policy.factsOf(deployment), use);
  return {
    admit: (candidates, use) =>
      admit({ principal, candidates, refusal: ({ deployment }: Candidate) => refusal(deployment, use) }),
    refusal,
    serviceRefusal: (endpoint, use) => byRules(() => placeFacts(endpoint, policy.home), use),
    keepRefusal: (use) => byRules(() => placeFacts({ ...ownStore, ...policy.home }, policy.home), use),
    version: policy.version,
    facts: claimed ?? stated,
  };
}

const ownStore = {
  operator: 'self',
  headquarters: null,
  trainsOnInput: false,
  selfHosted: true,
} as const;

function killRefusal(found: KillSwitch | undefined): Refusal | undefined {
  if (found === undefined) return undefined;
  const { target, value, reason } = found;
  return { rule: `kill.${target}`, why: `${target} ${value} is switched off: ${reason}` };
}
