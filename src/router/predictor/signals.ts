/**
 * What services outside this process said of one ask, by the signal's name. Numbers only: they may be stored, and a decision can be made
 * again from them.
 */
export type AskSignals = { readonly [name in SignalName]?: readonly number[] };

export type SignalName = (typeof signalNames)[number];

export const signalNames = ['embedding', 'judge'] as const;

/** How many numbers each signal has. */
export const signalSizes: { readonly [name in SignalName]: number } = { embedding: 32, judge: 1 };

/** No embedding model in use has vectors longer than this. */
const dimensionsMax = 16_384;

/** Changing it would make what was learned of earlier vectors meaningless. */
const projectionSeed = 0x59756d65;

/**
 * An embedding as a signal: 32 numbers of length 1, by a fixed random projection whatever model it comes from, so that distances between asks are about
 * kept (Johnson and Lindenstrauss; signs instead of normal numbers as in Achlioptas, 2003). Undefined for what is no vector.
 */
export function projectEmbedding(vector: readonly unknown[]): number[] | undefined {
  if (vector.length === 0 || vector.length > dimensionsMax) return undefined;
  const sums = new Float64Array(signalSizes.embedding);
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    // One hashed word of 32 bits gives the signs of this dimension in all 32 sums.
    const signs = mixed(i + projectionSeed);
    for (let k = 0; k < sums.length; k++) sums[k]! += ((signs >>> k) & 1) === 1 ? value : -value;
  }
  const length = Math.hypot(...sums);
  if (!(length > 0) || !Number.isFinite(length)) return undefined;
  return Array.from(sums, (sum) => sum / length);
}

/** The last steps of MurmurHash3: each bit of the result depends on each bit given. */
function mixed(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
