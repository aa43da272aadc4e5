import type { PredictorParameters } from '../router/index.ts';
import type { OutcomeRow } from './outcomes/outcome.ts';

export interface NamedRows {
  /** File name without folder and endings. */
  name: string;
  rows: OutcomeRow[];
}

/** What to measure: routing between models that the files know by these names. */
export interface EvaluationTask {
  reference: string;
  candidates: string[];
  /** Only rows of these sources; all when absent. */
  sources?: readonly string[] | undefined;
}

export interface EvaluationSettings {
  folds: number;
  seed: number;
  /** Bootstrap replicates. */
  bootstrap: number;
  /** Also fit without each group in turn: on the other groups, and on `train` where it is given. */
  leaveOut?: 'source' | 'sub' | undefined;
  /** Fit on these instead of the other folds. With `leaveOut` they are fitted on beside the other groups. */
  train?: NamedRows[] | undefined;
  /** Test this one as it is. */
  artefact?: PredictorParameters | undefined;
  /** Also route with each candidate as if it were new, known by so many prompts. */
  probes?: number | undefined;
  /** Which candidates are tried as new ones; all when absent. */
  newModels?: readonly string[] | undefined;
  /** Ids of the routers to measure; all when absent. */
  routers?: readonly string[] | undefined;
  curves?: boolean | undefined;
  progress: (text: string) => void;
}

/** The evaluation cannot be done as asked; the message says what would make it right. */
export class EvaluationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EvaluationError';
  }
}
