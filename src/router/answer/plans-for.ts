import type { AnswerPlan } from './plan.ts';
import type { AnswerComparison } from './terms.ts';

export interface PlanCandidate {
  candidate: string;
  /** P(right), as predicted from the prompt. */
  quality: number;
  costUsd: number;
}

export interface PlanChoices {
  candidates: readonly PlanCandidate[];
  /** Who answers where cheap ones do not: the reference, or who stands in for it. */
  last: PlanCandidate;
  allowed: { checks: boolean; votes: boolean };
  comparison: AnswerComparison;
}

/** Voters that are combined: four give six pairs and four triples. */
const votersMax = 4;
const checksMax = 2;
/** Two voters that cost more than this share of the last member leave too little to save. */
const voterCostMax = 0.5;

/**
 * The cascades worth weighing: pairs and triples of the voters that promise most for their price, and checks of the best of them; at most a dozen. Voters
 * must be clearly cheaper than the last member; votes need answers that can be compared.
 */
export function plansFor({ candidates, last, allowed, comparison }: PlanChoices): AnswerPlan[] {
  if (!(last.costUsd > 0)) return [];
  const promise = ({ quality, costUsd }: PlanCandidate) => quality - costUsd / last.costUsd;
  const voters = candidates
    .filter((one) => one.candidate !== last.candidate && one.costUsd < voterCostMax * last.costUsd)
    .sort((a, b) => promise(b) - promise(a) || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, votersMax)
    .map((one) => one.candidate);
  const votes = allowed.votes && comparison !== 'text' ? votersOf(voters) : [];
  const checks = allowed.checks ? voters.slice(0, checksMax) : [];
  return [
    ...votes.map((own) => voting(own, last.candidate)),
    ...checks.map((first) => checking(first, last.candidate)),
  ];
}

type Voters = Extract<AnswerPlan, { kind: 'vote' }>['voters'];

/** All pairs, each followed by the triples that begin with it. */
function votersOf(voters: string[]): Voters[] {
  return voters.flatMap((a, i) =>
    voters
      .slice(i + 1)
      .flatMap((b, j): Voters[] => [[a, b], ...voters.slice(i + j + 2).map((c): Voters => [a, b, c])]),
  );
}

function voting(voters: Voters, last: string): AnswerPlan {
  return { kind: 'vote', voters, last };
}

function checking(first: string, last: string): AnswerPlan {
  return { kind: 'check', first, last };
}
