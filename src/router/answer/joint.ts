import { logistic, logit } from '../predictor/parameters.ts';
import type { AcceptanceParameters } from './acceptance.ts';
import type { AnswerComparison } from './terms.ts';

/**
 * The joint probability of who is right and who says the same as whom. Given how much harder or easier the ask is for everyone than predicted, members
 * err on their own; a right answer is worded in the usual way or in one of its own; a wrong one is the wrong answer that suggests itself, or one of its
 * own. What is not known of the difficulty is summed over a few nodes, so that errors of models are as correlated as they were on recorded answers.
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
const nodesCount = nodes.length;

/** Sets of members are bits of a number; a plan has at most four members. With six, three pairs could differ, of which one would fit no rule here. */
export const membersMax = 5;
/** A prior nearer to the ends than this is more certain than anything measured. */
const priorMin = 0.01;
/** Variance of a logistic variable in terms of a normal one: how far a logit must be stretched to keep its share under a normal shift. */
const normalPerLogistic = Math.PI / 8;

/** What is known of one member besides whom it agrees with. */
export type Standing = 'silent' | 'sound' | 'faulty';

/** Everything about some members that does not depend on their answers. Per set of members or member, and node. */
export interface JointTable {
  members: number;
  comparable: boolean;
  /** P(right), P(faulty), P(right | sound), P(right | faulty), per member. */
  right: Float64Array;
  faulty: Float64Array;
  rightIfSound: Float64Array;
  rightIfFaulty: Float64Array;
  /**
   * P(the members of the set give one answer): the right one as usually worded, or the wrong one that suggests itself; and of a set of one, a right one in its
   * own wording, or a wrong one of its own. That an answer passed its checks tells so little beside what others say that it is left out here.
   */
  usual: Float64Array;
  suggested: Float64Array;
  own: Float64Array;
  stray: Float64Array;
  /** Room for `joint`: what it found per node. */
  mass: Float64Array;
}

export function jointTable(
  priors: readonly number[],
  comparison: AnswerComparison,
  parameters: AcceptanceParameters,
): JointTable {
  const table = emptyTable(Math.min(priors.length, membersMax), comparison !== 'text');
  fillTable(table, priors, comparison, parameters);
  return table;
}

export function emptyTable(members: number, comparable: boolean): JointTable {
  const perMember = () => new Float64Array(members * nodesCount);
  const perSet = () => new Float64Array(nodesCount << members);
  return {
    members,
    comparable,
    right: perMember(),
    faulty: perMember(),
    rightIfSound: perMember(),
    rightIfFaulty: perMember(),
    usual: perSet(),
    suggested: perSet(),
    own: perSet(),
    stray: perSet(),
    mass: new Float64Array(nodesCount),
  };
}

/** Fills a table made for as many members; a fit does so many thousand times with one. */
export function fillTable(
  table: JointTable,
  priors: readonly number[],
  comparison: AnswerComparison,
  parameters: AcceptanceParameters,
): void {
  const { members } = table;
  const { difficulty } = parameters;
  const logitOf = (m: number) =>
    parameters.prior.intercept +
    parameters.prior.slope * logit(Math.min(1 - priorMin, Math.max(priorMin, priors[m]!)));
  let mean = 0;
  for (let m = 0; m < members; m++) mean += logitOf(m) / members;
  const { suggestion, rewording } = parameters.comparisons[comparison] ?? parameters.otherwise;
  const suggests = logistic(suggestion + parameters.suggestionPerLogit * mean);
  const { wrong: faultIfWrong, right: faultIfRight } = parameters.faults;
  const stretch = Math.sqrt(1 + normalPerLogistic * difficulty ** 2);
  for (let m = 0; m < members; m++) {
    const middle = stretch * logitOf(m);
    for (let q = 0; q < nodesCount; q++) {
      const right = logistic(middle + difficulty * nodes[q]!);
      const sound = right * (1 - faultIfRight);
      const unsound = (1 - right) * (1 - faultIfWrong);
      const at = m * nodesCount + q;
      table.right[at] = right;
      table.faulty[at] = 1 - sound - unsound;
      table.rightIfSound[at] = sound / (sound + unsound);
      table.rightIfFaulty[at] = table.faulty[at] === 0 ? right : (right * faultIfRight) / table.faulty[at]!;
      const set = (nodesCount << m) + q;
      table.usual[set] = right * (1 - rewording);
      table.own[set] = right * rewording;
      table.suggested[set] = (1 - right) * suggests;
      table.stray[set] = (1 - right) * (1 - suggests);
    }
  }
  fillSets(table);
}

/** Sets of several members from the set without its last member. */
function fillSets({ members, usual, suggested }: JointTable): void {
  for (let set = 1; set < 1 << members; set++) {
    const rest = set & (set - 1);
    if (rest === 0) continue;
    const one = set ^ rest;
    for (let q = 0; q < nodesCount; q++) {
      const at = set * nodesCount + q;
      usual[at] = usual[rest * nodesCount + q]! * usual[one * nodesCount + q]!;
      suggested[at] = suggested[rest * nodesCount + q]! * suggested[one * nodesCount + q]!;
    }
  }
}

/** The prior weight of the nodes: nothing is known of any member. */
export const nothingKnown = (): Float64Array => Float64Array.from(weights);

/** Takes into the weight of the nodes what is known of a member outside every group. */
export function learn(outside: Float64Array, table: JointTable, member: number, standing: Standing): void {
  if (standing === 'silent') return;
  for (let q = 0; q < nodesCount; q++) {
    const faulty = table.faulty[member * nodesCount + q]!;
    outside[q]! *= standing === 'faulty' ? faulty : 1 - faulty;
  }
}

/**
 * P(what is known outside groups, and that the first `count` of `groups`, sets of members, gave an answer each, all different). Into `right` goes, for each
 * group, the part where its answer is right; into `table.mass` the whole per node.
 */
export function joint(
  table: JointTable,
  outside: Float64Array,
  groups: Int32Array,
  count: number,
  right: Float64Array,
): number {
  const { usual, suggested, stray, own, mass } = table;
  right.fill(0, 0, count);
  let total = 0;
  for (let q = 0; q < nodesCount; q++) {
    // Of the groups so far: neither the usual right answer nor the suggested wrong one among them, one of these, both.
    let none = outside[q]!;
    let aUsual = 0;
    let aSuggested = 0;
    let both = 0;
    for (let g = 0; g < count; g++) {
      const at = groups[g]! * nodesCount + q;
      const apart = own[at]! + stray[at]!;
      both = both * apart + aUsual * suggested[at]! + aSuggested * usual[at]!;
      aUsual = aUsual * apart + none * usual[at]!;
      aSuggested = aSuggested * apart + none * suggested[at]!;
      none *= apart;
    }
    const whole = none + aUsual + aSuggested + both;
    mass[q] = whole;
    total += whole;
    for (let g = 0; g < count; g++) right[g]! += rightOf(table, outside[q]!, groups, count, g, q);
  }
  return total;
}

function rightOf(
  { usual, suggested, stray, own }: JointTable,
  outside: number,
  groups: Int32Array,
  count: number,
  group: number,
  q: number,
): number {
  let none = outside;
  let aUsual = 0;
  let aSuggested = 0;
  let both = 0;
  for (let g = 0; g < count; g++) {
    if (g === group) continue;
    const at = groups[g]! * nodesCount + q;
    const apart = own[at]! + stray[at]!;
    both = both * apart + aUsual * suggested[at]! + aSuggested * usual[at]!;
    aUsual = aUsual * apart + none * usual[at]!;
    aSuggested = aSuggested * apart + none * suggested[at]!;
    none *= apart;
  }
  const at = groups[group]! * nodesCount + q;
  return usual[at]! * (none + aSuggested) + own[at]! * (none + aUsual + aSuggested + both);
}

/** After `joint`: the part where a member outside every group is right. */
export function rightOutside(table: JointTable, member: number, standing: Standing): number {
  const share =
    standing === 'silent' ? table.right : standing === 'sound' ? table.rightIfSound : table.rightIfFaulty;
  let sum = 0;
  for (let q = 0; q < nodesCount; q++) sum += table.mass[q]! * share[member * nodesCount + q]!;
  return sum;
}

/**
 * P(what is known, and that exactly the groups in `rightGroups` and the outside members in `rightMembers`, as bits, are right), for fitting.
 */
export function jointWith(
  table: JointTable,
  known: { standings: readonly (Standing | undefined)[]; groups: Int32Array; count: number },
  rightGroups: number,
  rightMembers: number,
): number {
  const { usual, suggested, stray, own } = table;
  const outside = nothingKnown();
  known.standings.forEach((standing, m) => {
    if (standing === undefined) return;
    learn(outside, table, m, standing);
    const share =
      standing === 'silent' ? table.right : standing === 'sound' ? table.rightIfSound : table.rightIfFaulty;
    for (let q = 0; q < nodesCount; q++) {
      const right = share[m * nodesCount + q]!;
      outside[q]! *= (rightMembers & (1 << m)) === 0 ? 1 - right : right;
    }
  });
  let total = 0;
  for (let q = 0; q < nodesCount; q++) {
    let none = outside[q]!;
    let aUsual = 0;
    let aSuggested = 0;
    let both = 0;
    for (let g = 0; g < known.count; g++) {
      const at = known.groups[g]! * nodesCount + q;
      const isRight = (rightGroups & (1 << g)) !== 0;
      const apart = isRight ? own[at]! : stray[at]!;
      const asUsual = isRight ? usual[at]! : 0;
      const asSuggested = isRight ? 0 : suggested[at]!;
      both = both * apart + aUsual * asSuggested + aSuggested * asUsual;
      aUsual = aUsual * apart + none * asUsual;
      aSuggested = aSuggested * apart + none * asSuggested;
      none *= apart;
    }
    total += none + aUsual + aSuggested + both;
  }
  return total;
}
