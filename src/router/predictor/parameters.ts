import type { AcceptanceParameters } from '../answer/acceptance.ts';
import type { Language, TaskFamily } from '../decision.ts';
import type { EmbeddingTable, Prototypes } from '../features/embedding.ts';

/** A cell of evidence: what kind of work in which language. */
export type CellKey = `${TaskFamily}|${Language}`;

export const cellKey = (task: TaskFamily, language: Language): CellKey => `${task}|${language}`;

/** Weights over one ask, in logits: the constant, the standardised structural features, then the embedding. */
export interface Weights {
  structural: Float32Array;
  embedding: Float32Array;
}

/** What outcomes of one model have taught. */
export interface ModelParameters {
  /** Every name under which the catalogue or an outcomes file may call it, normalised by `modelKey`. */
  names: string[];
  /** Ability in logits on the common scale of the training sets. */
  ability: number;
  rows: number;
  /** Level 2: rows per cell, and the shrunk mean, in logits, by which this model is better there than its ability says. */
  cells: Map<CellKey, { rows: number; offset: number }>;
  /** Level 3: what the ask itself tells about this model beyond its ability. */
  head: Weights | undefined;
  /** Rows behind the head at each prototype, up to 255: elsewhere it was not tested. */
  near: Uint8Array;
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
 * How far off an estimate may be, as standard deviations in quality points of the mean over many such requests. What public
 * sets teach carries over badly to other work, whatever the number of rows: that is the largest part, and only rows of one's own
 * traffic remove it. All parts are measured out of sample on the training sets but `untestedFactor`, for which there is
 * no data: it says how much wider the transfer error is for a kind of work or a language without a single row.
 */
export interface Calibration {
  /** On prompts of the same sets that were not seen. */
  within: number;
  /** On benchmarks of which nothing was seen: for models of equal ability, and more per difference of their shares right. */
  transfer: number;
  transferPerGap: number;
  /** For a model known only by its ability, beyond the uncertainty of that ability. */
  model: number;
  untestedFactor: number;
  /** Rows at which half of what rows can remove is gone. */
  halfRows: number;
  /** Factor that makes 95 % of out-of-sample groups fall inside; 1.96 if errors were normal and the parts exact. */
  lossFactor: number;
  qualityFactor: number;
  /** Spread of ability of a model about which nothing is published, in logits. */
  unknownAbilitySd: number;
}

/** Abilities on the scale the pooled weights were fitted with: `(ability − centre) / spread`, held within what was seen. */
export interface AbilityScale {
  centre: number;
  spread: number;
  least: number;
  most: number;
}

/** Everything a prediction needs, as numbers. The artefact is its serialised form. */
export interface PredictorParameters {
  /** Shown in decisions, so that a decision can be recomputed with the same numbers. */
  id: string;
  mean: Float32Array;
  deviation: Float32Array;
  embedding: EmbeddingTable;
  /** Where the rows lie that were learned from: an ask far from all of them is read as an average one of its length. */
  prototypes: Prototypes;
  /** One block of weights per power of the scaled ability: difficulty, discrimination, curvature. */
  pooled: Weights[];
  scale: AbilityScale;
  /** Rows of all models per cell. */
  cells: Map<CellKey, number>;
  languages: Map<Language, number>;
  models: Map<string, ModelParameters>;
  benchmarks: BenchmarkMapping[];
  calibration: Calibration;
  /** What answers tell of their own rightness. */
  acceptance: AcceptanceParameters;
  /** SHA-256 of the outcomes files it was trained on: on those it must not be judged. */
  trainedOn: ReadonlySet<string>;
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
