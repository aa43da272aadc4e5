import type { PromptRow } from '../routers/router.ts';
import { foldOf } from '../training/row.ts';
import type { Part } from './cross-fit.ts';

export interface FoldOptions {
  folds: number;
  seed: number;
}

export const foldsOf = (tested: readonly PromptRow[], { folds, seed }: FoldOptions) =>
  Int32Array.from(tested, (row) => foldOf(row.training.promptHash, folds, seed));

/** Each prompt is judged by a fit on the other folds of `rows`. */
export function foldParts(
  tested: readonly PromptRow[],
  rows: readonly PromptRow[],
  options: FoldOptions,
): Part[] {
  const fold = foldsOf(tested, options);
  return Array.from({ length: options.folds }, (_, held) => ({
    label: `fold ${held + 1} of ${options.folds}`,
    fit: rows.filter((row) => foldOf(row.training.promptHash, options.folds, options.seed) !== held),
    judged: tested.flatMap((_, i) => (fold[i] === held ? [i] : [])),
  }));
}
