import { createRandom } from '../metrics/random.ts';
import { solve } from '../training/solve.ts';
import type { Corpus } from './corpus.ts';
import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';
import { surfaceSize } from './text.ts';

/** Ridge penalties, for words of length one and standardised form alike, among which the fit chooses on a part it holds back. */
const penalties = [1, 3, 10, 30];
const heldShare = 0.2;
const iterationsMax = 15;
/** What the penalty is chosen on: enough to tell orders of magnitude apart. */
const trialRowsMax = 2500;
const trialModelsMax = 3;
const surfaceScale = 0.2;

/** A ridge regression per model from word n-grams and form to its score; a difference of two is the regression of their gain. */
export const ngramsRouter: OfflineRouter = {
  id: 'ngrams',
  name: 'n-gram regression',
  fit(prompts, models, { seed }) {
    const { rows, corpus } = prompts.answeredBy(models);
    const means = meanScores(rows, models);
    const learn = (penalty: number, part: readonly PromptRow[], count: number) =>
      models.slice(0, count).map((model, m) =>
        ridge(
          part.filter((row) => row.training.scores.has(model)),
          corpus,
          (row) => row.training.scores.get(model)! - means[m]!,
          penalty,
        ),
      );
    const qualityBy = (heads: Float64Array[]) => (row: PromptRow) =>
      Float64Array.from(heads, (head, m) => means[m]! + dot(corpus, row, head));
    const best = choosePenalty(rows, models.slice(0, trialModelsMax), seed, (penalty, part) =>
      qualityBy(learn(penalty, part, trialModelsMax)),
    );
    return { quality: qualityBy(learn(best, rows, models.length)) };
  },
};

type Quality = (row: PromptRow) => Float64Array;

/** The penalty that leaves the least error of gains on rows held back, found at the size of a part and carried over to the whole. */
function choosePenalty(
  rows: readonly PromptRow[],
  models: readonly string[],
  seed: number,
  learn: (penalty: number, part: readonly PromptRow[]) => Quality,
): number {
  const random = createRandom(seed);
  const kept = Math.min(1, trialRowsMax / Math.max(1, rows.length));
  const draw = rows.map(() => (random() < kept ? random() : 2));
  const part = rows.filter((_, i) => draw[i]! >= heldShare && draw[i]! <= 1);
  const held = rows.filter((_, i) => draw[i]! < heldShare);
  const errors = penalties.map((penalty) => gainError(held, models, learn(penalty, part)));
  return penalties[errors.indexOf(Math.min(...errors))]!;
}

function ridge(
  rows: readonly PromptRow[],
  corpus: Corpus,
  target: (row: PromptRow) => number,
  penalty: number,
): Float64Array {
  const surface = surfaceSize;
  const size = surface + corpus.columns;
  const right = new Float64Array(size);
  const diagonal = new Float64Array(size).fill(penalty);
  const add = (row: PromptRow, into: Float64Array, amount: number) => {
    const form = corpus.surface(row.text);
    for (let j = 0; j < surface; j++) into[j]! += amount * surfaceScale * form[j]!;
    const { columns, weights } = corpus.vector(row.text);
    for (let k = 0; k < columns.length; k++) into[surface + columns[k]!]! += amount * weights[k]!;
  };
  for (const row of rows) {
    add(row, right, target(row));
    const form = corpus.surface(row.text);
    for (let j = 0; j < surface; j++) diagonal[j]! += (surfaceScale * form[j]!) ** 2;
    const { columns, weights } = corpus.vector(row.text);
    for (let k = 0; k < columns.length; k++) diagonal[surface + columns[k]!]! += weights[k]! ** 2;
  }
  const multiply = (x: Float64Array) => {
    const image = x.map((value) => penalty * value);
    for (const row of rows) add(row, image, dot(corpus, row, x));
    return image;
  };
  return solve({ right, diagonal, multiply }, iterationsMax);
}

function dot(corpus: Corpus, row: PromptRow, weights: Float64Array): number {
  const form = corpus.surface(row.text);
  let sum = 0;
  for (let j = 0; j < form.length; j++) sum += surfaceScale * form[j]! * weights[j]!;
  const words = corpus.vector(row.text);
  for (let k = 0; k < words.columns.length; k++) {
    sum += words.weights[k]! * weights[form.length + words.columns[k]!]!;
  }
  return sum;
}

function gainError(rows: readonly PromptRow[], models: readonly string[], quality: Quality): number {
  let sum = 0;
  for (const row of rows) {
    const own = models.map((model) => row.training.scores.get(model));
    const first = own.findIndex((score) => score !== undefined);
    const estimated = quality(row);
    own.forEach((score, m) => {
      if (score === undefined || m === first) return;
      sum += (score - own[first]! - (estimated[m]! - estimated[first]!)) ** 2;
    });
  }
  return sum;
}
