import { structuralIds } from '../features/structural.ts';
import type { AskVector } from '../features/vector.ts';
import type { PredictorParameters, Weights } from './parameters.ts';

/** Structural features further than this from the training mean are read as this far: nothing was learned beyond. */
const deviationsMax = 3;

/** Below this many rows of a language, n-gram weights fade: they were learned on other words. */
const languageRowsFull = 1000;

/** An ask ready to be scored: the constant, standardised structure, and n-grams with how far they hold. */
export interface ScoredAsk {
  structural: Float64Array;
  active: Int32Array;
  /** 0 to 1: how far n-gram weights hold in this language. */
  ngramTrust: number;
}

/** Standardises an ask. `languageRows` decides how far its n-grams can be trusted. */
export function prepareAsk(
  vector: AskVector,
  parameters: Pick<PredictorParameters, 'mean' | 'deviation'>,
  languageRows: number,
): ScoredAsk {
  const structural = new Float64Array(vector.structural.length + 1);
  structural[0] = 1;
  for (let i = 0; i < vector.structural.length; i++) {
    const value = vector.structural[i]!;
    // NaN marks «does not apply» (capital letters of a text without Latin letters): the mean, no statement.
    if (Number.isNaN(value)) continue;
    const z = (value - parameters.mean[i]!) / parameters.deviation[i]!;
    structural[i + 1] = Math.max(-deviationsMax, Math.min(deviationsMax, z));
  }
  return { structural, active: vector.active, ngramTrust: Math.min(1, languageRows / languageRowsFull) };
}

/** Length of an ask's n-gram vector does not count: each of its entries weighs this. */
export const ngramEntryWeight = (active: Int32Array) => 1 / Math.sqrt(Math.max(1, active.length));

function ngramScore({ ngrams, ngramMean }: Weights, { active, ngramTrust }: ScoredAsk): number {
  if (ngrams.length === 0 || ngramTrust === 0) return 0;
  let sum = 0;
  for (let i = 0; i < active.length; i++) {
    const entry = active[i]!;
    const weight = ngrams[entry >> 1]!;
    sum += (entry & 1) === 0 ? weight : -weight;
  }
  return ngramTrust * (sum * ngramEntryWeight(active) - ngramMean);
}

/** A linear score kept in parts: per structural feature (the constant first), and the n-grams together. */
export interface Parts {
  structural: Float64Array;
  ngrams: number;
}

export const noParts = (): Parts => ({ structural: new Float64Array(structuralIds.length + 1), ngrams: 0 });

/** `weights · ask`, feature by feature. */
export function partsOf(weights: Weights, ask: ScoredAsk): Parts {
  const parts = noParts();
  for (let i = 0; i < parts.structural.length; i++) {
    parts.structural[i] = weights.structural[i]! * ask.structural[i]!;
  }
  parts.ngrams = ngramScore(weights, ask);
  return parts;
}

/**
 * `into += factor × parts`, with what the ask adds to the constant weakened by `trust`: 1 where the kind of work is known, 0 where it is
 * not and an average ask is the better guess.
 */
export function addParts(into: Parts, parts: Parts, factor: number, trust: number): void {
  into.structural[0]! += factor * parts.structural[0]!;
  for (let i = 1; i < into.structural.length; i++)
    into.structural[i]! += factor * trust * parts.structural[i]!;
  into.ngrams += factor * trust * parts.ngrams;
}

export function sumOf(parts: Parts): number {
  let sum = parts.ngrams;
  for (const value of parts.structural) sum += value;
  return sum;
}
