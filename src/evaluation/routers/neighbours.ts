import { createRandom } from '../metrics/random.ts';
import type { Corpus, SparseVector } from './corpus.ts';
import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';

/** Neighbours, and the weight of the model's mean beside theirs, among which the fit chooses on its own rows. */
const choices = [10, 25, 50, 100].flatMap((count) => [1, 3, 8].map((prior) => ({ count, prior })));
const neighboursMax = 240;
const trialsMax = 300;
/** A term that more than this share of the rows has says little and costs most of the time. */
const commonShare = 0.25;

/** k nearest prompts by cosine of tf-idf, weighted by it, drawn to the model's mean; k chosen by leaving out rows of the fit. */
export const neighboursRouter: OfflineRouter = {
  id: 'neighbours',
  name: 'nearest neighbours',
  fit(prompts, models, { seed }) {
    const { rows, corpus } = prompts.answeredBy(models);
    const scores = rows.map(({ training }) => models.map((model) => training.scores.get(model)));
    const means = meanScores(rows, models);
    const index = indexOf(rows, corpus);
    const estimate = (near: Neighbour[], { count, prior }: Choice) =>
      estimateOf(near, scores, means, count, prior);
    const chosen = chooseOn(
      trialsOf(rows.length, seed),
      (i) => nearest(index, corpus.vector(rows[i]!.text), i),
      {
        scores,
        estimate,
      },
    );
    return {
      quality: (row) => estimate(nearest(index, corpus.vector(row.text), -1), chosen),
    };
  },
};

type Choice = (typeof choices)[number];

interface Neighbour {
  row: number;
  similarity: number;
}

/** For each column, the rows that have it. */
interface Index {
  rows: number;
  start: Int32Array;
  row: Int32Array;
  weight: Float64Array;
}

function indexOf(rows: readonly PromptRow[], corpus: Corpus): Index {
  const vectors = rows.map((row) => corpus.vector(row.text));
  const count = new Int32Array(corpus.columns);
  for (const { columns } of vectors) for (const column of columns) count[column]! += 1;
  const most = Math.max(20, commonShare * rows.length);
  const start = new Int32Array(corpus.columns + 1);
  for (let c = 0; c < corpus.columns; c++) start[c + 1] = start[c]! + (count[c]! > most ? 0 : count[c]!);
  const next = start.slice();
  const index = {
    rows: rows.length,
    start,
    row: new Int32Array(start[corpus.columns]!),
    weight: new Float64Array(start[corpus.columns]!),
  };
  vectors.forEach(({ columns, weights }, i) => {
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k]!;
      if (start[column] === start[column + 1]) continue;
      index.row[next[column]!] = i;
      index.weight[next[column]!] = weights[k]!;
      next[column]! += 1;
    }
  });
  return index;
}

/** The nearest rows, nearest first; never `except`. */
function nearest(index: Index, { columns, weights }: SparseVector, except: number): Neighbour[] {
  const similarity = new Float64Array(index.rows);
  for (let k = 0; k < columns.length; k++) {
    const weight = weights[k]!;
    for (let at = index.start[columns[k]!]!; at < index.start[columns[k]! + 1]!; at++) {
      similarity[index.row[at]!]! += weight * index.weight[at]!;
    }
  }
  const found: Neighbour[] = [];
  let least = 0;
  for (let row = 0; row < index.rows; row++) {
    if (similarity[row]! <= least || row === except) continue;
    found.push({ row, similarity: similarity[row]! });
    if (found.length < 2 * neighboursMax) continue;
    found.sort(byNearness);
    found.length = neighboursMax;
    least = found.at(-1)!.similarity;
  }
  return found.sort(byNearness).slice(0, neighboursMax);
}

const byNearness = (a: Neighbour, b: Neighbour) => b.similarity - a.similarity || a.row - b.row;

function estimateOf(
  near: Neighbour[],
  scores: readonly (number | undefined)[][],
  means: Float64Array,
  count: number,
  prior: number,
): Float64Array {
  return means.map((mean, m) => {
    let used = 0;
    let total = 0;
    let sum = 0;
    let nearestOne = 0;
    for (const { row, similarity } of near) {
      const score = scores[row]![m];
      if (score === undefined) continue;
      if (used === 0) nearestOne = similarity;
      total += similarity;
      sum += similarity * score;
      used += 1;
      if (used === count) break;
    }
    // The prior weighs so many neighbours as near as the nearest.
    const belief = prior * Math.max(nearestOne, 1e-9);
    return (sum + belief * mean) / (total + belief);
  });
}

function trialsOf(rows: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: Math.min(trialsMax, rows) }, () => Math.floor(random() * rows));
}

/** The choice with the least squared error of differences to the first model, which is what routing lives on. */
function chooseOn(
  trials: number[],
  nearestOf: (row: number) => Neighbour[],
  fit: {
    scores: readonly (number | undefined)[][];
    estimate: (near: Neighbour[], choice: Choice) => Float64Array;
  },
): Choice {
  const errors = new Float64Array(choices.length);
  for (const i of trials) {
    const near = nearestOf(i);
    const own = fit.scores[i]!;
    const first = own.findIndex((score) => score !== undefined);
    for (const [c, choice] of choices.entries()) {
      const estimated = fit.estimate(near, choice);
      own.forEach((score, m) => {
        if (score === undefined || m === first) return;
        errors[c]! += (score - own[first]! - (estimated[m]! - estimated[first]!)) ** 2;
      });
    }
  }
  return choices[errors.indexOf(Math.min(...errors))]!;
}
