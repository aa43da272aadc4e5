import { pairedDifference, type Replicates } from '../metrics/bootstrap.ts';
import type { Curve, EvaluationRow, RoutedRows } from '../result.ts';

/** A row with the replicates behind its intervals, so that two rows can be compared prompt by prompt. */
export interface Measured {
  row: EvaluationRow;
  replicates: Replicates;
  curve?: Curve | undefined;
  routed?: RoutedRows | undefined;
}

const compared = ['apgr', 'aiq', 'save95', 'save98', 'save100'] as const;

function figureOf(row: EvaluationRow, metric: (typeof compared)[number]): number | undefined {
  if (metric === 'apgr' || metric === 'aiq') return row[metric] ?? undefined;
  return row.save[metric.slice(4) as '95' | '98' | '100'] ?? undefined;
}

/** Figures of `own` less those of `other`, paired. */
function differences(own: Measured, other: Measured): NonNullable<EvaluationRow['ours_ahead']> {
  return Object.fromEntries(
    compared.flatMap((metric) => {
      const difference = pairedDifference(
        { value: figureOf(own.row, metric), replicates: own.replicates.get(metric) },
        { value: figureOf(other.row, metric), replicates: other.replicates.get(metric) },
      );
      return difference === undefined ? [] : [[metric, difference]];
    }),
  );
}

/** Adds to each baseline how far ours is ahead on the same prompts, and to a router with a new model what the newness cost. */
export function compareRows(measured: Measured[]): EvaluationRow[] {
  const find = (router: string, split: string) =>
    measured.find(({ row }) => row.router === router && row.split === split);
  return measured.map((one) => {
    const { row, routed } = one;
    if (row.router === undefined) return row;
    if (routed?.unseen !== undefined) {
      const full = find(row.router, 'in-domain');
      const loss = full === undefined ? {} : differences(full, one);
      return { ...row, unseen: { ...routed.unseen, loss } };
    }
    const ours = row.router === 'ours' ? undefined : find('ours', row.split);
    return ours === undefined ? row : { ...row, ours_ahead: differences(ours, one) };
  });
}
