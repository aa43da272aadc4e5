import type { Label, Pair, PairAnswer } from '../pairs/pair.ts';

/**
 * Candidates of a pair whose answers only a judge could grade, or nobody: those that people are asked about. Of a policy's pair only those that some rung would have given out.
 */
export function toBeLabelled({ answers, reference, rungs }: Pair): string[] {
  const called = new Set(rungs);
  return answers
    .filter(({ candidate }) => candidate !== reference && (rungs.length === 0 || called.has(candidate)))
    .filter(isJudged)
    .map(({ candidate }) => candidate);
}

function isJudged({ outcome, faults, loss, grade }: PairAnswer): boolean {
  if (outcome === 'failed' || faults.length > 0) return false;
  return grade?.grader === 'judge' || loss === undefined;
}

/** The pair with other losses, e.g. those that people gave. */
export function withLosses(pair: Pair, losses: ReadonlyMap<string, number | undefined>): Pair {
  const answers = pair.answers.map((answer) =>
    losses.has(answer.candidate) ? { ...answer, loss: losses.get(answer.candidate) } : answer,
  );
  return { ...pair, answers };
}

/** Mean loss that people gave each candidate. */
export function lossesOf(labels: readonly Pick<Label, 'candidate' | 'loss'>[]): Map<string, number> {
  const byCandidate = Map.groupBy(labels, ({ candidate }) => candidate);
  return new Map(
    [...byCandidate].map(([candidate, own]) => [
      candidate,
      own.reduce((sum, { loss }) => sum + loss, 0) / own.length,
    ]),
  );
}
