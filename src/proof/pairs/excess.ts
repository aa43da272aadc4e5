import type { Pair, PairAnswer } from './pair.ts';

export interface PairExcess {
  /** How far below the target each rung is: above 0 worse than allowed, at most `quality`. */
  rungs: number[];
  /** An answer that some rung would have given out has no grade. */
  ungraded: boolean;
}

/**
 * What a pair says of each rung: loss − (1 − quality), or quality · reference's score − candidate's score where answers were scored by themselves. An answer with faults is never given out: the
 * reference's is. What nobody could grade counts as lost in full: which answers are hard to grade is not chance, so leaving them out could flatter.
 *
 * @param quality to keep, 0.5..1
 */
export function excessOf(pair: Pair, quality: number): PairExcess {
  const reference = pair.answers.find(({ candidate }) => candidate === pair.reference);
  const byCandidate = new Map(
    pair.answers.map((answer) => [answer.candidate, excess(answer, reference, quality)]),
  );
  byCandidate.set(pair.reference, referenceExcess(reference, quality));
  let ungraded = false;
  const rungs = pair.rungs.map((candidate) => {
    const one = byCandidate.get(candidate);
    if (one === undefined) ungraded = true;
    return one ?? quality;
  });
  return { rungs, ungraded };
}

function excess(answer: PairAnswer, reference: PairAnswer | undefined, quality: number): number | undefined {
  if (answer.faults.length > 0 || answer.outcome === 'failed') return referenceExcess(reference, quality);
  const { loss, score } = answer;
  if (score !== undefined && reference?.score !== undefined) return quality * reference.score - score;
  return loss === undefined ? undefined : loss - (1 - quality);
}

function referenceExcess(reference: PairAnswer | undefined, quality: number): number {
  return -(1 - quality) * (reference?.score ?? 1);
}
