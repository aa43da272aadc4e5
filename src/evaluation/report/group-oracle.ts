import type { ManySample } from '../metrics/many.ts';
import type { RoutedRows } from '../result.ts';
import { groupOf, type Table } from './table.ts';

/** Rows' worth of belief in the mean of all groups. */
const priorRows = 5;

/**
 * A router that is told each prompt's benchmark and subject, and nothing else: per group the models' means on the other folds. What a
 * router reaches beside it, it has learned about the item. Undefined where there is one group.
 */
export function groupOracle(table: Table, sample: ManySample, fold: Int32Array): RoutedRows | undefined {
  const group = table.rows.map(groupOf);
  if (new Set(group).size < 2) return undefined;
  const quality = sample.score.map((scores) => {
    const whole = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const totals = new Map<string, { n: number; sum: number }>();
    const add = (key: string, score: number) => {
      const total = totals.get(key) ?? { n: 0, sum: 0 };
      total.n += 1;
      total.sum += score;
      totals.set(key, total);
    };
    scores.forEach((score, i) => {
      add(group[i]!, score);
      add(`${group[i]!}|${fold[i]!}`, score);
    });
    return scores.map((_, i) => {
      const all = totals.get(group[i]!)!;
      const own = totals.get(`${group[i]!}|${fold[i]!}`)!;
      return (all.sum - own.sum + priorRows * whole) / (all.n - own.n + priorRows);
    });
  });
  return { router: 'group-oracle', name: 'group oracle', split: 'all', quality, fold, group: undefined };
}
