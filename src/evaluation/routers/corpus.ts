import { createRandom } from '../metrics/random.ts';
import { type PromptText, surfaceSize, termBuckets } from './text.ts';

/** Columns and weights of a text's terms, of length one. */
export interface SparseVector {
  columns: Int32Array;
  weights: Float64Array;
}

/** What is learned from the texts to fit on, without any outcome. */
export interface Corpus {
  readonly columns: number;
  /** tf-idf with damped counts. Terms that the corpus has once or never are left out. */
  vector(text: PromptText): SparseVector;
  /** The measures of form, standardised and bounded. */
  surface(text: PromptText): Float64Array;
  /** A dense place of length one: the directions of the largest variance of the tf-idf vectors, then the form. */
  embedding(text: PromptText): Float64Array;
}

const directions = 64;
const powerRounds = 1;
/** Directions are sought among terms that at least this many rows have, and at least this share of them. */
const basisRowsMin = 3;
const basisShareMin = 1 / 2500;
/** What the form weighs in an embedding beside the words, in squared length. */
const surfaceShare = 0.25;
const surfaceMax = 4;

export function createCorpus(texts: readonly PromptText[], seed: number): Corpus {
  const { columnOf, idf, frequency } = vocabularyOf(texts);
  const vectors = new WeakMap<PromptText, SparseVector>();
  const vector = (text: PromptText): SparseVector => {
    let found = vectors.get(text);
    if (found === undefined) {
      found = vectorOf(text, columnOf, idf);
      vectors.set(text, found);
    }
    return found;
  };
  const { mean, deviation } = standardOf(texts);
  const surfaces = new WeakMap<PromptText, Float64Array>();
  const surface = (text: PromptText): Float64Array => {
    let found = surfaces.get(text);
    if (found === undefined) {
      found = text.surface.map((value, j) =>
        Math.max(-surfaceMax, Math.min(surfaceMax, (value - mean[j]!) / deviation[j]!)),
      );
      surfaces.set(text, found);
    }
    return found;
  };
  const size = Math.max(1, Math.min(directions, idf.length, texts.length));
  let basis: Basis | undefined;
  const embeddings = new WeakMap<PromptText, Float64Array>();
  return {
    columns: idf.length,
    vector,
    surface,
    embedding(text) {
      let found = embeddings.get(text);
      if (found === undefined) {
        basis ??= principalBasis(texts.map(vector), frequentColumns(frequency, texts.length), size, seed);
        found = placeOf(vector(text), surface(text), basis);
        embeddings.set(text, found);
      }
      return found;
    },
  };
}

interface Vocabulary {
  /** By term; -1 where it has none. */
  columnOf: Int32Array;
  idf: Float64Array;
  /** Rows that have a column's term. */
  frequency: Int32Array;
}

function vocabularyOf(texts: readonly PromptText[]): Vocabulary {
  const rows = new Int32Array(termBuckets);
  for (const { terms } of texts) for (const term of terms) rows[term]! += 1;
  const columnOf = new Int32Array(termBuckets).fill(-1);
  const frequency: number[] = [];
  for (let term = 0; term < termBuckets; term++) {
    if (rows[term]! < 2) continue;
    columnOf[term] = frequency.length;
    frequency.push(rows[term]!);
  }
  const idf = Float64Array.from(frequency, (count) => Math.log((1 + texts.length) / (1 + count)) + 1);
  return { columnOf, idf, frequency: Int32Array.from(frequency) };
}

function vectorOf(text: PromptText, columnOf: Int32Array, idf: Float64Array): SparseVector {
  const columns: number[] = [];
  const weights: number[] = [];
  let squares = 0;
  for (let k = 0; k < text.terms.length; k++) {
    const column = columnOf[text.terms[k]!]!;
    if (column < 0) continue;
    const weight = (1 + Math.log(text.counts[k]!)) * idf[column]!;
    columns.push(column);
    weights.push(weight);
    squares += weight * weight;
  }
  const norm = squares === 0 ? 1 : Math.sqrt(squares);
  return { columns: Int32Array.from(columns), weights: Float64Array.from(weights, (w) => w / norm) };
}

function standardOf(texts: readonly PromptText[]): { mean: Float64Array; deviation: Float64Array } {
  const width = surfaceSize;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const { surface } of texts) for (let j = 0; j < width; j++) mean[j]! += surface[j]! / texts.length;
  for (const { surface } of texts) {
    for (let j = 0; j < width; j++) deviation[j]! += (surface[j]! - mean[j]!) ** 2 / texts.length;
  }
  // A measure that hardly varies in the corpus must not turn into a huge number where it does.
  return { mean, deviation: deviation.map((variance) => Math.max(0.05, Math.sqrt(variance))) };
}

/** Directions in the space of terms, `size` numbers for each column that takes part. */
interface Basis {
  values: Float64Array;
  size: number;
  /** Where a column's numbers begin; -1 for columns that take no part. */
  start: Int32Array;
}

/** Place of each column among those that take part in directions; -1 for the others. */
function frequentColumns(frequency: Int32Array, rows: number): Int32Array {
  const least = Math.max(basisRowsMin, basisShareMin * rows);
  let count = 0;
  return frequency.map((own) => (own < least ? -1 : count++));
}

/** Leading right singular vectors by subspace iteration from a random start. */
function principalBasis(
  vectors: readonly SparseVector[],
  columns: Int32Array,
  size: number,
  seed: number,
): Basis {
  const random = createRandom(seed);
  const count = columns.reduce((most, column) => Math.max(most, column + 1), 0);
  const start = columns.map((column) => column * size);
  let basis: Basis = { values: new Float64Array(count * size).map(() => random() - 0.5), size, start };
  for (let round = 0; round <= powerRounds; round++) {
    const values = new Float64Array(count * size);
    for (const vector of vectors) {
      const image = project(vector, basis);
      for (let k = 0; k < vector.columns.length; k++) {
        const at = start[vector.columns[k]!]!;
        if (at < 0) continue;
        const weight = vector.weights[k]!;
        for (let d = 0; d < size; d++) values[at + d]! += weight * image[d]!;
      }
    }
    orthonormalise(values, count, size);
    basis = { values, size, start };
  }
  return basis;
}

function project({ columns, weights }: SparseVector, { values, size, start }: Basis): Float64Array {
  const image = new Float64Array(size);
  for (let k = 0; k < columns.length; k++) {
    const at = start[columns[k]!]!;
    if (at < 0) continue;
    const weight = weights[k]!;
    for (let d = 0; d < size; d++) image[d]! += weight * values[at + d]!;
  }
  return image;
}

/** Makes the `size` directions of a matrix stored row by row orthonormal: Y becomes Y L⁻ᵀ, with L Lᵀ = Yᵀ Y. One pass each, in memory order. */
function orthonormalise(matrix: Float64Array, rows: number, size: number): void {
  const gram = new Float64Array(size * size);
  for (let at = 0; at < rows * size; at += size) {
    for (let d = 0; d < size; d++) {
      const value = matrix[at + d]!;
      if (value === 0) continue;
      for (let e = 0; e <= d; e++) gram[d * size + e]! += value * matrix[at + e]!;
    }
  }
  const inverse = new Float64Array(size);
  for (let d = 0; d < size; d++) {
    for (let e = 0; e <= d; e++) {
      let sum = gram[d * size + e]!;
      for (let f = 0; f < e; f++) sum -= gram[d * size + f]! * gram[e * size + f]!;
      // A direction that the texts do not have becomes zero.
      if (e === d) inverse[d] = sum < 1e-12 ? 0 : 1 / Math.sqrt(sum);
      gram[d * size + e] = sum * inverse[e]!;
    }
  }
  for (let at = 0; at < rows * size; at += size) {
    for (let d = 0; d < size; d++) {
      let sum = matrix[at + d]!;
      for (let e = 0; e < d; e++) sum -= gram[d * size + e]! * matrix[at + e]!;
      matrix[at + d] = sum * inverse[d]!;
    }
  }
}

function placeOf(vector: SparseVector, surface: Float64Array, basis: Basis): Float64Array {
  const { size } = basis;
  const words = unit(project(vector, basis));
  const form = unit(surface);
  const place = new Float64Array(size + surface.length);
  for (let d = 0; d < size; d++) place[d] = words[d]! * Math.sqrt(1 - surfaceShare);
  for (let d = 0; d < surface.length; d++) place[size + d] = form[d]! * Math.sqrt(surfaceShare);
  // A prompt without a known word, or without form, still has length one.
  return unit(place);
}

function unit(values: Float64Array): Float64Array {
  let squares = 0;
  for (const value of values) squares += value * value;
  const norm = squares < 1e-18 ? 1 : Math.sqrt(squares);
  return values.map((value) => value / norm);
}
