import { type NanoUsd, nanoPerUsd } from '../../std/index.ts';
import type { AcceptanceParameters } from '../answer/acceptance.ts';
import { expectPlan, type PlanExpectation } from '../answer/expect.ts';
import { type AnswerPlan, planMembers } from '../answer/plan.ts';
import { plansFor } from '../answer/plans-for.ts';
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
}

/**
 * Weighs votes of cheap candidates. How wrong their estimates may be is carried through the plan itself: its upper bound of the loss is the loss it has if
 * every voter is only as good as the lower bound of its own estimate, for agreement then counts for less and the plan escalates more.
 */
export function weighVotes(question: CascadeQuestion): Weighed {
  const { input, candidates, reference, trade, parameters } = question;
  const comparison = input.comparison ?? 'text';
  const priced = candidates.flatMap((one) =>
    one.cost === undefined
      ? []
      : [{ candidate: one.candidate, quality: one.quality.mean, costUsd: usd(one.cost) }],
  );
  const last = priced.find(({ candidate }) => candidate === reference.candidate);
  if (last === undefined || input.cascade?.votes !== true) return { all: [], acceptable: undefined };
  const allowed = { checks: false, votes: true };
  const alone = expectedAlone(question, comparison);
  const all = plansFor({
    candidates: distinctModels(priced, candidates, last.candidate),
    last,
    allowed,
    comparison,
  })
    .map((plan) => {
      const expected = expectPlan(plan, termsOf(plan, question, comparison, 'mean'), parameters);
      return { plan, expected, worth: expected.costUsd + trade.lambdaUsd * (alone - expected.quality) };
    })
    .sort((a, b) => a.worth - b.worth)
    .slice(0, plansKept)
    .map(({ plan, expected }) => estimateOf(plan, expected, alone, question, comparison));
  const acceptable = all.find(({ cost, loss }) => {
    const saved = usd(reference.cost!) - usd(cost!);
    if (saved <= 0) return false;
    return (trade.paced ? loss.mean : loss.high) <= trade.allowance(Math.round(saved * nanoPerUsd));
  });
  return { all, acceptable };
}

/** The upper bound of the loss takes a second look ahead: only the best plans get one, and only they are recorded. */
const plansKept = 3;

/** What the reference alone is expected to be worth, on the scale that plans are reckoned on. */
function expectedAlone(question: CascadeQuestion, comparison: AnswerComparison): number {
  const plan: AnswerPlan = { kind: 'single', candidate: question.reference.candidate };
  return expectPlan(plan, termsOf(plan, question, comparison, 'mean'), question.parameters).quality;
}

/** Two deployments of one model at one effort err alike: their agreement would prove nothing. The first, which is the cheaper, votes. */
function distinctModels<Priced extends { candidate: string; costUsd: number }>(
  priced: Priced[],
  candidates: CandidateEstimate[],
  last: string,
): Priced[] {
  const kind = new Map(
    candidates.map(({ candidate, model }) => {
      const effort = candidate.lastIndexOf('#');
      return [candidate, effort === -1 ? model : `${model}${candidate.slice(effort)}`];
    }),
  );
  // Nor would a deployment of the reference's own model bear out what the reference is asked for.
  const own = kind.get(last)!;
  const seen = new Set<string>([own]);
  return [...priced]
    .sort((a, b) => a.costUsd - b.costUsd)
    .filter(({ candidate }) => {
      const each = kind.get(candidate)!;
      if (seen.has(each)) return false;
      seen.add(each);
      return true;
    });
}

/** A single cheap answer that is looked at: as good as the candidate's, and the reference answers where a check fails. */
export function checkOf(chosen: CandidateEstimate, question: CascadeQuestion): Cascade {
  const comparison = question.input.comparison ?? 'text';
  // biome-ignore lint/suspicious/noThenProperty: who answers then is a name, and nobody awaits a plan.
  const plan: AnswerPlan = { kind: 'check', first: chosen.candidate, then: question.reference.candidate };
  const terms = termsOf(plan, question, comparison, 'mean');
  const expected = expectPlan(plan, terms, question.parameters);
  // What is known of the answer afterwards is only that no check failed: the estimate made before stands.
  return { ...planEstimate(plan, expected, chosen.quality, chosen.loss, question), terms };
}

/** A cascade as it is carried out: judged by estimates as cautious as the ones it was chosen by. */
export function cascadeOf(estimate: PlanEstimate, question: CascadeQuestion): Cascade {
  const comparison = question.input.comparison ?? 'text';
  return { ...estimate, terms: termsOf(estimate.plan, question, comparison, 'low') };
}

/** Expected cost plus what the expected loss is worth, in USD. */
export function worth({ cost, loss }: Pick<PlanEstimate, 'cost' | 'loss'>, trade: Trade): number {
  return cost === undefined ? Number.POSITIVE_INFINITY : usd(cost) + trade.lambdaUsd * loss.mean;
}

function estimateOf(
  plan: AnswerPlan,
  expected: PlanExpectation,
  alone: number,
  question: CascadeQuestion,
  comparison: AnswerComparison,
): PlanEstimate {
  const cautious = expectPlan(plan, termsOf(plan, question, comparison, 'low'), question.parameters);
  const mean = alone - expected.quality;
  const spread = Math.max(0, expected.quality - cautious.quality);
  const loss = { mean, low: Math.max(-1, mean - spread), high: Math.min(1, mean + spread) };
  const quality = {
    mean: expected.quality,
    low: Math.max(0, expected.quality - spread),
    high: Math.min(1, expected.quality + spread),
  };
  // It is carried out by the cautious terms, so it escalates as often as these foresee.
  return planEstimate(plan, cautious, quality, loss, question);
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
  plan: AnswerPlan,
  { candidates, reference, trade }: CascadeQuestion,
  comparison: AnswerComparison,
  bound: 'mean' | 'low',
): AcceptanceTerms {
  const members = planMembers(plan).map(
    (id) => candidates.find(({ candidate }) => candidate === id) as CandidateEstimate,
  );
  // The reference is what quality is relative to: its own estimate is not what is doubted.
  const qualityOf = (one: CandidateEstimate) =>
    one.candidate === reference.candidate || bound === 'mean'
      ? one.quality.mean
      : Math.max(leastPrior, reference.quality.mean - one.loss.high);
  return {
    quality: Object.fromEntries(members.map((one) => [one.candidate, qualityOf(one)])),
    costUsd: Object.fromEntries(members.map((one) => [one.candidate, usd(one.cost!)])),
    lambdaUsd: trade.lambdaUsd,
    comparison,
  };
}

/** Nobody is right never; a prior of 0 could not be moved by any agreement. */
const leastPrior = 0.02;

const usd = ({ totalNano }: CostParts) => totalNano / nanoPerUsd;
