import {
  type AcceptanceParameters,
  type AcceptanceTerms,
  type AnswerPlan,
  askingWorth,
  type PlanExpectation,
  planExpecter,
  planMembers,
  plansFor,
  posterior,
} from '../../router/index.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import { noAnswer, type RecordedAnswers } from './recorded.ts';
import type { Played } from './votes.ts';

/** What is known of each row before anybody answers. By index of the recorded models. */
export interface RowExpectation {
  quality: Float64Array;
  costUsd: Float64Array;
  parameters: AcceptanceParameters;
}

export interface RowTerms extends RowExpectation {
  /** USD that the price of quality is a multiple of: what the reference is expected to cost. */
  unitUsd: number;
}

export interface CascadePolicy {
  /** Models that may answer alone or vote. */
  members: number[];
  /** Who answers where cheap ones do not. */
  last: number;
  /** All sensible cascades of the members, or none: then only single models are weighed. */
  votes: boolean;
}

/** One policy at each setting of its one dial, on the rows of one task. */
export interface SweptTask {
  id: string;
  file: string;
  rows: OutcomeRow[];
  /** By setting, in one order for all tasks. */
  played: Played[];
  reference: Played;
  /** What a row is left out with: its fold, or its benchmark or subject; the same key means the same in every task. */
  held: string[];
}

const priceSteps = 40;
const priceMin = 0.05;
const priceMax = 200;
/** Prices of quality, as multiples of the reference's expected cost. */
export const prices: readonly number[] = Array.from(
  { length: priceSteps },
  (_, k) => priceMin * (priceMax / priceMin) ** (k / (priceSteps - 1)),
);

/**
 * Plays a policy on recorded answers at every price of quality: before the answers the way of answering with the least expected cost + λ × loss, after each
 * answer the best of giving it out and asking on, by the same λ. Nothing of a row but its terms is known before an answer is paid for.
 */
export function playPolicy(
  recorded: RecordedAnswers,
  terms: (row: number) => RowTerms,
  policy: CascadePolicy,
): Played[] {
  const n = recorded.rows.length;
  const played = prices.map(() => ({ score: new Float64Array(n), usd: new Float64Array(n) }));
  for (let i = 0; i < n; i++) {
    const row = terms(i);
    const play = rowPlayer(recorded, i, row, policy);
    prices.forEach((price, k) => {
      const outcome = play(price * row.unitUsd);
      played[k]!.score[i] = outcome.score;
      played[k]!.usd[i] = outcome.usd;
    });
  }
  return played;
}

/** What came of one row at one price of quality. */
export interface RowOutcome {
  score: number;
  usd: number;
  /** Models that were called, first to last. */
  asked: readonly string[];
}

/** The same for one row, at any price of quality in USD. */
export function rowPlayer(
  recorded: RecordedAnswers,
  i: number,
  row: RowExpectation,
  policy: CascadePolicy,
): (lambdaUsd: number) => RowOutcome {
  const own = acceptanceTerms(recorded, i, row);
  const plans = plansOf(recorded, i, row, policy);
  const expecting = plans.map(planExpecter(own, row.parameters));
  const play = playRow(recorded, i, own, row.parameters);
  return (lambdaUsd) => play(bestPlan(plans, expecting, lambdaUsd), lambdaUsd);
}

function plansOf(
  recorded: RecordedAnswers,
  i: number,
  row: RowExpectation,
  policy: CascadePolicy,
): AnswerPlan[] {
  const candidateOf = (m: number) => ({
    candidate: recorded.models[m]!,
    quality: row.quality[m]!,
    costUsd: row.costUsd[m]!,
  });
  const all = [...new Set([...policy.members, policy.last])];
  const singles = all.map((m): AnswerPlan => ({ kind: 'single', candidate: recorded.models[m]! }));
  const cascades = plansFor({
    candidates: policy.members.map(candidateOf),
    last: candidateOf(policy.last),
    allowed: { checks: policy.votes, votes: policy.votes },
    comparison: recorded.comparison[i]!,
  });
  return [...singles, ...cascades];
}

/** Terms at any price of quality. */
type UnpricedTerms = Omit<AcceptanceTerms, 'lambdaUsd'>;

function acceptanceTerms(recorded: RecordedAnswers, i: number, row: RowExpectation): UnpricedTerms {
  return {
    quality: Object.fromEntries(recorded.models.map((model, m) => [model, row.quality[m]!])),
    costUsd: Object.fromEntries(recorded.models.map((model, m) => [model, row.costUsd[m]!])),
    comparison: recorded.comparison[i]!,
  };
}

function bestPlan(
  plans: AnswerPlan[],
  expecting: ((lambdaUsd: number) => PlanExpectation)[],
  lambdaUsd: number,
): AnswerPlan {
  let best = plans[0]!;
  let worth = Number.NEGATIVE_INFINITY;
  plans.forEach((plan, p) => {
    const { quality, costUsd } = expecting[p]!(lambdaUsd);
    const own = lambdaUsd * quality - costUsd;
    if (own <= worth) return;
    best = plan;
    worth = own;
  });
  return best;
}

/** What follows from the answers of some members of a plan, worked out once for all prices. */
interface Point {
  next: ((lambdaUsd: number) => { option: string; gain: number }) | undefined;
  /** The best answer at hand; undefined where there is none. */
  given: string | undefined;
}

/** Follows plans through the recorded answers of one row. */
function playRow(
  recorded: RecordedAnswers,
  i: number,
  terms: UnpricedTerms,
  parameters: AcceptanceParameters,
) {
  const points = new Map<AnswerPlan, Map<string, Point>>();
  const indexOf = new Map(recorded.models.map((model, m) => [model, m]));
  const groupOfMember = (candidate: string) => recorded.group[indexOf.get(candidate)!]![i]!;
  const pointAt = (plan: AnswerPlan, asked: readonly string[]): Point => {
    const own = points.get(plan) ?? new Map<string, Point>();
    points.set(plan, own);
    const key = asked.join('\0');
    const known = own.get(key) ?? pointOf(planMembers(plan), asked, groupOfMember, terms, parameters);
    own.set(key, known);
    return known;
  };
  return (plan: AnswerPlan, lambdaUsd: number): RowOutcome => {
    const members = planMembers(plan);
    const asked = plan.kind === 'vote' ? members.slice(0, 2) : members.slice(0, 1);
    for (;;) {
      const { next, given } = pointAt(plan, asked);
      const worth = next?.(lambdaUsd);
      if (worth === undefined || (worth.gain <= 0 && given !== undefined)) {
        const usd = asked.reduce((sum, one) => sum + recorded.usd[indexOf.get(one)!]![i]!, 0);
        return { score: recorded.score[indexOf.get(given ?? members.at(-1)!)!]![i]!, usd, asked };
      }
      asked.push(worth.option);
    }
  };
}

function pointOf(
  members: string[],
  asked: readonly string[],
  groupOfMember: (candidate: string) => number,
  terms: UnpricedTerms,
  parameters: AcceptanceParameters,
): Point {
  const atHand = members.filter((one) => asked.includes(one) && groupOfMember(one) !== noAnswer);
  const options = members.filter((one) => !asked.includes(one));
  const evidence = {
    comparison: terms.comparison,
    members: members.map((candidate) => {
      const answered = asked.includes(candidate);
      const group = groupOfMember(candidate);
      return {
        candidate,
        prior: terms.quality[candidate]!,
        group: answered && group !== noAnswer ? group : undefined,
        faults: answered && group === noAnswer ? ['empty'] : [],
      };
    }),
  };
  const right = posterior(evidence, parameters);
  const given = atHand.reduce<string | undefined>(
    // On ties the later member, as where answers are judged.
    (best, one) => (best === undefined || right.get(one)! >= right.get(best)! ? one : best),
    undefined,
  );
  const next =
    options.length === 0 ? undefined : askingWorth({ evidence, terms, options, atHand }, parameters);
  return { next, given };
}
