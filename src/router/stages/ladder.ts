import { nanoPerUsd } from '../../std/index.ts';
import type { Ladder, LadderSteps } from '../decision.ts';
import type { Scored } from './choose.ts';
import { comparedNano } from './session.ts';

/**
 * The candidate that each rung would call: the one with the most of allowance × saved USD − expected loss, the reference where nobody has more than nothing.
 * With a single cheaper candidate the rungs are nested: whoever goes cheap on one does on all above it.
 */
export function ladderSteps(
  scored: readonly Scored[],
  referenceId: string,
  { policy, allowances }: Ladder,
): LadderSteps {
  const rungs = allowances.map((allowance) => rungOf(scored, referenceId, allowance));
  const steps: LadderSteps['steps'] = [];
  for (const [rung, candidate] of rungs.entries())
    if (steps.at(-1)?.candidate !== candidate) steps.push({ rung, candidate });
  return { policy, rungs: rungs.length, steps };
}

/** Of the first rung at or below the given one. */
export function stepAt({ steps }: Pick<LadderSteps, 'steps'>, rung: number): string | undefined {
  return steps.findLast((step) => step.rung <= rung)?.candidate;
}

function rungOf(scored: readonly Scored[], referenceId: string, allowance: number): string {
  const reference = scored.find(({ estimate }) => estimate.candidate === referenceId);
  if (reference?.estimate.cost === undefined) return referenceId;
  const dear = comparedNano(reference.estimate);
  let best = referenceId;
  let most = 0;
  for (const { estimate } of scored) {
    if (estimate.candidate === referenceId || estimate.cost === undefined) continue;
    const savedUsd = (dear - comparedNano(estimate)) / nanoPerUsd;
    if (savedUsd <= 0) continue;
    const worth = allowance * savedUsd - estimate.loss.mean;
    if (worth <= most) continue;
    most = worth;
    best = estimate.candidate;
  }
  return best;
}

/**
 * The allowance from which on a request goes to a cheaper candidate at all: where it flips, in loss per saved USD; undefined where no candidate is cheaper. Quantiles of it over
 * traffic are rungs with known shares.
 */
export function flipAllowance(
  candidates: readonly Scored['estimate'][],
  referenceId: string,
): number | undefined {
  const reference = candidates.find(({ candidate }) => candidate === referenceId);
  if (reference?.cost === undefined) return undefined;
  const dear = comparedNano(reference);
  let least: number | undefined;
  for (const one of candidates) {
    if (one.candidate === referenceId || one.cost === undefined) continue;
    const savedUsd = (dear - comparedNano(one)) / nanoPerUsd;
    if (savedUsd <= 0) continue;
    const at = one.loss.mean / savedUsd;
    if (least === undefined || at < least) least = at;
  }
  return least;
}
