import { type AcceptanceParameters, knownOf } from './acceptance.ts';
import type { AnswerEvidence } from './evidence.ts';
import {
  type Chances,
  chancesOf,
  type JointTable,
  joint,
  jointTable,
  jointWithRight,
  learn,
  membersMax,
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
 * any member that is left, by λ × P(right) less cost. `terms` may hold more candidates than the plan has.
 */
export function expectPlan(
  plan: AnswerPlan,
  terms: AcceptanceTerms,
  parameters: AcceptanceParameters,
): PlanExpectation {
  return planExpecter(terms, parameters)(plan)(terms.lambdaUsd);
}

/** The same for several plans of the same candidates, and each at several prices of quality: what they share is worked out once. */
export function planExpecter(
  terms: Omit<AcceptanceTerms, 'lambdaUsd'>,
  parameters: AcceptanceParameters,
): (plan: AnswerPlan) => (lambdaUsd: number) => PlanExpectation {
  const known = new Map<string, Chances>();
  const chances = (candidate: string) => {
    const own = known.get(candidate) ?? chancesOf(terms.quality[candidate] ?? 0, parameters);
    known.set(candidate, own);
    return own;
  };
  return (plan) => {
    const search = searchOf(planMembers(plan), terms, parameters, chances);
    return (lambdaUsd) => {
      priceAt(search, lambdaUsd);
      const { mass, quality, costUsd, escalation } = beginning(plan, search);
      search.groups.fill(0);
      return { quality: quality / mass, costUsd: costUsd / mass, escalation: escalation / mass };
    };
  };
}

/** The members that a plan asks at once, and what may come of it. That a voter may fail a check is not foreseen: it is rare, and would triple the work. */
function beginning({ kind }: AnswerPlan, search: Search): Branch {
  const { table, cost } = search;
  const nothing: Knowledge = { sets: table.sets, sound: 0, count: 0, asked: 0, usable: 0 };
  switch (kind) {
    case 'single': {
      const mass = joint(table, nothing.sets, search.groups, 0, search.right);
      return {
        mass,
        quality: jointWithRight(table, nothing.sets, search.groups, 0, 0),
        costUsd: mass * cost[0]!,
        escalation: 0,
      };
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

/** A point at which some have answered, and others may be asked. */
export interface Asking {
  evidence: AnswerEvidence;
  terms: AcceptanceTerms;
  /** Members that may be asked next, at least one. */
  options: readonly string[];
  /** Members whose answers may be given out as they are. */
  atHand: readonly string[];
}

export interface AskingWorth {
  option: string;
  /** Beyond giving out the best answer at hand: in USD, or in quality where λ has no end. */
  gain: number;
}

/** Whom to ask next, and what that is worth: the look ahead that `expectPlan` took before the answers, from where they have led. */
export function worthOfAsking(point: Asking, parameters: AcceptanceParameters): AskingWorth {
  return askingWorth(point, parameters)(point.terms.lambdaUsd);
}

/** The same at several prices of quality. */
export function askingWorth(
  point: Omit<Asking, 'terms'> & { terms: Omit<AcceptanceTerms, 'lambdaUsd'> },
  parameters: AcceptanceParameters,
): (lambdaUsd: number) => AskingWorth {
  const { evidence, terms, options, atHand } = point;
  const members = evidence.members.map((member) => member.candidate);
  const search = searchOf(members, terms, parameters, (candidate) =>
    chancesOf(terms.quality[candidate] ?? 0, parameters),
  );
  const known = knownOf(search.table, evidence.members);
  known.groups.forEach((group, g) => {
    search.groups[g] = group;
  });
  const here: Knowledge = { sets: search.table.sets, sound: 0, count: known.count, asked: 0, usable: 0 };
  members.forEach((candidate, m) => {
    const given = atHand.includes(candidate);
    const own = known.standings[m] === 'silent' && given ? 'sound' : known.standings[m];
    if (!options.includes(candidate)) here.asked |= 1 << m;
    if (given) here.usable |= 1 << m;
    if (own === 'sound') here.sound |= 1 << m;
    if (own !== undefined) learn(here.sets, search.table, m, own);
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
  groups: number[];
  /** Room to compute in. */
  right: number[];
  /** Answers given out at a point where all that answered stand in groups, by these groups. */
  accepted: (Branch | undefined)[];
  cost: readonly number[];
  /** What a right answer and a USD weigh; where quality is worth any money only quality counts. */
  perQuality: number;
  perUsd: number;
}

/** What is known at a point of the search; members as bits. */
interface Knowledge {
  /** P(the members of a set are right and the others wrong, and what is known outside groups). */
  sets: number[];
  /** Answered, and not compared. */
  sound: number;
  count: number;
  asked: number;
  usable: number;
}

function searchOf(
  members: readonly string[],
  { costUsd, comparison }: Omit<AcceptanceTerms, 'lambdaUsd'>,
  parameters: AcceptanceParameters,
  chances: (candidate: string) => Chances,
): Search {
  return {
    table: jointTable(members.slice(0, membersMax).map(chances), comparison, parameters),
    groups: members.map(() => 0),
    right: members.map(() => 0),
    accepted: [],
    cost: members.map((member) => costUsd[member] ?? 0),
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
  const key = here.sound === 0 ? groupsKey(search.groups, here.count) : 0;
  const known = search.accepted[key];
  if (known !== undefined) return known;
  const { table, groups, right } = search;
  const mass = joint(table, here.sets, groups, here.count, right);
  let quality = 0;
  for (let g = 0; g < here.count; g++) {
    if ((groups[g]! & here.usable) !== 0 && right[g]! > quality) quality = right[g]!;
  }
  for (let m = 0; m < table.members; m++) {
    if ((here.sound & here.usable & (1 << m)) === 0) continue;
    quality = Math.max(quality, jointWithRight(table, here.sets, groups, here.count, m));
  }
  const branch = { mass, quality, costUsd: 0, escalation: 0 };
  if (key > 0) search.accepted[key] = branch;
  return branch;
}

/** The groups whatever the order in which they came: of each member, none or the first of its group, which is not behind it. */
function groupsKey(groups: readonly number[], count: number): number {
  let key = 0;
  for (let g = 0; g < count; g++) {
    const set = groups[g]!;
    const first = 32 - Math.clz32(set & -set);
    for (let rest = set; rest !== 0; rest &= rest - 1)
      key += first * keyFactors[31 - Math.clz32(rest & -rest)]!;
  }
  return key;
}

/** Of member m there are m + 2 cases. */
const keyFactors = [1, 2, 6, 24, 120];

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
    sets: here.sets,
    sound: here.sound,
    count: Math.max(here.count, group + 1),
    asked: here.asked | (1 << member),
    usable: here.usable | (1 << member),
  };
}

/** `member` has answered, and nobody else's answer can be compared with its. */
function standing(search: Search, here: Knowledge, member: number, own: Standing): Knowledge {
  const sets = here.sets.slice();
  learn(sets, search.table, member, own);
  const bit = 1 << member;
  const sound = own === 'sound' ? bit : 0;
  return {
    sets,
    sound: here.sound | sound,
    count: here.count,
    asked: here.asked | bit,
    usable: here.usable | sound,
  };
}
