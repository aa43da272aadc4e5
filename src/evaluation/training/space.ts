import { bucketsMax, type EmbeddingTable, embed, type Prototypes, rarityStep } from '../../router/index.ts';
import { createRandom } from '../metrics/random.ts';
import { foldOf, type TrainingRow } from './row.ts';
import { leadingVectors, type Sparse, type Tall } from './subspace.ts';

/** The table that turns n-grams into an embedding, and where the rows lie in it. Made from prompts alone, without outcomes. */
export interface Space {
  embedding: EmbeddingTable;
  prototypes: Prototypes;
}

const dimensions = 48;
const prototypesMax = 160;
/** Fewer rows a prototype would make every row its own neighbourhood. */
const rowsPerPrototype = 8;
const prototypeRounds = 8;
/** Prototypes of many rows are found on a sample of them. */
const prototypeRowsMax = 5_000;

/**
 * Latent semantic analysis of the hashed n-grams, weighted by rarity, and prototypes by spherical k-means. Deterministic.
 */
export function fitSpace(rows: TrainingRow[]): Space {
  // How far a new ask of the same kind reaches is seen on rows that the map was not made from: those it was reach further.
  const isHeld = ({ promptHash }: TrainingRow) => foldOf(promptHash, heldEvery, heldSeed) === 0;
  const held = rows.filter(isHeld);
  const made = held.length < heldMin ? rows : rows.filter((row) => !isHeld(row));
  const matrix = weighted(made);
  const basis = leadingVectors(matrix, Math.min(dimensions, Math.max(1, made.length >> 3)));
  const embedding = tableOf(matrix.rarity, basis);
  return {
    embedding,
    prototypes: prototypesOf(made, held.length < heldMin ? rows : held, embedding),
  };
}

const heldEvery = 8;
/** By hash, as files often come in turns of their sources; another partition than that of any evaluation. */
const heldSeed = 9;
const heldMin = 20;

function weighted(rows: TrainingRow[]): Sparse & { rarity: Float64Array } {
  const seen = new Float64Array(bucketsMax);
  let total = 0;
  for (const { vector } of rows) {
    total += vector.active.length;
    for (const entry of vector.active) seen[entry >> 1]! += 1;
  }
  const rarity = seen.map((count) => Math.log((1 + rows.length) / (1 + count)));
  const start = new Int32Array(rows.length + 1);
  const bucket = new Int32Array(total);
  const value = new Float32Array(total);
  let at = 0;
  rows.forEach(({ vector }, i) => {
    const from = at;
    let squares = 0;
    for (const entry of vector.active) {
      const weight = rarity[entry >> 1]!;
      bucket[at] = entry >> 1;
      value[at] = (entry & 1) === 0 ? weight : -weight;
      squares += weight ** 2;
      at += 1;
    }
    const norm = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let k = from; k < at; k++) value[k]! *= norm;
    start[i + 1] = at;
  });
  return { rows: rows.length, columns: bucketsMax, start, bucket, value, rarity };
}

/** Rarity times basis, in signed steps of one scale per dimension. */
function tableOf(rarity: Float64Array, basis: Tall): EmbeddingTable {
  const { width } = basis;
  const rows = new Int8Array(bucketsMax * width);
  const scale = new Float32Array(width);
  for (let k = 0; k < width; k++) {
    const values = Float64Array.from(rarity, (weight, i) => weight * basis.data[i * width + k]!);
    // A few n-grams stand out by far; clipping them keeps the steps of all others fine.
    const sizes = values.map(Math.abs).sort();
    const largest = sizes[Math.floor(0.9995 * (sizes.length - 1))]! || sizes.at(-1)!;
    scale[k] = largest / 127;
    if (largest === 0) continue;
    for (let i = 0; i < values.length; i++) {
      rows[i * width + k] = Math.max(-127, Math.min(127, Math.round(values[i]! / scale[k]!)));
    }
  }
  const steps = Uint8Array.from(rarity, (weight) => Math.min(255, Math.round(rarityStep * weight)));
  return { dimensions: width, rows, scale, rarity: steps };
}

function prototypesOf(rows: TrainingRow[], held: TrainingRow[], embedding: EmbeddingTable): Prototypes {
  const width = embedding.dimensions;
  const stride = Math.max(1, Math.ceil(rows.length / prototypeRowsMax));
  const places = rows
    .filter((_, i) => i % stride === 0)
    .map(({ vector }) => embed(vector.active, embedding))
    .filter(({ captured }) => captured > 0);
  const count = Math.max(1, Math.min(prototypesMax, Math.floor(places.length / rowsPerPrototype)));
  const random = createRandom(2);
  let centres: Float64Array[] = Array.from({ length: count }, () =>
    Float64Array.from(places[Math.floor(random() * places.length)]?.direction ?? new Float64Array(width)),
  );
  for (let round = 0; round < prototypeRounds; round++) {
    const sums: Float64Array[] = centres.map(() => new Float64Array(width));
    for (const { direction } of places) {
      const sum = sums[nearest(direction, centres).at]!;
      for (let k = 0; k < width; k++) sum[k]! += direction[k]!;
    }
    centres = sums.map((sum, i) => unit(sum) ?? centres[i]!);
  }
  return {
    dimensions: width,
    rows: Int8Array.from(centres.flatMap((centre) => [...centre].map((value) => Math.round(127 * value)))),
    usual: usualOf(held, centres, embedding),
  };
}

/**
 * What is usual near each centre, from rows that the table was not made from. Few rows are helped by a few more of the mean place and of the mean spread
 * around centres: the spread of all rows together would hide that some places are narrow.
 */
function usualOf(rows: TrainingRow[], centres: Float64Array[], embedding: EmbeddingTable): Float32Array {
  const seen: { cosines: number[]; reaches: number[] }[] = centres.map(() => ({
    cosines: [],
    reaches: [],
  }));
  for (const { vector } of rows) {
    const { direction, captured } = embed(vector.active, embedding);
    const { at, cosine } = nearest(direction, centres);
    if (cosine <= 0) continue;
    seen[at]!.cosines.push(cosine);
    seen[at]!.reaches.push(Math.log(cosine * captured));
  }
  const cosines = spreadsOf(
    seen.map((place) => place.cosines),
    cosineDeviationMin,
  );
  const reaches = spreadsOf(
    seen.map((place) => place.reaches),
    reachDeviationMin,
  );
  return Float32Array.from(centres.flatMap((_, j) => [...cosines[j]!, ...reaches[j]!]));
}

/** Mean and deviation of each list. */
function spreadsOf(lists: number[][], least: number): [number, number][] {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const rows = Math.max(1, sum(lists.map((list) => list.length)));
  const meanOfAll = sum(lists.map(sum)) / rows;
  const means = lists.map((list) => (sum(list) + meanOfAll) / (list.length + 1));
  const squares = lists.map((list, j) => sum(list.map((value) => (value - means[j]!) ** 2)));
  const variance = sum(squares) / rows;
  return lists.map((list, j) => [
    means[j]!,
    Math.max(least, Math.sqrt((squares[j]! + usualPriorRows * variance) / (list.length + usualPriorRows))),
  ]);
}

const usualPriorRows = 3;

/** Asks of one template lie closer together than other asks of the same kind would. */
const cosineDeviationMin = 0.02;
const reachDeviationMin = 0.1;

function nearest(point: Float32Array, centres: Float64Array[]): { at: number; cosine: number } {
  let best = 0;
  let bestDot = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < centres.length; i++) {
    const centre = centres[i]!;
    let dot = 0;
    for (let k = 0; k < point.length; k++) dot += point[k]! * centre[k]!;
    if (dot > bestDot) {
      best = i;
      bestDot = dot;
    }
  }
  return { at: best, cosine: bestDot };
}

function unit(vector: Float64Array): Float64Array | undefined {
  let squares = 0;
  for (const value of vector) squares += value ** 2;
  return squares === 0 ? undefined : vector.map((value) => value / Math.sqrt(squares));
}
