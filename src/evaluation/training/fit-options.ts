import type { Space } from './space.ts';

export interface FitOptions {
  /** Ridge penalties, in rows: of the pooled blocks and of the models' own heads. */
  penalty: { pooled: number; head: number };
  iterationsMax: { pooled: number; head: number };
  /** Models that get a head of their own; all when absent. */
  headsFor?: ReadonlySet<string> | undefined;
  /** Made from the rows when absent. It reads no outcomes, so folds of the same prompts may share one. */
  space?: Space | undefined;
}

export const defaultFit: FitOptions = {
  penalty: { pooled: 400, head: 400 },
  iterationsMax: { pooled: 60, head: 40 },
};
