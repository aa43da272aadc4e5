import { nanoPerUsd } from '../../std/index.ts';
import type { CandidateEstimate, ReasonCode, Shape } from '../decision.ts';
import { checkableTasks } from '../features/task.ts';
import { comparedNano } from './session.ts';
import type { Trade } from './target.ts';

/** A candidate with what choosing needs beyond what is recorded. */
export interface Scored {
  estimate: CandidateEstimate;
  /** Reference's ability less this one's, in logits; undefined when one of them is only a guess. */
  abilityGap: number | undefined;
}

export interface Choice {
  chosen: Scored;
  reason: ReasonCode;
  /** The candidate it was chosen over: the one that came closest, or the reference. */
  rival: Scored | undefined;
  /** The others, best first, by expected cost + λ × loss. */
  others: Scored[];
}

/**
 * A checkable task goes to a cheaper model on the prior alone only if that model is not in another class altogether. Two and a half logits
 * are about a frontier model to gpt-4o-mini; an 8B model is further away.
 */
const abilityGapMax = 2.5;
/** «Short»: beyond this even a summary needs more than a prior. */
const checkableTokensMax = 8000;

/** Expected cost plus what the expected loss is worth, in USD. Unknown prices come last, never first. */
function utilityCost({ estimate }: Scored, trade: Trade): number {
  if (estimate.cost === undefined) return Number.POSITIVE_INFINITY;
  return comparedNano(estimate) / nanoPerUsd + trade.lambdaUsd * estimate.loss.mean;
}

/**
 * The best acceptable candidate by expected cost + λ × loss, else the reference. Acceptable means: the upper bound of the loss is within the
 * allowance; or the mean is, where the price of quality is given, or for a checkable kind of work and a model of the reference's class.
 */
export function choose(scored: Scored[], referenceId: string, shape: Shape, trade: Trade): Choice {
  const ranked = [...scored].sort((a, b) => compare(a, b, trade));
  const reference = scored.find((one) => one.estimate.candidate === referenceId);
  const settle = (chosen: Scored, reason: ReasonCode, rival?: Scored): Choice => {
    const others = ranked.filter((one) => one !== chosen);
    return { chosen, reason, rival: rival ?? others[0], others };
  };
  if (reference === undefined) return settle(ranked[0]!, 'reference-unavailable');
  if (scored.length === 1) return settle(reference, 'single-candidate');
  if (reference.estimate.cost === undefined) return settle(reference, 'price-unknown');

  const priced = ranked.filter((one) => one !== reference && one.estimate.cost !== undefined);
  const cheaper = priced.filter((one) => comparedNano(one.estimate) < comparedNano(reference.estimate));
  if (cheaper.length === 0) {
    return settle(reference, priced.length === 0 ? 'price-unknown' : 'reference-cheapest');
  }
  let fineOnAverage: Scored | undefined;
  for (const one of cheaper) {
    const allowance = trade.allowance(comparedNano(reference.estimate) - comparedNano(one.estimate));
    const { loss } = one.estimate;
    if (loss.high <= allowance) return settle(one, 'cheaper-within-loss', reference);
    if (loss.mean > allowance) continue;
    // A guess at an unknown model is no expectation.
    if (trade.paced && one.abilityGap !== undefined) return settle(one, 'best-value', reference);
    // No room for any loss leaves none for a guess either.
    if (allowance > 0 && isCheckable(one, shape)) return settle(one, 'checkable-task', reference);
    fineOnAverage ??= one;
  }
  return fineOnAverage === undefined
    ? settle(reference, 'loss-too-high', cheaper[0])
    : settle(reference, 'little-evidence', fineOnAverage);
}

/** Whether the kind of work lets this candidate go on its prior. Tools make a task open-ended, whatever the ask looks like. */
export function isCheckable({ abilityGap }: Scored, shape: Shape): boolean {
  return (
    checkableTasks.has(shape.task) &&
    shape.tools === 0 &&
    shape.inputTokensEstimate <= checkableTokensMax &&
    abilityGap !== undefined &&
    abilityGap <= abilityGapMax
  );
}

function compare(a: Scored, b: Scored, trade: Trade): number {
  const left = utilityCost(a, trade);
  const right = utilityCost(b, trade);
  if (left !== right) return left < right ? -1 : 1;
  if (a.estimate.loss.mean !== b.estimate.loss.mean) return a.estimate.loss.mean - b.estimate.loss.mean;
  return a.estimate.candidate < b.estimate.candidate ? -1 : 1;
}
