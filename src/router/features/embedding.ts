/**
 * A fixed linear map from the hashed n-grams of an ask to a few dozen numbers: latent semantic analysis, so asks about the same
 * things in the same form lie near each other. It needs no model file and no call: each n-gram adds its row.
 */
export interface EmbeddingTable {
  dimensions: number;
  /** One row per n-gram bucket, in signed steps; what rare n-grams tell more of is in the rows already. */
  rows: Int8Array;
  /** What one step of each dimension is worth. */
  scale: Float32Array;
  /** How rare each bucket's n-grams are, in steps of 1/16; those never seen count as the rarest. */
  rarity: Uint8Array;
}

/** More n-grams than this say the same again: of longer asks every k-th is read, so that the cost is bounded. */
const entriesMax = 640;

export interface Embedded {
  /** Of length 1; zeros where none of the n-grams was ever seen. */
  direction: Float32Array;
  /** 0 to 1: how much of the ask the direction stands for; the rest is n-grams that lie outside all that was learned. */
  captured: number;
}

/** Where an ask lies among those that the table was made from. */
export function embed(active: Int32Array, table: EmbeddingTable): Embedded {
  const { dimensions, rows, scale, rarity } = table;
  const direction = new Float64Array(dimensions);
  const step = Math.max(1, Math.ceil(active.length / entriesMax));
  let whole = 0;
  for (let i = 0; i < active.length; i += step) {
    const entry = active[i]!;
    const bucket = entry >> 1;
    whole += rarity[bucket]! * rarity[bucket]!;
    const from = bucket * dimensions;
    if ((entry & 1) === 0) for (let k = 0; k < dimensions; k++) direction[k]! += rows[from + k]!;
    else for (let k = 0; k < dimensions; k++) direction[k]! -= rows[from + k]!;
  }
  let squares = 0;
  for (let k = 0; k < dimensions; k++) {
    direction[k]! *= scale[k]!;
    squares += direction[k]! * direction[k]!;
  }
  if (squares === 0) return { direction: new Float32Array(dimensions), captured: 0 };
  const length = Math.sqrt(squares);
  const unit = new Float32Array(dimensions);
  for (let k = 0; k < dimensions; k++) unit[k] = direction[k]! / length;
  return {
    direction: unit,
    captured: Math.min(1, (length * rarityStep) / Math.sqrt(whole)),
  };
}

/** Steps of `rarity` in one unit of it. */
export const rarityStep = 16;

/** Places of the embedding where training asks lie. */
export interface Prototypes {
  dimensions: number;
  /** Unit vectors in signed steps of 1/127. */
  rows: Int8Array;
  /** Per prototype what is usual of asks there that the table was not made from: mean and deviation of cosine, and of log reach. */
  usual: Float32Array;
}

/** Numbers in `usual` per prototype. */
export const usualWidth = 4;

/** How an ask lies to the nearest prototype, in deviations from what is usual of asks there; below 0 it is further away. */
export interface Nearness {
  /** The nearest prototype; −1 where the ask points towards none. */
  prototype: number;
  cosine: number;
  /** The share of the ask that points towards the prototype: cosine times what the direction stands for. */
  reach: number;
}

/**
 * How near an ask lies to training asks. The direction alone would not tell: whatever is projected on what is known looks like something known; reach
 * tells how much of it was lost. And both mean something only where it lies: among exercises of one template a small distance
 * is already another template, among questions of all kinds it is the next question.
 */
export function nearness(
  { direction, captured }: Embedded,
  { dimensions, rows, usual }: Prototypes,
): Nearness {
  let best = 0;
  let nearest = -1;
  for (let j = 0; j * dimensions < rows.length; j++) {
    const from = j * dimensions;
    let dot = 0;
    for (let k = 0; k < dimensions; k++) dot += direction[k]! * rows[from + k]!;
    if (dot > best) {
      best = dot;
      nearest = j;
    }
  }
  if (nearest < 0)
    return {
      prototype: nearest,
      cosine: Number.NEGATIVE_INFINITY,
      reach: Number.NEGATIVE_INFINITY,
    };
  const cosine = best / 127;
  const at = nearest * usualWidth;
  return {
    prototype: nearest,
    cosine: (cosine - usual[at]!) / usual[at + 1]!,
    reach: (Math.log(cosine * captured) - usual[at + 2]!) / usual[at + 3]!,
  };
}
