import type { Pair, PairAnswer } from './pair.ts';

export interface PairExcess {
  /** How far below the target each rung is: above 0 worse than allowed, at most `quality`. */
  rungs: number[];
  /** An answer that some rung would have given out has no grade. */
  ungraded: boolean;
}

/**
 * What a pair says of each rung: loss − (1 − quality), in points of a whole answer. An answer with faults is never given out: the
 * reference's is. What nobody could grade counts as lost in full: which answers are hard to grade is not chance, so leaving them out could flatter.
 *
 * @param quality to keep, 0.5..1
 */
export function excessOf(pair: Pair, quality: number): PairExcess {
  const byCandidate = new Map(pair.answers.map((answer) => [answer.candidate, excess(answer, quality)]));
  // Whoever gets the reference's answer loses nothing.
  byCandidate.set(pair.reference, quality - 1);
  let ungraded = false;
  const rungs = pair.rungs.map((candidate) => {
    const one = byCandidate.get(candidate);
    if (one === undefined) ungraded = true;
    return one ?? quality;
  });
  return { rungs, ungraded };
}

function excess({ faults, outcome, loss }: PairAnswer, quality: number): number | undefined {
  if (faults.length > 0 || outcome === 'failed') return quality - 1;
  return loss === undefined ? undefined : loss - (1 - quality);
}
