import { nearness } from '../features/embedding.ts';
import type { AskNumbers } from '../features/numbers.ts';
import { structuralIds } from '../features/structural.ts';
import { logistic, type ModelParameters, type PredictorParameters, type Weights } from './parameters.ts';

/** Structural features further than this from the training mean are read as this far: nothing was learned beyond. */
const deviationsMax = 3;

/** A direction has length 1 and dozens of numbers, and stands for a fraction of the ask; this makes one of them as large as a structural feature is. */
const embeddingScale = 14;

/**
 * Deviations from the usual, cosine and reach together: below the first an ask is foreign, above the second familiar. Chosen where estimates of
 * benchmarks left out ranked best, on a broad plateau; hardly an ask of a kind that was seen lies below the first.
 */
const familiar = { from: -7, to: -5 };

/** Rows of a model at the prototype nearest to an ask, from which on its own head is trusted there. */
const rowsNearFull = 4;

/** The length of asks by fixed figures, so that it means the same whatever was trained on: log of letters, middle and deviation of the training sets. */
const lengthScale = { shortest: 60, centre: 5.9, deviation: 0.9 };
const lengthMax = 2.5;
export const lengthIndex = structuralIds.indexOf('length');

/** `lengthScale` per unit of the structural feature: turns weights on one into weights on the other. */
export const lengthDeviation = lengthScale.deviation;

function lengthOf({ structural }: AskNumbers): number {
  const letters = Math.expm1(structural[lengthIndex]!);
  const z = (Math.log(lengthScale.shortest + letters) - lengthScale.centre) / lengthScale.deviation;
  return Math.max(-lengthMax, Math.min(lengthMax, z));
}

/** An ask ready to be scored: the constant, standardised structure, embedding, and how like the training asks it is. */
export interface ScoredAsk {
  structural: Float64Array;
  embedding: Float64Array;
  /** Deviations from a fixed length. */
  length: number;
  /** 0 to 1: how far what was learned of asks holds for this one. */
  familiarity: number;
  /** The nearest prototype; −1 for none. */
  prototype: number;
}

export type AskStandard = Pick<PredictorParameters, 'mean' | 'deviation'>;

/** Standardises an ask. */
export function prepareAsk(
  numbers: AskNumbers,
  standard: AskStandard,
): Pick<ScoredAsk, 'structural' | 'embedding'> {
  const structural = new Float64Array(numbers.structural.length + 1);
  structural[0] = 1;
  for (let i = 0; i < numbers.structural.length; i++) {
    const value = numbers.structural[i]!;
    // NaN marks «does not apply» (capital letters of a text without Latin letters): the mean, no statement.
    if (Number.isNaN(value)) continue;
    const z = (value - standard.mean[i]!) / standard.deviation[i]!;
    structural[i + 1] = Math.max(-deviationsMax, Math.min(deviationsMax, z));
  }
  const size = embeddingScale * numbers.captured;
  const embedding = new Float64Array(numbers.direction.length);
  for (let k = 0; k < embedding.length; k++) embedding[k] = size * numbers.direction[k]!;
  return { structural, embedding };
}

/** As `prepareAsk`, with how familiar the ask is. */
export function readyAsk(numbers: AskNumbers, parameters: PredictorParameters): ScoredAsk {
  const { prototype, cosine, reach } = nearness(numbers, parameters.prototypes);
  const familiarity = (cosine + reach - familiar.from) / (familiar.to - familiar.from);
  return {
    ...prepareAsk(numbers, parameters),
    length: lengthOf(numbers),
    familiarity: Math.max(0, Math.min(1, familiarity)),
    prototype,
  };
}

/**
 * A linear score kept in parts: per structural feature (the constant first), and the wording as a whole. In plain arrays: a decision makes dozens
 * of them, and typed ones of this size are several times dearer to make than to fill.
 */
export interface Parts {
  structural: number[];
  wording: number;
}

function zeros(length: number): number[] {
  // Pushed, not filled: engines then keep the numbers unboxed.
  const values: number[] = [];
  for (let i = 0; i < length; i++) values.push(0);
  return values;
}

export const noParts = (ask: Pick<ScoredAsk, 'structural'>): Parts => ({
  structural: zeros(ask.structural.length),
  wording: 0,
});

/** `into += factor × weights · ask`, feature by feature. */
export function addWeighted(
  into: Parts,
  weights: Weights,
  { structural, embedding }: Pick<ScoredAsk, 'structural' | 'embedding'>,
  factor: number,
): void {
  for (let i = 0; i < structural.length; i++) {
    into.structural[i]! += factor * weights.structural[i]! * structural[i]!;
  }
  let wording = 0;
  for (let k = 0; k < embedding.length; k++) wording += weights.embedding[k]! * embedding[k]!;
  into.wording += factor * wording;
}

/** 0 to 1: how far a model's own head holds for an ask: what an ask changes carries over badly to asks of which the model answered none like it. */
export function testedNear({ prototype }: ScoredAsk, model: ModelParameters | undefined): number {
  return Math.min(1, (model?.near[prototype] ?? 0) / rowsNearFull);
}

/** Two models on one ask: the reference first. */
interface LengthGapInput {
  abilities: [reference: number, candidate: number];
  /** What was learned of the ask says: quality of the reference less that of the candidate. */
  gap: number;
  /** 0 to 1: how far both were tested on asks like this one, and the rows of the one that has fewer. */
  tested: number;
  rows: number;
}

/**
 * By how much a longer ask widens the gap between two models, in quality: on benchmarks left out length was the one feature whose sign held. Of asks like
 * those seen it is a little on top of what was learned, less where both models were tested; of others it multiplies the gap of the abilities.
 * Either way a short ask narrows a gap and never turns it round. By fixed figures: asks of many kinds are compared with each other, and fits on
 * different rows must agree.
 */
export function lengthGap(
  { length, familiarity }: ScoredAsk,
  { abilities: [reference, candidate], gap, tested, rows }: LengthGapInput,
): number {
  const alone = (fewRows * testedPerDeviation) / (fewRows + rows);
  const perDeviation = tested * alone + (1 - tested) * seenPerDeviation;
  const sides = Math.tanh((reference - candidate) / seenGap);
  let seen = perDeviation * length * sides;
  if (seen * gap < 0) seen = Math.sign(seen) * Math.min(Math.abs(seen), narrowsMost * Math.abs(gap));
  else if (gap * sides < 0) seen = 0;
  const near = Math.max(-foreignLengthMax, Math.min(foreignLengthMax, length));
  const foreign = (logistic(reference) - logistic(candidate)) * Math.expm1(foreignPerDeviation * near);
  return familiarity * seen + (1 - familiarity) * foreign;
}

/** In quality per deviation of length, where the models were not tested on asks like this, and where they were: less with every row. */
const seenPerDeviation = 0.15;
const testedPerDeviation = 0.2;
const fewRows = 100;
/** Models whose abilities lie closer than this, in logits, have less of a gap to widen. */
const seenGap = 0.3;
const narrowsMost = 0.9;

/** The gap of an ask grows by e^1.6 per deviation, up to this many deviations. */
const foreignPerDeviation = 1.6;
const foreignLengthMax = 1.5;

/**
 * Turns parts in logits into parts in quality that add up to it exactly: along the straight way from the average ask to this
 * one, every part moves the quality in proportion. The constant becomes the quality of the average ask.
 */
export function qualityParts(parts: Parts): Parts {
  let moved = parts.wording;
  for (let i = 1; i < parts.structural.length; i++) moved += parts.structural[i]!;
  const constant = parts.structural[0]!;
  const start = logistic(constant);
  const slope = Math.abs(moved) < 1e-6 ? start * (1 - start) : (logistic(constant + moved) - start) / moved;
  const structural = [start];
  for (let i = 1; i < parts.structural.length; i++) structural.push(slope * parts.structural[i]!);
  return { structural, wording: slope * parts.wording };
}

export function sumOf(parts: Parts): number {
  let sum = parts.wording;
  for (let i = 0; i < parts.structural.length; i++) sum += parts.structural[i]!;
  return sum;
}
