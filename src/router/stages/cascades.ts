import { type NanoUsd, nanoPerUsd } from '../../std/index.ts';
import type { AcceptanceParameters } from '../answer/acceptance.ts';
import { expectPlan, type PlanExpectation, planExpecter } from '../answer/expect.ts';
import { type AnswerPlan, planMembers } from '../answer/plan.ts';
import { type PlanCandidate, plansFor } from '../answer/plans-for.ts';
import type { AcceptanceTerms, AnswerComparison } from '../answer/terms.ts';
import type { CandidateEstimate, CostParts, Decision, PlanEstimate } from '../decision.ts';
import type { DecideInput } from './input.ts';
import type { Trade } from './target.ts';

type Cascade = NonNullable<Decision['cascade']>;

/** What the ways of answering beyond a single call are expected to cost and to be worth, for one request. */
export interface Weighed {
  /** All that were weighed, best first by expected cost + λ × loss. */
  all: PlanEstimate[];
  /** The best of those whose loss is acceptable even at its upper bound. */
  acceptable: PlanEstimate | undefined;
}

/** The request and the estimates that cascades are made of; the reference answers last. */
export interface CascadeQuestion {
  input: DecideInput;
  candidates: CandidateEstimate[];
  reference: CandidateEstimate;
  trade: Trade;
  parameters: AcceptanceParameters;
  /** How answers to the request can be compared. */
  comparison: AnswerComparison;
}

/**
 * Weighs votes of cheap candidates. How wrong their estimates may be is carried through the plan itself: its upper bound of the loss is the loss it has if
 * every voter is only as good as the lower bound of its own estimate, for agreement then counts for less and the plan escalates more.
 */
export function weighVotes(question: CascadeQuestion): Weighed {
  const { input, reference, trade, parameters, comparison } = question;
  if (input.cascade?.votes !== true || reference.cost === undefined)
    return { all: [], acceptable: undefined };
  const plans = plansFor({
    candidates: votersOf(question),
    last: pricedOf(reference, reference.cost),
    allowed: { checks: false, votes: true },
    comparison,
  });
  if (plans.length === 0) return { all: [], acceptable: undefined };
  const members = [...new Set(plans.flatMap(planMembers))];
  const expecting = planExpecter(termsOf(members, question, 'mean'), parameters);
  const cautiously = planExpecter(termsOf(members, question, 'low'), parameters);
  const { lambdaUsd } = trade;
  // What the reference alone is expected to be worth, on the scale that plans are reckoned on.
  const alone = expecting({ kind: 'single', candidate: reference.candidate })(lambdaUsd).quality;
  const all = plans
    .map((plan) => {
      const expected = expecting(plan)(lambdaUsd);
      return { plan, expected, worth: expected.costUsd + lambdaUsd * (alone - expected.quality) };
    })
    .sort((a, b) => a.worth - b.worth)
    .slice(0, plansKept)
    .map(({ plan, expected }) =>
      estimateOf(plan, { expected, cautious: cautiously(plan)(lambdaUsd), alone }, question),
    );
  const acceptable = all.find(({ cost, loss }) => {
    const savedNano = reference.cost!.totalNano - cost!.totalNano;
    if (savedNano <= 0) return false;
    return (trade.paced ? loss.mean : loss.high) <= trade.allowance(savedNano);
  });
  return { all, acceptable };
}

/** The upper bound of the loss takes a second look ahead: only the best plans get one, and only they are recorded. */
const plansKept = 3;

/**
 * Who may vote. Two deployments of one model at one effort err alike, so their agreement would prove nothing: the cheaper votes. Nor would a deployment of
 * the reference's own model bear out what the reference is asked for.
 */
function votersOf({ input, candidates, reference }: CascadeQuestion): PlanCandidate[] {
  const cheapest = new Map<string, PlanCandidate>();
  for (const one of candidates) {
    if (one.cost === undefined) continue;
    const kind = kindOf(one, input);
    const known = cheapest.get(kind);
    const priced = pricedOf(one, one.cost);
    if (known === undefined || priced.costUsd < known.costUsd) cheapest.set(kind, priced);
  }
  cheapest.delete(kindOf(reference, input));
  return [...cheapest.values()];
}

function kindOf({ candidate }: CandidateEstimate, { candidates }: DecideInput): string {
  const { deployment, effort } = candidates.find((one) => one.candidate.id === candidate)!.candidate;
  return `${deployment.model.id}#${effort}`;
}

const pricedOf = ({ candidate, quality }: CandidateEstimate, cost: CostParts): PlanCandidate => ({
  candidate,
  quality: quality.mean,
  costUsd: usd(cost),
});

/** A single cheap answer that is looked at: as good as the candidate's, and the reference answers where a check fails. */
export function checkOf(chosen: CandidateEstimate, question: CascadeQuestion): Cascade {
  const plan: AnswerPlan = { kind: 'check', first: chosen.candidate, last: question.reference.candidate };
  const terms = termsOf(planMembers(plan), question, 'mean');
  const expected = expectPlan(plan, terms, question.parameters);
  // What is known of the answer afterwards is only that no check failed: the estimate made before stands.
  return { ...planEstimate(plan, expected, chosen.quality, chosen.loss, question), terms };
}

/**
 * A cascade as it is carried out: judged by estimates as cautious as the ones it was chosen by. Where a price of quality is given, expectations
 * count, before the answers and after them: cautious ones would ask on where that costs more than it is expected to be worth.
 */
export function cascadeOf(estimate: PlanEstimate, question: CascadeQuestion): Cascade {
  const bound = question.trade.paced ? 'mean' : 'low';
  return { ...estimate, terms: termsOf(planMembers(estimate.plan), question, bound) };
}

/** Expected cost plus what the expected loss is worth, in USD. */
export function worth({ cost, loss }: Pick<PlanEstimate, 'cost' | 'loss'>, trade: Trade): number {
  return cost === undefined ? Number.POSITIVE_INFINITY : usd(cost) + trade.lambdaUsd * loss.mean;
}

function estimateOf(
  plan: AnswerPlan,
  { expected, cautious, alone }: { expected: PlanExpectation; cautious: PlanExpectation; alone: number },
  question: CascadeQuestion,
): PlanEstimate {
  const mean = alone - expected.quality;
  const spread = Math.max(0, expected.quality - cautious.quality);
  const loss = { mean, low: Math.max(-1, mean - spread), high: Math.min(1, mean + spread) };
  const quality = {
    mean: expected.quality,
    low: Math.max(0, expected.quality - spread),
    high: Math.min(1, expected.quality + spread),
  };
  // It escalates as often as the terms foresee that it is carried out by.
  return planEstimate(plan, question.trade.paced ? expected : cautious, quality, loss, question);
}

function planEstimate(
  plan: AnswerPlan,
  { costUsd, escalation }: PlanExpectation,
  quality: PlanEstimate['quality'],
  loss: PlanEstimate['loss'],
  { candidates }: CascadeQuestion,
): PlanEstimate {
  const first = candidates.find(({ candidate }) => candidate === planMembers(plan)[0])!.cost!;
  return { plan, quality, loss, cost: costOf(first, Math.round(costUsd * nanoPerUsd)), escalation };
}

/** The first call's parts, and what the others add. */
function costOf(first: CostParts, totalNano: NanoUsd): CostParts {
  return { ...first, escalationNano: Math.max(0, totalNano - first.totalNano), totalNano };
}

function termsOf(
  ids: readonly string[],
  { candidates, reference, trade, comparison }: CascadeQuestion,
  bound: 'mean' | 'low',
): AcceptanceTerms {
  const quality: AcceptanceTerms['quality'] = {};
  const costUsd: AcceptanceTerms['costUsd'] = {};
  for (const id of ids) {
    const one = candidates.find(({ candidate }) => candidate === id)!;
    // The reference is what quality is relative to: its own estimate is not what is doubted.
    quality[id] =
      bound === 'mean' || one === reference
        ? one.quality.mean
        : Math.max(leastPrior, reference.quality.mean - one.loss.high);
    costUsd[id] = usd(one.cost!);
  }
  return { quality, costUsd, lambdaUsd: trade.lambdaUsd, comparison };
}

/** Nobody is right never; a prior of 0 could not be moved by any agreement. */
const leastPrior = 0.02;

const usd = ({ totalNano }: CostParts) => totalNano / nanoPerUsd;
