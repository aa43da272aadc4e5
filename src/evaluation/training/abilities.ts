import { logit } from '../../router/index.ts';
import type { TrainingRow } from './row.ts';

const roundsMax = 60;

/**
 * Abilities on one scale: logit(share right of model m in group g) = ability(m) − difficulty(g), by weighted least squares. Models
 * that occur in several files link their scales. The zero of the scale is the average group, so that logistic(ability) is
 * the share a model gets right on an average of the groups.
 */
export function abilitiesOf(rows: TrainingRow[]): Map<string, number> {
  const counts = new Map<string, Map<string, { rows: number; sum: number }>>();
  for (const row of rows) {
    const group = counts.get(row.group) ?? new Map<string, { rows: number; sum: number }>();
    counts.set(row.group, group);
    for (const [model, score] of row.scores) {
      const cell = group.get(model) ?? { rows: 0, sum: 0 };
      cell.rows += 1;
      cell.sum += score;
      group.set(model, cell);
    }
  }
  const cells: { group: string; model: string; value: number; weight: number }[] = [];
  for (const [group, models] of counts) {
    for (const [model, { rows: n, sum }] of models) {
      const share = (sum + 0.5) / (n + 1);
      // Precision of a logit, with a floor of noise between benchmarks: a thousand rows of one are no thousand benchmarks.
      const weight = 1 / (1 / (n * share * (1 - share)) + 0.05);
      cells.push({ group, model, value: logit(share), weight });
    }
  }
  const ability = new Map<string, number>();
  const difficulty = new Map<string, number>();
  for (let round = 0; round < roundsMax; round++) {
    update(ability, cells, (cell) => [cell.model, cell.value + (difficulty.get(cell.group) ?? 0)]);
    update(difficulty, cells, (cell) => [cell.group, (ability.get(cell.model) ?? 0) - cell.value]);
    let mean = 0;
    for (const value of difficulty.values()) mean += value / difficulty.size;
    for (const [group, value] of difficulty) difficulty.set(group, value - mean);
  }
  update(ability, cells, (cell) => [cell.model, cell.value + (difficulty.get(cell.group) ?? 0)]);
  return ability;
}

function update<Cell extends { weight: number }>(
  into: Map<string, number>,
  cells: Cell[],
  read: (cell: Cell) => [string, number],
): void {
  const sums = new Map<string, { weight: number; sum: number }>();
  for (const cell of cells) {
    const [key, value] = read(cell);
    const entry = sums.get(key) ?? { weight: 0, sum: 0 };
    entry.weight += cell.weight;
    entry.sum += cell.weight * value;
    sums.set(key, entry);
  }
  for (const [key, { weight, sum }] of sums) into.set(key, sum / weight);
}
