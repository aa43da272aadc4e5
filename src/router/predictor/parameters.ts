import type { Language, TaskFamily } from '../decision.ts';

/** A cell of evidence: what kind of work in which language. */
export type CellKey = `${TaskFamily}|${Language}`;

export const cellKey = (task: TaskFamily, language: Language): CellKey => `${task}|${language}`;

/**
 * Weights over one ask: the constant, the standardised structural features, then one weight per n-gram bucket. `ngrams` is
 * empty where a block has none.
 */
export interface Weights {
  structural: Float32Array;
  ngrams: Float32Array;
}

/** What outcomes of one model have taught. */
export interface ModelParameters {
  /** Every name under which the catalogue or an outcomes file may call it, normalised by `modelKey`. */
  names: string[];
  /** Ability in logits on the common scale of the training sets. */
  ability: number;
  rows: number;
  /** Level 2: rows per cell, and the shrunk mean by which this model is better there than its ability says. */
  cells: Map<CellKey, { rows: number; offset: number }>;
  /** Level 3: what the ask itself tells about this model beyond its ability. */
  head: Weights | undefined;
}

/** Level 1: how a published score becomes an ability, `intercept + slope × logit(score / 100)`. */
export interface BenchmarkMapping {
  /** Prefix of the normalised benchmark name; the longest that fits applies. */
  id: string;
  slope: number;
  intercept: number;
  /** Standard deviation of the ability around the line, in logits. */
  sd: number;
  /** Models the line was fitted on. */
  anchors: number;
}

/**
 * Standard deviations, in quality points, of what is left unexplained when many answers are averaged. All are measured out of
 * fold on the training sets but `languageFactor`, for which there is no data: it says how much wider than on an unseen
 * benchmark the intervals are in a language without a single row.
 */
export interface Calibration {
  within: number;
  /** On a benchmark none of whose rows were seen. */
  benchmark: number;
  /** For a model known only by its ability. */
  model: number;
  languageFactor: number;
  /** Rows at which half of the benchmark's or model's uncertainty is gone. */
  halfRows: number;
  /** Factor that makes 95 % of out-of-fold groups fall inside; 1.96 if errors were normal and the parts exact. */
  lossFactor: number;
  qualityFactor: number;
  /** Spread of ability of a model about which nothing is published, in logits. */
  unknownAbilitySd: number;
}

/** Everything a prediction needs, as numbers. The artefact is its serialised form. */
export interface PredictorParameters {
  /** Shown in decisions, so that a decision can be recomputed with the same numbers. */
  id: string;
  mean: Float32Array;
  deviation: Float32Array;
  /** One block of weights per power of (share right − `centre`): difficulty, discrimination, curvature. */
  pooled: Weights[];
  centre: number;
  /** Rows of all models per cell. */
  cells: Map<CellKey, number>;
  languages: Map<Language, number>;
  models: Map<string, ModelParameters>;
  benchmarks: BenchmarkMapping[];
  calibration: Calibration;
  /** Mean output tokens of the training sets per family of work, with rows. */
  outputTokens: Map<TaskFamily, { mean: number; rows: number }>;
}

/** One spelling for model names of catalogues and outcomes files: `Meta-Llama-3_1-8B-Instruct` is `meta-llama-3.1-8b-instruct`. */
export function modelKey(name: string): string {
  return name
    .toLowerCase()
    .slice(name.lastIndexOf('/') + 1)
    .replace(/(\d)_(\d)/g, '$1.$2')
    .replace(/[_: ]/g, '-');
}

export const logistic = (x: number) => 1 / (1 + Math.exp(-x));
export const logit = (p: number) => Math.log(p / (1 - p));
