import {
  type AskStandard,
  type EmbeddingTable,
  numbersOf,
  prepareAsk,
  structuralIds,
} from '../../router/index.ts';
import type { TrainingRow } from './row.ts';

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

/** Rows as one dense matrix: the constant, structure, embedding. */
export interface Design {
  rows: number;
  columns: number;
  data: Float64Array;
}

/** Columns of structure, the constant included. */
export const structuralColumns = structuralIds.length + 1;

export function designOf(
  rows: TrainingRow[],
  { embedding, ...standard }: AskStandard & { embedding: EmbeddingTable },
): Design {
  const columns = structuralColumns + embedding.dimensions;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    const ask = prepareAsk(numbersOf(row.vector, embedding), standard);
    data.set(ask.structural, i * columns);
    data.set(ask.embedding, i * columns + structuralColumns);
  });
  return { rows: rows.length, columns, data };
}

/** `weights[offset…] · row`. */
export function dotRow(
  { columns, data }: Design,
  row: number,
  weights: Float64Array,
  offset: number,
): number {
  const base = row * columns;
  let sum = 0;
  for (let j = 0; j < columns; j++) sum += weights[offset + j]! * data[base + j]!;
  return sum;
}

/** `into[offset…] += scale × row`. */
export function addRow(
  { columns, data }: Design,
  row: number,
  into: Float64Array,
  offset: number,
  scale: number,
): void {
  const base = row * columns;
  for (let j = 0; j < columns; j++) into[offset + j]! += scale * data[base + j]!;
}
