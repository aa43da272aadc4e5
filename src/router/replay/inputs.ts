import type { Decision } from '../decision.ts';
import { type AskNumbers, decodeAsk, type EncodedAsk, encodeAsk } from '../features/numbers.ts';
import type { CandidateFacts, DecideInput, DeploymentFacts, PricedCandidate } from '../stages/input.ts';
import { signalsOf } from '../stages/told-signals.ts';
import {
  restoreDeployment,
  restoreRates,
  type StoredCandidate,
  type StoredDeployment,
  storeDeployment,
  storeRates,
} from './facts.ts';

/** Grows when older code could misread the inputs. */
const inputsFormat = 1;

/** Of decisions among more candidates no inputs are kept, so that a record stays bounded. */
export const candidatesKeptMax = 64;

/** What is stored in a form of its own, or is in the decision. */
type Kept =
  | 'id'
  | 'nowMs'
  | 'route'
  | 'mode'
  | 'target'
  | 'reading'
  | 'ask'
  | 'reference'
  | 'candidates'
  | 'excluded'
  | 'signals'
  | 'asked';

/**
 * What a decision was made of, beside what the decision itself says: with both it can be made again. Counts and figures only, no text of the
 * request and no key. What the catalogue said is stored by value, because prices, scores and findings change; every other field of `DecideInput` is
 * stored as it is, so that it must survive JSON.
 */
export interface DecisionInputs extends Omit<DecideInput, Kept> {
  format: typeof inputsFormat;
  ask: EncodedAsk;
  deployments: StoredDeployment[];
  candidates: StoredCandidate[];
  /** Absent where the reference is among the candidates. */
  reference?: StoredCandidate;
  /** How many of the decision's exclusions, from the first, were given: policy's. Absent = none. */
  given?: number;
}

/** Undefined where there are too many candidates to keep. */
export function inputsOf(input: DecideInput, ask: AskNumbers): DecisionInputs | undefined {
  if (input.candidates.length > candidatesKeptMax) return undefined;
  const deployments: StoredDeployment[] = [];
  const places = new Map<DeploymentFacts, number>();
  const placeOf = (deployment: DeploymentFacts): number => {
    const known = places.get(deployment);
    if (known !== undefined) return known;
    places.set(deployment, deployments.length);
    return deployments.push(storeDeployment(deployment)) - 1;
  };
  const stored = ({ id, deployment, effort }: CandidateFacts): StoredCandidate => ({
    id,
    at: placeOf(deployment),
    ...(effort !== 'default' && { effort }),
  });
  const candidates = input.candidates.map(({ candidate, rates, expectedOutputTokens, cutShare }) => ({
    ...stored(candidate),
    ...(rates !== undefined && { rates: storeRates(rates) }),
    ...(expectedOutputTokens !== undefined && { length: expectedOutputTokens }),
    ...(cutShare !== undefined && { cut: cutShare }),
  }));
  const {
    id,
    nowMs,
    route,
    mode,
    target,
    reading,
    ask: _,
    reference,
    candidates: __,
    excluded,
    signals,
    asked,
    ...others
  } = input;
  const isCandidate = input.candidates.some(({ candidate }) => candidate === reference);
  return {
    ...others,
    format: inputsFormat,
    ask: encodeAsk(ask),
    deployments,
    candidates,
    ...(!isCandidate && { reference: stored(reference) }),
    ...(input.excluded.length > 0 && { given: input.excluded.length }),
  };
}

/** Undefined where what was stored is of another format or damaged. */
export function inputFrom(decision: Decision, stored: DecisionInputs): DecideInput | undefined {
  const {
    format,
    ask: encodedAsk,
    deployments: _,
    candidates: __,
    reference: ___,
    given,
    ...others
  } = stored;
  const ask = format === inputsFormat ? decodeAsk(encodedAsk) : undefined;
  if (ask === undefined) return undefined;
  const deployments = stored.deployments.map(restoreDeployment);
  const candidates = stored.candidates.map((one) => priced(one, deployments));
  const reference =
    stored.reference === undefined
      ? candidates.find(({ candidate }) => candidate.id === decision.reference)?.candidate
      : restored(stored.reference, deployments);
  if (reference === undefined) return undefined;
  return {
    ...others,
    ...signalsOf(decision),
    id: decision.id,
    nowMs: decision.atMs,
    route: decision.route,
    mode: decision.mode,
    target: decision.target,
    // The vector is only there to read the ask from.
    reading: { shape: decision.shape, vector: { structural: new Float64Array(), active: new Int32Array() } },
    ask,
    reference,
    candidates,
    excluded: decision.excluded.slice(0, given ?? 0),
  };
}

function priced(stored: StoredCandidate, deployments: DeploymentFacts[]): PricedCandidate {
  return {
    candidate: restored(stored, deployments),
    rates: stored.rates && restoreRates(stored.rates),
    expectedOutputTokens: stored.length,
    cutShare: stored.cut,
  };
}

function restored({ id, at, effort }: StoredCandidate, deployments: DeploymentFacts[]): CandidateFacts {
  return { id, deployment: deployments[at]!, effort: effort ?? 'default' };
}
