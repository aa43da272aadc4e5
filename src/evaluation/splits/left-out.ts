import sets from '../data/training-sets.json' with { type: 'json' };
import type { PromptRow } from '../routers/router.ts';
import type { Part } from './cross-fit.ts';
import { twinsOf } from './twins.ts';

/** Above this many groups neighbours are left out together, so that the number of fits stays bounded. */
const fitsMax = 14;
const blocks = 8;

/** Files and sources that are parts of one benchmark. */
const benchmarks: { [group: string]: string | undefined } = sets.benchmarks;

export interface LeftOut {
  parts: Part[];
  /** Rows of one number were left out together. */
  block: Int32Array;
}

/** A row of the tested files, and the group that it would be left out with. */
export interface GroupedRow {
  row: PromptRow;
  group: string;
}

export interface LeaveOutOptions {
  /** What groups are; sources of one benchmark go together, subjects of one do not. */
  by: 'source' | 'sub';
  /** Every row of the tested files, also those that cannot be tested. */
  own: readonly GroupedRow[];
  /** Rows of other files to fit on. */
  others: readonly PromptRow[];
}

/**
 * Each group is judged by a fit that saw nothing of it: none of its rows, no row of the same benchmark in another file, and no prompt
 * that repeats one of its own.
 */
export function leaveOut(tested: readonly GroupedRow[], { by, own, others }: LeaveOutOptions): LeftOut {
  const groups = [...new Set(tested.map(({ group }) => group))].sort();
  const count = groups.length > fitsMax ? blocks : groups.length;
  const blockOf = new Map(groups.map((name, at) => [name, at % count]));
  const block = Int32Array.from(tested, ({ group }) => blockOf.get(group)!);
  const parts = Array.from({ length: count }, (_, held) => {
    const judged = tested.flatMap((_, i) => (block[i] === held ? [i] : []));
    const rows = judged.map((i) => tested[i]!.row);
    const isTwin = twinsOf(rows);
    const names = new Set(rows.flatMap(({ training }) => benchmarks[training.group] ?? []));
    const sameBenchmark = ({ training }: PromptRow) => names.has(benchmarks[training.group] ?? '');
    const fit = [
      ...own.flatMap(({ row, group }) =>
        blockOf.get(group) === held || (by === 'source' && sameBenchmark(row)) || isTwin(row) ? [] : [row],
      ),
      ...others.filter((row) => !sameBenchmark(row) && !isTwin(row)),
    ];
    const left = groups.filter((name) => blockOf.get(name) === held);
    return { label: `left out ${held + 1} of ${count}: ${left.join(', ')}`, fit, judged };
  });
  return { parts, block };
}
