import { bucketsMax, ngramEntryWeight, prepareAsk, structuralIds } from '../../router/index.ts';
import type { TrainingRow } from './row.ts';

/** Columns of one block: the constant, structure, n-gram buckets. */
export const structuralColumns = structuralIds.length + 1;
export const blockColumns = structuralColumns + bucketsMax;

/** Rows as one sparse matrix: dense structural columns, signed n-gram entries with one factor a row. */
export interface Design {
  rows: number;
  dense: Float64Array;
  start: Int32Array;
  entries: Int32Array;
  factor: Float64Array;
}

export interface Standard {
  mean: Float32Array;
  deviation: Float32Array;
}

/** Mean and deviation of each structural feature over the rows where it applies. */
export function standardOf(rows: TrainingRow[]): Standard {
  const width = structuralIds.length;
  const count = new Float64Array(width);
  const sum = new Float64Array(width);
  const squares = new Float64Array(width);
  for (const { vector } of rows) {
    for (let j = 0; j < width; j++) {
      const value = vector.structural[j]!;
      if (Number.isNaN(value)) continue;
      count[j]! += 1;
      sum[j]! += value;
      squares[j]! += value * value;
    }
  }
  const mean = new Float32Array(width);
  const deviation = new Float32Array(width);
  for (let j = 0; j < width; j++) {
    const n = Math.max(1, count[j]!);
    mean[j] = sum[j]! / n;
    const variance = squares[j]! / n - (sum[j]! / n) ** 2;
    // A feature that hardly varies in training must not turn into a huge number where it does.
    deviation[j] = Math.max(0.05, Math.sqrt(Math.max(0, variance)));
  }
  return { mean, deviation };
}

export function designOf(rows: TrainingRow[], standard: Standard): Design {
  let total = 0;
  for (const { vector } of rows) total += vector.active.length;
  const design: Design = {
    rows: rows.length,
    dense: new Float64Array(rows.length * structuralColumns),
    start: new Int32Array(rows.length + 1),
    entries: new Int32Array(total),
    factor: new Float64Array(rows.length),
  };
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const ask = prepareAsk(rows[i]!.vector, standard, Number.POSITIVE_INFINITY);
    design.dense.set(ask.structural, i * structuralColumns);
    design.entries.set(ask.active, at);
    at += ask.active.length;
    design.start[i + 1] = at;
    design.factor[i] = ngramEntryWeight(ask.active);
  }
  return design;
}

/** The same rows without their n-grams. */
export function structureOnly(design: Design): Design {
  return { ...design, start: new Int32Array(design.rows + 1), entries: new Int32Array(0) };
}

/** `weights[offset…] · row`. */
export function dotRow(design: Design, row: number, weights: Float64Array, offset: number): number {
  const { dense, entries, start } = design;
  const base = row * structuralColumns;
  let sum = 0;
  for (let j = 0; j < structuralColumns; j++) sum += weights[offset + j]! * dense[base + j]!;
  const ngrams = offset + structuralColumns;
  let sparse = 0;
  for (let k = start[row]!; k < start[row + 1]!; k++) {
    const entry = entries[k]!;
    const weight = weights[ngrams + (entry >> 1)]!;
    sparse += (entry & 1) === 0 ? weight : -weight;
  }
  return sum + sparse * design.factor[row]!;
}

/** Mean of the n-gram part of `weights[offset…] · row` over the rows that `use` names. */
export function meanNgramScore(
  design: Design,
  weights: Float64Array,
  offset: number,
  use: Int32Array,
): number {
  const onlyNgrams = weights.slice(offset, offset + blockColumns).fill(0, 0, structuralColumns);
  let sum = 0;
  for (const row of use) sum += dotRow(design, row, onlyNgrams, 0);
  return sum / Math.max(1, use.length);
}

/** `into[offset…] += scale × row`. */
export function addRow(design: Design, row: number, into: Float64Array, offset: number, scale: number): void {
  const { dense, entries, start } = design;
  const base = row * structuralColumns;
  for (let j = 0; j < structuralColumns; j++) into[offset + j]! += scale * dense[base + j]!;
  const ngrams = offset + structuralColumns;
  const step = scale * design.factor[row]!;
  for (let k = start[row]!; k < start[row + 1]!; k++) {
    const entry = entries[k]!;
    into[ngrams + (entry >> 1)]! += (entry & 1) === 0 ? step : -step;
  }
}

/** `into[offset…] += scale × row²`, column by column: the diagonal of the normal equations. */
export function addRowSquares(
  design: Design,
  row: number,
  into: Float64Array,
  offset: number,
  scale: number,
): void {
  const { dense, entries, start } = design;
  const base = row * structuralColumns;
  for (let j = 0; j < structuralColumns; j++) into[offset + j]! += scale * dense[base + j]! ** 2;
  const step = scale * design.factor[row]! ** 2;
  for (let k = start[row]!; k < start[row + 1]!; k++)
    into[offset + structuralColumns + (entries[k]! >> 1)]! += step;
}

/** Penalty of each column: none worth the name on the constant. */
export function penaltyOf(column: number, structural: number, ngrams: number): number {
  if (column === 0) return 1e-3;
  return column < structuralColumns ? structural : ngrams;
}
