import { type GradedOutcome, gradedOutcomes } from '../../gateway/index.ts';
import type { RequestRecord } from '../../ledger/index.ts';
import type { Pair } from '../pairs/pair.ts';

/** Whose grades these are in the store of outcomes: a person's of the same answer stand beside them. */
const pairSource = 'pair';

/** What a pair teaches the router: how good each answer was, 0..1. The reference counts as right where nobody was better. */
export function lessonsOf(pair: Pair, record: RequestRecord, atMs: number): GradedOutcome[] {
  const right = referenceScore(pair);
  const scores: { [candidate: string]: number } = {};
  for (const { candidate, loss } of pair.answers) {
    if (candidate === pair.reference) scores[candidate] = right;
    else if (loss !== undefined) scores[candidate] = Math.min(1, Math.max(0, right - loss));
  }
  return Object.keys(scores).length < 2 ? [] : gradedOutcomes(record, scores, pairSource, atMs);
}

/** Whoever is beaten was not right; where nobody beats the reference, it was. */
function referenceScore({ answers, reference }: Pair): number {
  const least = Math.min(
    0,
    ...answers.filter(({ candidate }) => candidate !== reference).map(({ loss }) => loss ?? 0),
  );
  return 1 + least;
}
