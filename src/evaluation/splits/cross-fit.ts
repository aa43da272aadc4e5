import { type OfflineRouter, type PromptRow, trainingPrompts } from '../routers/router.ts';

/** One fit, and the rows that it judges. */
export interface Part {
  label: string;
  /** Rows of the fit: never one that it judges. */
  fit: readonly PromptRow[];
  /** Indexes of tested rows. */
  judged: readonly number[];
}

/** Per router id, per reference in the order asked, per model: a quality for each tested row. */
export type Estimates = Map<string, Float64Array[][]>;

export interface CrossFitOptions {
  routers: readonly OfflineRouter[];
  models: readonly string[];
  /** Indexes of models that qualities are wanted relative to. */
  references: readonly number[];
  seed: number;
  progress: (text: string) => void;
}

/** Fits each router on each part and lets it judge the part's rows. */
export function crossFit(
  tested: readonly PromptRow[],
  parts: readonly Part[],
  options: CrossFitOptions,
): Estimates {
  const { routers, models, references, seed } = options;
  const estimates: Estimates = new Map(
    routers.map(({ id }) => [id, references.map(() => models.map(() => new Float64Array(tested.length)))]),
  );
  for (const part of parts) {
    options.progress(part.label);
    const prompts = trainingPrompts(part.fit, seed);
    for (const router of routers) {
      const fitted = router.fit(prompts, models, { seed });
      const own = estimates.get(router.id)!;
      for (const i of part.judged) {
        references.forEach((reference, r) => {
          const quality = fitted.quality(tested[i]!, reference);
          for (let m = 0; m < models.length; m++) own[r]![m]![i] = quality[m]!;
        });
      }
    }
  }
  return estimates;
}
