import { logistic, logit } from '../predictor/parameters.ts';
import type { AcceptanceParameters } from './acceptance.ts';
import type { AnswerComparison } from './terms.ts';

/**
 * The joint probability of who is right and who says the same as whom. Given how much harder or easier the ask is for everyone than predicted, members
 * err on their own; a right answer is worded in the usual way or in one of its own; a wrong one is the wrong answer that suggests itself, or one of its
 * own. What is not known of the difficulty is summed over a few nodes, so that errors of models are as correlated as they were on recorded answers.
 *
 * Who agrees with whom depends on the difficulty only through who is right. So the nodes are summed over once, into one number for each set of members that
 * may be the right ones, and whatever becomes known afterwards is reckoned with these few numbers.
 */

/** Gauss–Hermite nodes and weights of a standard normal variable. */
const nodes = [
  -3.750439717725742, -2.366759410734541, -1.154405394739968, 0, 1.154405394739968, 2.366759410734541,
  3.750439717725742,
];
const weights = [
  0.000548268855972219, 0.0307571239675865, 0.240123178605013, 0.457142857142857, 0.240123178605013,
  0.0307571239675865, 0.000548268855972219,
];

/** Sets of members are bits of a number; a plan has at most four members. With six, three pairs could differ, of which one would fit no rule here. */
export const membersMax = 5;
/** A prior nearer to the ends than this is more certain than anything measured. */
const priorMin = 0.01;
/** Variance of a logistic variable in terms of a normal one: how far a logit must be stretched to keep its share under a normal shift. */
const normalPerLogistic = Math.PI / 8;

/** What is known of one member besides whom it agrees with. */
export type Standing = 'silent' | 'sound' | 'faulty';

/** One member's chances, whoever it is asked beside. */
export interface Chances {
  /** Of a right answer to an ask as hard as predicted. */
  logit: number;
  /** P(right) at each node of the difficulty. */
  right: readonly number[];
}

export function chancesOf(quality: number, { prior, difficulty }: AcceptanceParameters): Chances {
  const bounded = Math.min(1 - priorMin, Math.max(priorMin, quality));
  const own = prior.intercept + prior.slope * logit(bounded);
  const middle = Math.sqrt(1 + normalPerLogistic * difficulty ** 2) * own;
  return { logit: own, right: nodes.map((node) => logistic(middle + difficulty * node)) };
}

/** Everything about some members that does not depend on their answers. */
export interface JointTable {
  members: number;
  comparable: boolean;
  /** P(the members of the set are right and the others wrong), by the set. */
  sets: number[];
  /** How right answers are worded, and how wrong ones coincide. */
  worded: Wording;
  slipped: Wording;
  /** P(an answer fails a check). */
  faults: AcceptanceParameters['faults'];
}

/** @param members at most `membersMax` */
export function jointTable(
  members: readonly Chances[],
  comparison: AnswerComparison,
  parameters: AcceptanceParameters,
): JointTable {
  const { usual, suggests } = sharesOf(members, comparison, parameters);
  return {
    members: members.length,
    comparable: comparison !== 'text',
    sets: rightSets(members),
    worded: wordingOf(usual, members.length),
    slipped: wordingOf(suggests, members.length),
    faults: parameters.faults,
  };
}

/** P(a right answer is worded in the usual way), and P(a wrong answer is the one that suggests itself). */
function sharesOf(
  members: readonly Chances[],
  comparison: AnswerComparison,
  { comparisons, otherwise, suggestionPerLogit }: AcceptanceParameters,
): { usual: number; suggests: number } {
  const { suggestion, rewording } = comparisons[comparison] ?? otherwise;
  let mean = 0;
  for (const { logit: own } of members) mean += own / members.length;
  return { usual: 1 - rewording, suggests: logistic(suggestion + suggestionPerLogit * mean) };
}

/**
 * How right answers coincide, or wrong ones: each has the shared wording with one probability. Those together have it; of those alone at most one has, and
 * none where others do.
 */
interface Wording {
  /** P(all have the shared wording), by how many they are. */
  together: readonly number[];
  /** P(none has it), by how many they are. */
  apart: readonly number[];
  /** P(all differ), by how many they are. */
  alone: readonly number[];
}

function wordingOf(shared: number, members: number): Wording {
  const together = [1];
  const apart = [1];
  const alone = [1];
  for (let count = 1; count <= members; count++) {
    const others = apart[count - 1]!;
    together.push(together[count - 1]! * shared);
    apart.push(others * (1 - shared));
    alone.push(others * (1 - shared) + count * shared * others);
  }
  return { together, apart, alone };
}

const chanceOf = ({ together, apart, alone }: Wording, size: number, others: number) =>
  size === 0 ? alone[others]! : together[size]! * apart[others]!;

function rightSets(members: readonly Chances[]): number[] {
  const sets: number[] = [];
  for (let set = 0; set < 1 << members.length; set++) sets.push(0);
  const part = sets.slice();
  for (let q = 0; q < weights.length; q++) {
    part[0] = weights[q]!;
    for (let m = 0; m < members.length; m++) {
      const right = members[m]!.right[q]!;
      const bit = 1 << m;
      for (let set = 0; set < bit; set++) {
        const before = part[set]!;
        part[set | bit] = before * right;
        part[set] = before * (1 - right);
      }
    }
    for (let set = 0; set < sets.length; set++) sets[set]! += part[set]!;
  }
  return sets;
}

/** Takes into the weight of the sets what is known of a member outside every group. */
export function learn(sets: number[], { faults }: JointTable, member: number, standing: Standing): void {
  if (standing === 'silent') return;
  const ifRight = standing === 'faulty' ? faults.right : 1 - faults.right;
  const ifWrong = standing === 'faulty' ? faults.wrong : 1 - faults.wrong;
  for (let set = 0; set < sets.length; set++) {
    sets[set]! *= (set & (1 << member)) === 0 ? ifWrong : ifRight;
  }
}

/**
 * P(what is known outside groups, and that the first `count` of `groups`, sets of members, gave an answer each, all different). Into `right` goes, for each
 * group, the part where its answer is right. That an answer in a group passed its checks tells so little beside what others say that it is left out.
 *
 * @param sets the table's own, after what was learned of members outside the groups
 */
export function joint(
  table: JointTable,
  sets: number[],
  groups: readonly number[],
  count: number,
  right: number[],
): number {
  let grouped = 0;
  for (let g = 0; g < count; g++) {
    grouped |= groups[g]!;
    right[g] = 0;
  }
  const others = (sets.length - 1) & ~grouped;
  const alone = aloneAmong(groups, count);
  let total = 0;
  for (let rightGroups = 0; rightGroups < 1 << count; rightGroups++) {
    const worded = asWorded(table, groups, count, alone, rightGroups);
    if (worded === 0) continue;
    let own = 0;
    for (let rest = rightGroups; rest !== 0; rest &= rest - 1) own |= groups[31 - Math.clz32(rest & -rest)]!;
    let mass = sets[own]!;
    for (let rest = others; rest !== 0; rest = (rest - 1) & others) mass += sets[own | rest]!;
    mass *= worded;
    total += mass;
    for (let rest = rightGroups; rest !== 0; rest &= rest - 1) right[31 - Math.clz32(rest & -rest)]! += mass;
  }
  return total;
}

/** The same where a member outside every group is right. */
export function jointWithRight(
  table: JointTable,
  sets: number[],
  groups: readonly number[],
  count: number,
  member: number,
): number {
  const where = sets.map((mass, set) => ((set & (1 << member)) === 0 ? 0 : mass));
  return joint(table, where, groups, count, []);
}

/** Which of the groups have one member. */
function aloneAmong(groups: readonly number[], count: number): number {
  let alone = 0;
  for (let g = 0; g < count; g++) if ((groups[g]! & (groups[g]! - 1)) === 0) alone |= 1 << g;
  return alone;
}

/** P(groups as they are), given which of them are right: two groups of several members can neither be both right nor both be wrong. */
function asWorded(
  { worded, slipped }: Pick<JointTable, 'worded' | 'slipped'>,
  groups: readonly number[],
  count: number,
  alone: number,
  rightGroups: number,
): number {
  const all = (1 << count) - 1;
  const rightTogether = rightGroups & ~alone;
  const wrongTogether = all & ~rightGroups & ~alone;
  if ((rightTogether & (rightTogether - 1)) !== 0 || (wrongTogether & (wrongTogether - 1)) !== 0) return 0;
  const rightSize = rightTogether === 0 ? 0 : sizes[groups[31 - Math.clz32(rightTogether)]!]!;
  const wrongSize = wrongTogether === 0 ? 0 : sizes[groups[31 - Math.clz32(wrongTogether)]!]!;
  return (
    chanceOf(worded, rightSize, sizes[rightGroups & alone]!) *
    chanceOf(slipped, wrongSize, sizes[alone & ~rightGroups]!)
  );
}

/** Members in a set of at most five. */
const sizes = [
  0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 1, 2, 2, 3, 2, 3, 3, 4, 2, 3, 3, 4, 3, 4, 4, 5,
];

/**
 * P(what is known, and that exactly `right` of the members are right), for fitting.
 *
 * @param rightGroups those of the groups whose answer is right, as bits
 */
export function jointWith(
  members: readonly Chances[],
  comparison: AnswerComparison,
  parameters: AcceptanceParameters,
  known: {
    right: readonly boolean[];
    faulty: readonly boolean[];
    groups: readonly number[];
    count: number;
    rightGroups: number;
  },
): number {
  let sum = 0;
  for (let q = 0; q < weights.length; q++) {
    let part = weights[q]!;
    for (let m = 0; m < members.length; m++) {
      const right = members[m]!.right[q]!;
      part *= known.right[m]! ? right : 1 - right;
    }
    sum += part;
  }
  for (let m = 0; m < members.length; m++) {
    if (known.faulty[m]!) sum *= known.right[m]! ? parameters.faults.right : parameters.faults.wrong;
  }
  const { usual, suggests } = sharesOf(members, comparison, parameters);
  const wordings = {
    worded: wordingOf(usual, members.length),
    slipped: wordingOf(suggests, members.length),
  };
  const alone = aloneAmong(known.groups, known.count);
  return sum * asWorded(wordings, known.groups, known.count, alone, known.rightGroups);
}
