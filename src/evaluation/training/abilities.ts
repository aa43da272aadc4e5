import { logit } from '../../router/index.ts';
import type { TrainingRow } from './row.ts';

/** What published scores say of a model, on the scale of the abilities; `sd` in logits. */
export interface PublishedAbility {
  value: number;
  sd: number;
}

interface Cell {
  group: string;
  model: string;
  value: number;
  precision: number;
  /** Its precision, less where it contradicts all else. */
  weight: number;
}

const roundsMax = 60;
const plainRounds = 5;

/** Degrees of freedom of Student's t: a model that misses the form of answers a benchmark wants is not a weak model. */
const tails = 2;

/**
 * By how many logits (variance) a model is better or worse at one benchmark than its ability says: a thousand rows of one are no thousand
 * benchmarks.
 */
const interactionVariance = 0.15;

/**
 * Abilities on one scale: logit(share right of model m in group g) = ability(m) − difficulty(g), by weighted least squares. Models
 * that occur in several files link their scales; published scores steady those with few groups. The zero of the scale is the average
 * group, so that logistic(ability) is the share a model gets right on an average of the groups.
 */
export function abilitiesOf(
  rows: TrainingRow[],
  published: ReadonlyMap<string, PublishedAbility> = new Map(),
): Map<string, number> {
  const cells = cellsOf(rows);
  const models = new Set(cells.map(({ model }) => model));
  const ability = new Map<string, number>();
  const difficulty = new Map<string, number>();
  const evidence: Cell[] = [...cells];
  for (const [model, { value, sd }] of published) {
    if (models.has(model))
      evidence.push({ group: '', model, value, precision: 1 / sd ** 2, weight: 1 / sd ** 2 });
  }
  const fitAbilities = () =>
    update(ability, evidence, (cell) => [cell.model, cell.value + (difficulty.get(cell.group) ?? 0)]);
  const reweigh = () => {
    for (const cell of evidence) {
      const error = cell.value + (difficulty.get(cell.group) ?? 0) - (ability.get(cell.model) ?? 0);
      cell.weight = (cell.precision * (tails + 1)) / (tails + error ** 2 * cell.precision);
    }
  };
  for (let round = 0; round < roundsMax; round++) {
    fitAbilities();
    update(difficulty, cells, (cell) => [cell.group, (ability.get(cell.model) ?? 0) - cell.value]);
    let mean = 0;
    for (const value of difficulty.values()) mean += value / difficulty.size;
    for (const [group, value] of difficulty) difficulty.set(group, value - mean);
    if (round >= plainRounds) reweigh();
  }
  fitAbilities();
  return ability;
}

function cellsOf(rows: TrainingRow[]): Cell[] {
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
  const cells: Cell[] = [];
  for (const [group, models] of counts) {
    for (const [model, { rows: n, sum }] of models) {
      const share = (sum + 0.5) / (n + 1);
      const precision = 1 / (1 / (n * share * (1 - share)) + interactionVariance);
      cells.push({ group, model, value: logit(share), precision, weight: precision });
    }
  }
  return cells;
}

function update(into: Map<string, number>, cells: Cell[], read: (cell: Cell) => [string, number]): void {
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
