import { type AcceptanceParameters, knownOf } from './acceptance.ts';
import type { AnswerEvidence } from './evidence.ts';
import {
  type JointTable,
  joint,
  jointTable,
  learn,
  nothingKnown,
  rightOutside,
  type Standing,
} from './joint.ts';
import { type AnswerPlan, planMembers } from './plan.ts';
import type { AcceptanceTerms } from './terms.ts';

/** What a way of answering is expected to be worth before anybody was asked. */
export interface PlanExpectation {
  /** P(the answer given out is right). */
  quality: number;
  /** All calls, each weighted by its probability. */
  costUsd: number;
  /** P(the last member is called); 0 for a single candidate. */
  escalation: number;
}

/**
 * Expects of a plan what comes of it when its answers are judged by the same objective: at each point the best of giving out an answer at hand and of asking
 * any member that is left, by λ × P(right) less cost. Some µs a plan. `terms` may hold more candidates than the plan has.
 */
export function expectPlan(
  plan: AnswerPlan,
  terms: AcceptanceTerms,
  parameters: AcceptanceParameters,
): PlanExpectation {
  return expectingPlan(plan, terms, parameters)(terms.lambdaUsd);
}

/** The same at several prices of quality, for which who is right and who agrees is worked out once. */
export function expectingPlan(
  plan: AnswerPlan,
  terms: Omit<AcceptanceTerms, 'lambdaUsd'>,
  parameters: AcceptanceParameters,
): (lambdaUsd: number) => PlanExpectation {
  const search = searchOf(planMembers(plan), terms, parameters);
  return (lambdaUsd) => {
    priceAt(search, lambdaUsd);
    const { mass, quality, costUsd, escalation } = beginning(plan, search);
    search.groups.fill(0);
    return { quality: quality / mass, costUsd: costUsd / mass, escalation: escalation / mass };
  };
}

/** The members that a plan asks at once, and what may come of it. That a voter may fail a check is not foreseen: it is rare, and would triple the work. */
function beginning({ kind }: AnswerPlan, search: Search): Branch {
  const { table, cost } = search;
  const nothing: Knowledge = { outside: nothingKnown(), sound: 0, count: 0, asked: 0, usable: 0 };
  switch (kind) {
    case 'single': {
      const mass = joint(table, nothing.outside, search.groups, 0, search.right);
      return { mass, quality: rightOutside(table, 0, 'silent'), costUsd: mass * cost[0]!, escalation: 0 };
    }
    case 'check': {
      // An answer that stands alone can only be found faulty or not.
      const branch = noBranch();
      add(branch, explore(search, standing(search, nothing, 0, 'sound')));
      add(branch, explore(search, standing(search, nothing, 0, 'faulty')));
      branch.costUsd += branch.mass * cost[0]!;
      return branch;
    }
    case 'vote': {
      const first = table.comparable ? joining(search, nothing, 0, 0) : standing(search, nothing, 0, 'sound');
      const branch = afterAnswer(search, first, 1);
      branch.costUsd += branch.mass * (cost[0]! + cost[1]!);
      return branch;
    }
  }
}

export interface LookAhead {
  evidence: AnswerEvidence;
  terms: AcceptanceTerms;
  parameters: AcceptanceParameters;
  /** Members that may be asked next, at least one. */
  options: readonly string[];
  /** Members whose answers may be given out as they are. */
  atHand: readonly string[];
}

/**
 * Whom to ask next, and what that is worth beyond giving out the best answer at hand: in USD, or in quality where λ has no end. The look ahead that
 * `expectPlan` took before the answers, from where they have led.
 */
export function worthOfAsking(input: LookAhead): AskingWorth {
  return askingWorth(input)(input.terms.lambdaUsd);
}

export interface AskingWorth {
  option: string;
  gain: number;
}

/** The same at several prices of quality. */
export function askingWorth(
  input: Omit<LookAhead, 'terms'> & { terms: Omit<AcceptanceTerms, 'lambdaUsd'> },
): (lambdaUsd: number) => AskingWorth {
  const { evidence, terms, parameters, options, atHand } = input;
  const members = evidence.members.map((member) => member.candidate);
  const search = searchOf(members, terms, parameters);
  const known = knownOf(search.table, evidence.members);
  search.groups.set(known.groups);
  const here: Knowledge = { outside: nothingKnown(), sound: 0, count: known.count, asked: 0, usable: 0 };
  members.forEach((candidate, m) => {
    const given = atHand.includes(candidate);
    const own = known.standings[m] === 'silent' && given ? 'sound' : known.standings[m];
    if (!options.includes(candidate)) here.asked |= 1 << m;
    if (given) here.usable |= 1 << m;
    if (own === 'sound') here.sound |= 1 << m;
    if (own !== undefined) learn(here.outside, search.table, m, own);
  });
  const accepted = acceptance(search, here);
  return (lambdaUsd) => {
    priceAt(search, lambdaUsd);
    let best = { option: options[0]!, gain: Number.NEGATIVE_INFINITY };
    for (const option of options) {
      const branch = asking(search, here, members.indexOf(option), accepted.mass);
      const gain =
        accepted.mass > 0 ? (worthOf(search, branch) - worthOf(search, accepted)) / accepted.mass : 0;
      if (gain > best.gain) best = { option, gain };
    }
    return best;
  };
}

/** A part of what may happen: its probability, and the rest times that probability. */
interface Branch {
  mass: number;
  quality: number;
  costUsd: number;
  /** The last member is called in it. */
  escalation: number;
}

const noBranch = (): Branch => ({ mass: 0, quality: 0, costUsd: 0, escalation: 0 });

function add(sum: Branch, part: Branch): void {
  sum.mass += part.mass;
  sum.quality += part.quality;
  sum.costUsd += part.costUsd;
  sum.escalation += part.escalation;
}

interface Search {
  table: JointTable;
  /** Sets of members that gave the same answer; the first `count` of a state count. */
  groups: Int32Array;
  /** Room to compute in. */
  right: Float64Array;
  /** Answers given out at a point where all that answered stand in groups, by these groups. */
  accepted: Map<number, Branch>;
  cost: Float64Array;
  /** What a right answer and a USD weigh; where quality is worth any money only quality counts. */
  perQuality: number;
  perUsd: number;
}

/** What is known at a point of the search; members as bits. */
interface Knowledge {
  outside: Float64Array;
  /** Answered, and not compared. */
  sound: number;
  count: number;
  asked: number;
  usable: number;
}

function searchOf(
  members: readonly string[],
  { quality, costUsd, comparison }: Omit<AcceptanceTerms, 'lambdaUsd'>,
  parameters: AcceptanceParameters,
): Search {
  return {
    table: jointTable(
      members.map((member) => quality[member] ?? 0),
      comparison,
      parameters,
    ),
    groups: new Int32Array(members.length),
    right: new Float64Array(members.length),
    accepted: new Map(),
    cost: Float64Array.from(members, (member) => costUsd[member] ?? 0),
    perQuality: 0,
    perUsd: 1,
  };
}

function priceAt(search: Search, lambdaUsd: number): void {
  const unbounded = lambdaUsd === Number.POSITIVE_INFINITY;
  search.perQuality = unbounded ? 1 : lambdaUsd;
  search.perUsd = unbounded ? 0 : 1;
}

const worthOf = ({ perQuality, perUsd }: Search, { quality, costUsd }: Branch) =>
  perQuality * quality - perUsd * costUsd;

/** The best of giving out what is at hand and of asking on. */
function explore(search: Search, here: Knowledge): Branch {
  const { members } = search.table;
  let best = acceptance(search, here);
  const { mass } = best;
  let worth = here.usable === 0 ? Number.NEGATIVE_INFINITY : worthOf(search, best);
  for (let m = 0; m < members; m++) {
    if ((here.asked & (1 << m)) !== 0) continue;
    // No answer is worth more than a certain one.
    if (mass * (search.perQuality - search.perUsd * search.cost[m]!) <= worth) continue;
    const branch = asking(search, here, m, mass);
    const other = worthOf(search, branch);
    if (other <= worth) continue;
    best = branch;
    worth = other;
  }
  return best;
}

/** Giving out the best of the usable answers. */
function acceptance(search: Search, here: Knowledge): Branch {
  const key = here.sound === 0 ? groupsKey(search.groups, here.count) : -1;
  const known = search.accepted.get(key);
  if (known !== undefined) return known;
  const { table, groups, right } = search;
  const mass = joint(table, here.outside, groups, here.count, right);
  let quality = 0;
  for (let g = 0; g < here.count; g++) {
    if ((groups[g]! & here.usable) !== 0 && right[g]! > quality) quality = right[g]!;
  }
  for (let m = 0; m < table.members; m++) {
    if ((here.sound & here.usable & (1 << m)) === 0) continue;
    quality = Math.max(quality, rightOutside(table, m, 'sound'));
  }
  const branch = { mass, quality, costUsd: 0, escalation: 0 };
  if (key > 0) search.accepted.set(key, branch);
  return branch;
}

/** The groups whatever the order in which they came: the number of each member's first companion. */
function groupsKey(groups: Int32Array, count: number): number {
  let key = 0;
  for (let g = 0; g < count; g++) {
    const set = groups[g]!;
    const first = 32 - Math.clz32(set & -set);
    for (let rest = set; rest !== 0; rest &= rest - 1) key += first << (3 * (31 - Math.clz32(rest & -rest)));
  }
  return key;
}

/** What comes of asking `member`, given that it answers without fault: that it does not is rare, and tells little here. */
function asking(search: Search, here: Knowledge, member: number, mass: number): Branch {
  const branch = afterAnswer(search, here, member);
  const scale = branch.mass > 0 ? mass / branch.mass : 0;
  return {
    mass,
    quality: branch.quality * scale,
    costUsd: branch.costUsd * scale + mass * search.cost[member]!,
    escalation: member === search.table.members - 1 ? mass : branch.escalation * scale,
  };
}

/** It says the same as one of the groups at hand, or something else. */
function afterAnswer(search: Search, here: Knowledge, member: number): Branch {
  if (!search.table.comparable) return explore(search, standing(search, here, member, 'sound'));
  const branch = noBranch();
  for (let group = 0; group <= here.count; group++) {
    add(branch, explore(search, joining(search, here, member, group)));
    search.groups[group]! ^= 1 << member;
  }
  return branch;
}

/** `member` answers like `group`, or begins it. The caller takes it out of the group again. */
function joining(search: Search, here: Knowledge, member: number, group: number): Knowledge {
  search.groups[group]! |= 1 << member;
  return {
    outside: here.outside,
    sound: here.sound,
    count: Math.max(here.count, group + 1),
    asked: here.asked | (1 << member),
    usable: here.usable | (1 << member),
  };
}

/** `member` has answered, and nobody else's answer can be compared with its. */
function standing(search: Search, here: Knowledge, member: number, own: Standing): Knowledge {
  const outside = Float64Array.from(here.outside);
  learn(outside, search.table, member, own);
  const bit = 1 << member;
  const sound = own === 'sound' ? bit : 0;
  return {
    outside,
    sound: here.sound | sound,
    count: here.count,
    asked: here.asked | bit,
    usable: here.usable | sound,
  };
}
