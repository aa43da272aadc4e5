import type { Interval } from './metrics/bootstrap.ts';

export type Split = 'all' | 'in-domain' | 'left-out' | 'trained-elsewhere' | 'artefact';

/** One line of the result. Money per prompt; intervals at 95 %, over prompts. */
export interface EvaluationRow {
  name: string;
  split: Split;
  n: number;
  /** Mean quality and cost at the row's operating point: honest threshold for 98 % for a learned router, least cost at 98 % for the random mix. */
  quality: number;
  cost_usd: number;
  /** Null where the policy has one operating point that misses the target. */
  save: { '95': number | null; '98': number | null; '100': number | null };
  apgr: number | null;
  cpt50: number | null;
  cpt80: number | null;
  aiq: number | null;
  ci: { [metric: string]: Interval };
  /** Thresholds chosen on other folds: quality relative to the reference, and saving. */
  honest?: { [target: string]: { quality_ratio: number; save: number } } | undefined;
  /** APGR per group left out. */
  groups?: { [group: string]: { n: number; apgr: number | null } } | undefined;
}

export interface Evaluation {
  rows: EvaluationRow[];
  n: number;
  excluded: number;
  excluded_because: { missing_outcome: number; missing_cost: number };
  models: { [name: string]: { quality: number; cost_usd: number } };
  notes: string[];
}

/** What a router thought of each usable row without having seen it: quality per model, in the order [reference, ...candidates]. */
export interface RoutedRows {
  split: Split;
  quality: Float64Array[];
  /** Fold per row for honest thresholds. */
  fold: Int32Array;
  /** Group per row that was left out together. */
  group: string[] | undefined;
}
