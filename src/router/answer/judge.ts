import type { ChatAnswer, ChatRequest } from '../../protocol/index.ts';
import type { Shape } from '../decision.ts';
import { type FaultCode, isHardFault } from './checks/faults.ts';
import { answerFaults } from './checks/list.ts';
import { groupAnswers } from './compare/key.ts';
import type { AnswerEvidence } from './evidence.ts';
import type { Asking, AskingWorth } from './expect.ts';
import { type AnswerPlan, planMembers } from './plan.ts';
import type { AcceptanceTerms } from './terms.ts';

export interface JudgeInput {
  plan: AnswerPlan;
  terms: AcceptanceTerms;
  /** P(right) of each member, asked or not, in the light of what the answers say of one another. */
  posterior: (evidence: AnswerEvidence) => ReadonlyMap<string, number>;
  /** Whom to ask next, and what that is worth, by the same rules as the posterior. */
  lookAhead: (asking: Asking) => AskingWorth;
  request: ChatRequest;
  shape: Shape;
  /** Of the members asked so far; undefined where a member failed. */
  answers: ReadonlyMap<string, ChatAnswer | undefined>;
}

/** An answer at hand. */
export interface RankedAnswer {
  candidate: string;
  /** P(right), 0..1. */
  quality: number;
  /** It failed a check hard: not to be given out while another member is left. */
  faulty: boolean;
}

/** Why a judgement is as it is. */
export type JudgementReason =
  /** Nobody was asked yet. */
  | 'begin'
  /** Its answer stands with that of another member. */
  | 'agreed'
  /** Asking on would cost more than it is expected to be worth. */
  | 'good-enough'
  /** Nobody is left to be asked: the best of what is there. */
  | 'all-asked'
  /** No answer at hand is without a hard fault. */
  | 'faulty'
  /** Those who were asked failed. */
  | 'failed'
  /** The answers differ, and another one is worth its cost. */
  | 'differ'
  /** The answer is doubtful, and another one is worth its cost. */
  | 'doubtful'
  /** Every member failed; nobody is left to be asked. */
  | 'none-answered';

export interface Judgement {
  /** `candidates` is empty only where every member was asked and none answered. */
  verdict: { kind: 'accept'; candidate: string; quality: number } | { kind: 'ask'; candidates: string[] };
  why: JudgementReason;
  /** Of each member that answered. */
  faults: { [candidate: string]: FaultCode[] };
  /** Members with the same number gave the same answer. */
  groups: { [candidate: string]: number | undefined };
  /** All answers at hand, best first. */
  ranking: RankedAnswer[];
}

/**
 * Whether an answer at hand is given out or a further member asked: the one of which more is expected, P(right) weighed by λ against the cost of asking.
 * Pure: the same answers give the same judgement, also when it is made again from a record.
 */
export function judgeAnswers(input: JudgeInput): Judgement {
  const { plan, terms, posterior, lookAhead, answers } = input;
  const { evidence, faults, groups } = evidenceOf(input);
  const members = planMembers(plan);
  const right = posterior(evidence);
  const ranking = rank(members, answers, faults, right);
  const judgement = (verdict: Judgement['verdict'], why: JudgementReason): Judgement => ({
    verdict,
    why,
    faults,
    groups,
    ranking,
  });
  const ask = (candidates: string[], why: JudgementReason) => judgement({ kind: 'ask', candidates }, why);

  const due = begins(plan).filter((candidate) => !answers.has(candidate));
  if (due.length > 0) return ask(due, 'begin');
  const options = members.filter((candidate) => !answers.has(candidate));
  const best = ranking[0];
  if (options.length === 0) {
    return best === undefined ? ask([], 'none-answered') : judgement(accept(best), 'all-asked');
  }
  const worth = lookAhead({ evidence, terms, options, atHand: sound(ranking) });
  if (best === undefined || best.faulty) {
    return ask([worth.option], best === undefined ? 'failed' : 'faulty');
  }
  const agreed = hasCompany(best.candidate, groups);
  if (worth.gain <= 0) return judgement(accept(best), agreed ? 'agreed' : 'good-enough');
  return ask([worth.option], !agreed && differ(groups) ? 'differ' : 'doubtful');
}

const accept = ({ candidate, quality }: RankedAnswer) => ({ kind: 'accept', candidate, quality }) as const;

const sound = (ranking: RankedAnswer[]) =>
  ranking.filter(({ faulty }) => !faulty).map((one) => one.candidate);

/** Who is asked before any answer is looked at. */
function begins(plan: AnswerPlan): string[] {
  switch (plan.kind) {
    case 'single':
      return [plan.candidate];
    case 'check':
      return [plan.first];
    case 'vote':
      return plan.voters.slice(0, 2);
  }
}

function evidenceOf({ plan, terms, request, shape, answers }: JudgeInput) {
  const members = planMembers(plan);
  const faults: Judgement['faults'] = {};
  for (const [candidate, answer] of answers) {
    if (answer !== undefined) faults[candidate] = answerFaults(answer, request, shape);
  }
  const hard = (candidate: string) => (faults[candidate] ?? []).filter(isHardFault);
  // What a faulty answer says is not compared: two refusals do not bear each other out.
  const compared = members.map((candidate) =>
    hard(candidate).length > 0 ? undefined : answers.get(candidate),
  );
  const numbers = groupAnswers(compared, terms.comparison);
  const groups: Judgement['groups'] = {};
  for (const [i, candidate] of members.entries()) groups[candidate] = numbers[i];
  const evidence: AnswerEvidence = {
    comparison: terms.comparison,
    members: members.map((candidate, i) => ({
      candidate,
      prior: terms.quality[candidate] ?? 0,
      group: numbers[i],
      faults: hard(candidate),
    })),
  };
  return { evidence, faults, groups };
}

/** Without faults before faulty, then by P(right); on ties the last member, which is the reference, then the order of the plan. */
function rank(
  members: string[],
  answers: JudgeInput['answers'],
  faults: Judgement['faults'],
  right: ReadonlyMap<string, number>,
): RankedAnswer[] {
  const last = members.at(-1);
  return members
    .filter((candidate) => answers.get(candidate) !== undefined)
    .map((candidate) => ({
      candidate,
      quality: right.get(candidate) ?? 0,
      faulty: (faults[candidate] ?? []).some(isHardFault),
    }))
    .sort(
      (one, other) =>
        Number(one.faulty) - Number(other.faulty) ||
        other.quality - one.quality ||
        Number(other.candidate === last) - Number(one.candidate === last),
    );
}

/** Answers that could not be compared do not differ. */
const differ = (groups: Judgement['groups']) =>
  new Set(Object.values(groups).filter((group) => group !== undefined)).size > 1;

function hasCompany(candidate: string, groups: Judgement['groups']): boolean {
  const own = groups[candidate];
  return own !== undefined && Object.values(groups).filter((group) => group === own).length > 1;
}
