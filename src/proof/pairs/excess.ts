import type { Pair, PairAnswer } from './pair.ts';

/**
 * How far below the target each rung of a pair is, above 0 worse than allowed, at most `quality`: loss − (1 − quality), or quality · reference's score − candidate's score where answers were scored by themselves. Undefined where a rung's answer
 * has no grade: then the pair says nothing, rather than something of its better half. An
 * answer with faults is never given out: the reference's is.
 *
 * @param quality to keep, 0.5..1
 */
export function excessOf(pair: Pair, quality: number): number[] | undefined {
  const reference = pair.answers.find(({ candidate }) => candidate === pair.reference);
  const byCandidate = new Map<string, number | undefined>();
  for (const answer of pair.answers) byCandidate.set(answer.candidate, excess(answer, reference, quality));
  byCandidate.set(pair.reference, referenceExcess(reference, quality));
  const excesses: number[] = [];
  for (const candidate of pair.rungs) {
    const one = byCandidate.get(candidate);
    if (one === undefined) return undefined;
    excesses.push(one);
  }
  return excesses;
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
