import type { AnswerEvidence, MemberEvidence } from './evidence.ts';
import {
  chancesOf,
  type JointTable,
  joint,
  jointTable,
  jointWithRight,
  learn,
  membersMax,
  type Standing,
} from './joint.ts';
import type { AnswerComparison } from './terms.ts';

/**
 * What was learned of how answers of models agree and err together, over many models at once, so that it holds for pairs never seen together. Plain
 * numbers: part of the shipped artefact as they are.
 */
export interface AcceptanceParameters {
  /** What a predicted share right is worth: `intercept + slope × logit`. */
  prior: { intercept: number; slope: number };
  /** Spread of what makes one ask harder or easier for all models than was predicted, in logits; 0 would make errors independent. */
  difficulty: number;
  /** How much more often wrong answers coincide per logit by which the members are abler: able models err on traps. */
  suggestionPerLogit: number;
  /** By the kind of comparison; `otherwise` for kinds without rows. */
  comparisons: { [comparison in AnswerComparison]?: ComparisonParameters | undefined };
  otherwise: ComparisonParameters;
  /** P(an answer fails a check), where it would be wrong and where it would be right. */
  faults: { wrong: number; right: number };
}

export interface ComparisonParameters {
  /** Logit of P(a wrong answer is the one that suggests itself); two wrong answers coincide with about the square of it. */
  suggestion: number;
  /** P(a right answer is worded so that it does not compare as equal to other right ones). */
  rewording: number;
}

/**
 * P(right) of every member, asked or not, in the light of who agrees with whom and who failed a check. Agreement of two bears both out; disagreement tells
 * against both, and a little against those not asked, because the ask is then harder than it looked.
 */
export function posterior(evidence: AnswerEvidence, parameters: AcceptanceParameters): Map<string, number> {
  const members = evidence.members.slice(0, membersMax);
  const table = jointTable(
    members.map(({ prior }) => chancesOf(prior, parameters)),
    evidence.comparison,
    parameters,
  );
  const { standings, groups, count } = knownOf(table, members);
  standings.forEach((standing, m) => {
    if (standing !== undefined) learn(table.sets, table, m, standing);
  });
  const right: number[] = [];
  const total = joint(table, table.sets, groups, count, right);
  const result = new Map(evidence.members.map(({ candidate, prior }) => [candidate, prior]));
  if (!(total > 0)) return result;
  members.forEach(({ candidate }, m) => {
    const own =
      standings[m] === undefined
        ? right[groups.findIndex((group) => (group & (1 << m)) !== 0)]!
        : jointWithRight(table, table.sets, groups, count, m);
    result.set(candidate, own / total);
  });
  return result;
}

/** What evidence says, as sets of members; a member in a group has no standing of its own. */
export interface Known {
  standings: (Standing | undefined)[];
  groups: number[];
  count: number;
}

export function knownOf(table: JointTable, members: readonly MemberEvidence[]): Known {
  const numbers = new Map<number, number>();
  const groups = members.map(() => 0);
  const standings = members.map(({ group, faults }, m): Standing | undefined => {
    if (faults.length > 0) return 'faulty';
    if (group === undefined || !table.comparable) return 'silent';
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    groups[number]! |= 1 << m;
    return undefined;
  });
  return { standings, groups, count: numbers.size };
}
