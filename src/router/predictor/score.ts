import { structuralLabels } from '../features/structural.ts';
import type { AskVector } from '../features/vector.ts';
import type { PredictorParameters, Weights } from './parameters.ts';

/** Structural features further than this from the training mean are read as this far: nothing was learned beyond. */
const deviationsMax = 4;

/** Below this many rows of a language, n-gram weights fade: they were learned on other words. */
const languageRowsFull = 1000;

/** An ask ready to be scored: the constant, standardised structure, and n-grams with their common factor. */
export interface ScoredAsk {
  structural: Float64Array;
  active: Int32Array;
  ngramFactor: number;
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
  const trust = Math.min(1, languageRows / languageRowsFull);
  return {
    structural,
    active: vector.active,
    ngramFactor: trust / Math.sqrt(Math.max(1, vector.active.length)),
  };
}

export function ngramScore(weights: Float32Array, ask: ScoredAsk): number {
  if (weights.length === 0 || ask.ngramFactor === 0) return 0;
  let sum = 0;
  const { active } = ask;
  for (let i = 0; i < active.length; i++) {
    const entry = active[i]!;
    const weight = weights[entry >> 1]!;
    sum += (entry & 1) === 0 ? weight : -weight;
  }
  return sum * ask.ngramFactor;
}

/** A linear score kept in parts: per structural feature (the constant first), and the n-grams together. */
export interface Parts {
  structural: Float64Array;
  ngrams: number;
}

export const noParts = (): Parts => ({
  structural: new Float64Array(structuralLabels.length + 1),
  ngrams: 0,
});

/** Adds `factor × weights · ask` to `parts`, feature by feature. */
export function addParts(
  parts: Parts,
  weights: Weights,
  ngrams: number,
  ask: ScoredAsk,
  factor: number,
): void {
  for (let i = 0; i < parts.structural.length; i++) {
    parts.structural[i]! += factor * weights.structural[i]! * ask.structural[i]!;
  }
  parts.ngrams += factor * ngrams;
}

export function sumOf(parts: Parts): number {
  let sum = parts.ngrams;
  for (const value of parts.structural) sum += value;
  return sum;
}
