import { toBeLabelled, withLosses } from '../labels/labelled.ts';
import { excessOf } from '../pairs/excess.ts';
import type { Pair } from '../pairs/pair.ts';
import type { OpenLabel } from './unit.ts';

/** What a pair says of each rung. */
export interface PairEvidence {
  /** Rungs before this one call the reference. */
  from: number;
  judged: number[];
  exact: boolean[];
  ungraded: boolean;
  /** Undefined where it was not drawn for labels; `open` undefined where there is nothing that people could say. */
  labels: { open: OpenLabel | undefined } | undefined;
}

export function pairEvidence(pair: Pair, quality: number): PairEvidence {
  const { rungs, ungraded } = excessOf(pair, quality);
  const known = pair.rungs.findIndex((candidate) => candidate !== pair.reference);
  const asked = new Set(toBeLabelled(pair));
  const isOpen = pair.anchorPropensity !== undefined && asked.size > 0;
  const worst = () =>
    excessOf(withLosses(pair, new Map([...asked].map((one) => [one, undefined]))), quality).rungs;
  return {
    from: known < 0 ? pair.rungs.length : known,
    judged: rungs,
    exact: pair.rungs.map((candidate) => !asked.has(candidate)),
    ungraded,
    labels:
      pair.anchorPropensity === undefined
        ? undefined
        : { open: isOpen ? { pairId: pair.id, atMs: pair.atMs, worst: worst() } : undefined },
  };
}
