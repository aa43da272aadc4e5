import type { OutcomeRow } from '../outcomes/outcome.ts';
import { type TrainingRow, trainingRow } from '../training/row.ts';
import { type Corpus, createCorpus } from './corpus.ts';
import { type PromptText, readText } from './text.ts';

/** A recorded prompt as routers see it: what our own training reads, and numbers from the text for the others. Never its group. */
export interface PromptRow {
  training: TrainingRow;
  text: PromptText;
}

export function promptRow(
  file: string,
  row: OutcomeRow,
  canonicalModel: (name: string) => string,
): PromptRow {
  return { training: trainingRow(file, row, canonicalModel), text: readText(row.prompt) };
}

/** Rows to fit on. */
export interface TrainingPrompts {
  readonly rows: readonly PromptRow[];
  /** The rows that say something of these models. */
  answeredBy(models: readonly string[]): AnsweredPrompts;
}

/** What several routers need from the texts is computed once, when the first asks. */
export interface AnsweredPrompts {
  readonly rows: readonly PromptRow[];
  readonly corpus: Corpus;
}

export function trainingPrompts(rows: readonly PromptRow[], seed: number): TrainingPrompts {
  const answered = new Map<string, AnsweredPrompts>();
  return {
    rows,
    answeredBy(models) {
      const key = models.join('\n');
      const known = answered.get(key);
      if (known !== undefined) return known;
      const own = rows.filter(({ training }) => models.some((model) => training.scores.has(model)));
      const texts = own.map((row) => row.text);
      let corpus: Corpus | undefined;
      const found: AnsweredPrompts = {
        rows: own,
        get corpus() {
          corpus ??= createCorpus(texts, seed);
          return corpus;
        },
      };
      answered.set(key, found);
      return found;
    },
  };
}

export interface FittedRouter {
  /**
   * Expected score of each model on this prompt, in the order of the models that were fitted. Differences count, and may leave
   * 0..1; `reference` is the index of the model that a relative router measures the others against.
   */
  quality(row: PromptRow, reference: number): Float64Array;
}

/**
 * A way of routing that is measured on recorded outcomes. All are fitted on the same rows and asked about the same prompts; none sees a
 * prompt's group, its outcome, or another prompt of the test.
 */
export interface OfflineRouter {
  readonly id: string;
  readonly name: string;
  /** `models` are ids as the rows' scores have them. Deterministic by `seed`. */
  fit(prompts: TrainingPrompts, models: readonly string[], options: { seed: number }): FittedRouter;
}

/** Mean score per model, drawn to one half by two rows, so that a model without rows has one too. */
export function meanScores(rows: readonly PromptRow[], models: readonly string[]): Float64Array {
  return Float64Array.from(models, (model) => {
    let sum = 1;
    let n = 2;
    for (const { training } of rows) {
      const score = training.scores.get(model);
      if (score === undefined) continue;
      sum += score;
      n += 1;
    }
    return sum / n;
  });
}
