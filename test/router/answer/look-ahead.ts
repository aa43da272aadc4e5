import type { AnswerEvidence } from '../../../src/router/answer/evidence.ts';
import type { Asking, AskingWorth } from '../../../src/router/answer/expect.ts';
import type { JudgeInput } from '../../../src/router/answer/judge.ts';
import type { AcceptanceTerms } from '../../../src/router/answer/terms.ts';

type Posterior = JudgeInput['posterior'];
type AskingInput = Asking & { posterior: Posterior };

/**
 * Looks ahead with nothing but a posterior, for judgements whose posterior can be reckoned by hand: asking one may bear out an answer at hand or contradict
 * it, and what is best after that is chosen then.
 */
export function foreseenBy(posterior: Posterior): (asking: Asking) => AskingWorth {
  return (asking) => worthOfAsking({ ...asking, posterior });
}

function worthOfAsking({ evidence, terms, posterior, options, atHand }: AskingInput): AskingWorth {
  const scale = scaleOf(terms);
  const right = posterior(evidence);
  const now = scale.quality * best(right, atHand);
  const worths = options.map((option) => {
    const after = worthAfter({ evidence, terms, posterior, options, atHand }, option, right, scale);
    return { option, gain: after - cost(terms, option, scale) - now };
  });
  return worths.reduce((one, other) => (other.gain > one.gain ? other : one));
}

/** Where quality is worth any money, only quality counts. */
interface Scale {
  quality: number;
  money: number;
}

const scaleOf = ({ lambdaUsd }: AcceptanceTerms): Scale =>
  lambdaUsd === Number.POSITIVE_INFINITY ? { quality: 1, money: 0 } : { quality: lambdaUsd, money: 1 };

/** A price that is unknown is never a low one: such a member is asked only where it must be. */
const cost = ({ costUsd }: AcceptanceTerms, option: string, { money }: Scale) =>
  money === 0 ? 0 : money * (costUsd[option] ?? Number.POSITIVE_INFINITY);

const best = (right: ReadonlyMap<string, number>, candidates: readonly string[]) =>
  candidates.reduce((most, candidate) => Math.max(most, right.get(candidate) ?? 0), 0);

/** Expected worth after `option` has answered, the best of accepting and asking on. */
function worthAfter(
  input: AskingInput,
  option: string,
  right: ReadonlyMap<string, number>,
  scale: Scale,
): number {
  const atHand = [...input.atHand, option];
  const options = input.options.filter((other) => other !== option);
  let worth = 0;
  for (const { probability, evidence, posterior } of outcomesOf(input, option, right)) {
    if (probability <= 0) continue;
    const accepted = scale.quality * best(posterior, atHand);
    const next = { ...input, evidence, options, atHand };
    const asked = options.map(
      (other) => worthAfter(next, other, posterior, scale) - cost(input.terms, other, scale),
    );
    worth += probability * Math.max(accepted, ...asked);
  }
  return worth;
}

interface AskingOutcome {
  probability: number;
  evidence: AnswerEvidence;
  posterior: ReadonlyMap<string, number>;
}

/**
 * What a member may say: the same as one of the groups at hand, or something else. How probable each is follows from the posterior itself: agreement with a
 * group is as probable, up to one factor, as the group is right, and the factor is such that what is expected of the member stays what it
 * was before it was asked. A posterior that foresees its own changes needs no further parameters.
 */
function outcomesOf(
  { evidence, posterior }: AskingInput,
  option: string,
  right: ReadonlyMap<string, number>,
): AskingOutcome[] {
  const groups = groupsOf(evidence, right);
  const alone = outcome(evidence, posterior, option, freshGroup(evidence));
  const expected = right.get(option) ?? 0;
  const before = alone.posterior.get(option) ?? 0;
  const joined = groups.map(({ group, quality }) => {
    const after = outcome(evidence, posterior, option, group);
    return { after, quality, rise: (after.posterior.get(option) ?? 0) - before };
  });
  const rise = joined.reduce((sum, { quality, rise }) => sum + quality * rise, 0);
  const mass = joined.reduce((sum, { quality }) => sum + quality, 0);
  // Where agreement raises nothing, both are taken to be right or wrong on their own.
  const wanted = rise > 1e-9 ? (expected - before) / rise : expected;
  const factor = mass > 0 ? Math.min(Math.max(wanted, 0), 1 / mass) : 0;
  return [
    ...joined.map(({ after, quality }) => ({ ...after, probability: factor * quality })),
    { ...alone, probability: 1 - factor * mass },
  ];
}

function outcome(
  evidence: AnswerEvidence,
  posterior: Posterior,
  option: string,
  group: number | undefined,
): Omit<AskingOutcome, 'probability'> {
  const after = {
    ...evidence,
    members: evidence.members.map((member) => (member.candidate === option ? { ...member, group } : member)),
  };
  return { evidence: after, posterior: posterior(after) };
}

/** The different answers at hand, and how probably each is right. */
function groupsOf(
  { members }: AnswerEvidence,
  right: ReadonlyMap<string, number>,
): { group: number; quality: number }[] {
  const quality = new Map<number, number>();
  for (const { candidate, group } of members) {
    if (group !== undefined) quality.set(group, Math.max(quality.get(group) ?? 0, right.get(candidate) ?? 0));
  }
  return [...quality].map(([group, quality]) => ({ group, quality }));
}

/** Where nothing can be compared, neither can what comes. */
function freshGroup({ comparison, members }: AnswerEvidence): number | undefined {
  if (comparison === 'text') return undefined;
  return members.reduce((next, { group }) => Math.max(next, (group ?? -1) + 1), 0);
}
