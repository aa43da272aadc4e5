import { createRandom } from '../metrics/random.ts';
import type { Corpus } from './corpus.ts';
import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';

/** Length of a model's vector, and of a projected prompt. */
const rank = 16;
const epochs = 15;
const batch = 8;
const learningRate = 0.1;
/** Decay of weights over all rows, among which the fit chooses on a part it holds back. */
const decays = [0.7, 4, 15];
const heldShare = 0.2;
const trialRowsMax = 2500;
/** Pairs of models drawn from a prompt an epoch; a prompt answered by many models is not worth as many times more. */
const pairsPerRow = 4;

/**
 * RouteLLM's matrix factorisation (arXiv 2406.18665) on our features: P(a beats b) = σ(δ_a − δ_b), δ_m = v_m · (W x) + c_m, with x the
 * embedded prompt, fitted by AdaGrad on pairs of answers to the same prompt; equal answers count half for each.
 */
export const factorisationRouter: OfflineRouter = {
  id: 'factorisation',
  name: 'matrix factorisation',
  fit(prompts, models, { seed }) {
    const { rows, corpus } = prompts.answeredBy(models);
    const means = meanScores(rows, models);
    const answers = answersOf(rows, models, corpus);
    const random = createRandom(seed);
    const kept = Math.min(1, trialRowsMax / Math.max(1, answers.length));
    const draw = answers.map(() => (random() < kept ? random() : 2));
    const trial = answers.filter((_, i) => draw[i]! >= heldShare && draw[i]! <= 1);
    const held = answers.filter((_, i) => draw[i]! < heldShare);
    const errors = decays.map((decay) => lossOn(held, learn(trial, models.length, { decay, seed })));
    const decay = decays[errors.indexOf(Math.min(...errors))]!;
    const factors = learn(answers, models.length, { decay, seed });
    return {
      quality(row, reference) {
        const projected = project(factors, corpus.embedding(row.text));
        const strength = models.map((_, m) => strengthOf(factors, m, projected));
        // The soft label of a pair is half of one plus the difference of scores.
        return Float64Array.from(
          strength,
          (own) => means[reference]! + 2 * sigmoid(own - strength[reference]!) - 1,
        );
      },
    };
  },
};

/** A prompt with two or more answers. */
interface Answers {
  place: Float64Array;
  /** Models that answered, and their scores. */
  known: number[];
  scores: number[];
}

interface Factors {
  /** `rank` rows of the place's length. */
  projection: Float64Array[];
  vectors: Float64Array[];
  bias: Float64Array;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function answersOf(rows: readonly PromptRow[], models: readonly string[], corpus: Corpus): Answers[] {
  return rows.flatMap(({ text, training }) => {
    const known = models.flatMap((model, m) => (training.scores.has(model) ? [m] : []));
    if (known.length < 2) return [];
    return [
      { place: corpus.embedding(text), known, scores: known.map((m) => training.scores.get(models[m]!)!) },
    ];
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

const project = ({ projection }: Factors, place: Float64Array) =>
  Float64Array.from(projection, (row) => dot(row, place));

const strengthOf = ({ vectors, bias }: Factors, model: number, projected: Float64Array) =>
  bias[model]! + dot(vectors[model]!, projected);

function learn(
  answers: readonly Answers[],
  models: number,
  { decay, seed }: { decay: number; seed: number },
): Factors {
  const random = createRandom(seed);
  const size = answers[0]?.place.length ?? 0;
  const small = (length: number) => new Float64Array(length).map(() => (random() - 0.5) * 0.5);
  const ones = (length: number) => new Float64Array(length).fill(1e-2);
  const factors: Factors = {
    projection: Array.from({ length: rank }, () => small(size)),
    vectors: Array.from({ length: models }, () => small(rank)),
    bias: new Float64Array(models),
  };
  const squares: Factors = {
    projection: Array.from({ length: rank }, () => ones(size)),
    vectors: Array.from({ length: models }, () => ones(rank)),
    bias: ones(models),
  };
  const gradients: Factors = {
    projection: Array.from({ length: rank }, () => new Float64Array(size)),
    vectors: Array.from({ length: models }, () => new Float64Array(rank)),
    bias: new Float64Array(models),
  };
  const order = answers.map((_, i) => i);
  const decayPerRow = decay / answers.length;
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (let from = 0; from < order.length; from += batch) {
      const part = order.slice(from, from + batch);
      for (const i of part) addGradient(gradients, factors, answers[i]!, random);
      for (let d = 0; d < rank; d++) {
        descend(
          factors.projection[d]!,
          squares.projection[d]!,
          gradients.projection[d]!,
          decayPerRow * part.length,
        );
      }
      for (let m = 0; m < models; m++) {
        descend(factors.vectors[m]!, squares.vectors[m]!, gradients.vectors[m]!, decayPerRow * part.length);
      }
      descend(factors.bias, squares.bias, gradients.bias, 0);
    }
  }
  return factors;
}

function addGradient(into: Factors, factors: Factors, answers: Answers, random: () => number): void {
  const { place } = answers;
  const projected = project(factors, place);
  const pull = new Float64Array(rank);
  for (const { a, b, label } of pairsOf(answers, random)) {
    const va = factors.vectors[a]!;
    const vb = factors.vectors[b]!;
    const error = sigmoid(strengthOf(factors, a, projected) - strengthOf(factors, b, projected)) - label;
    into.bias[a]! += error;
    into.bias[b]! -= error;
    for (let d = 0; d < rank; d++) {
      pull[d]! += error * (va[d]! - vb[d]!);
      into.vectors[a]![d]! += error * projected[d]!;
      into.vectors[b]![d]! -= error * projected[d]!;
    }
  }
  for (let d = 0; d < rank; d++) {
    const row = into.projection[d]!;
    const amount = pull[d]!;
    for (let j = 0; j < row.length; j++) row[j]! += amount * place[j]!;
  }
}

/** One step of AdaGrad; clears the gradient. */
function descend(values: Float64Array, squares: Float64Array, gradient: Float64Array, decay: number): void {
  for (let j = 0; j < values.length; j++) {
    const slope = gradient[j]! + decay * values[j]!;
    gradient[j] = 0;
    squares[j]! += slope * slope;
    values[j]! -= (learningRate * slope) / Math.sqrt(squares[j]!);
  }
}

/** Two answers to one prompt; `label` is the share of the win that is a's. */
interface Pair {
  a: number;
  b: number;
  label: number;
}

function pairsOf({ known, scores }: Answers, random: () => number): Pair[] {
  const all = (known.length * (known.length - 1)) / 2;
  const pairs: Pair[] = [];
  for (let drawn = 0; drawn < Math.min(pairsPerRow, all); drawn++) {
    const first = Math.floor(random() * known.length);
    const second = (first + 1 + Math.floor(random() * (known.length - 1))) % known.length;
    pairs.push({ a: known[first]!, b: known[second]!, label: (1 + scores[first]! - scores[second]!) / 2 });
  }
  return pairs;
}

function lossOn(answers: readonly Answers[], factors: Factors): number {
  let sum = 0;
  for (const { place, known, scores } of answers) {
    const projected = project(factors, place);
    const own = known.map((m) => strengthOf(factors, m, projected));
    for (let k = 1; k < known.length; k++) {
      const label = (1 + scores[k]! - scores[0]!) / 2;
      sum += (sigmoid(own[k]! - own[0]!) - label) ** 2;
    }
  }
  return sum;
}

function shuffle(values: number[], random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}
