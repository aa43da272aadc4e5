import type { PredictedModel } from '../../src/router/predictor/ability.ts';
import type { OwnAsk, OwnOutcomes } from '../../src/router/predictor/own/own-outcomes.ts';
import { shippedQuality, withOwn } from '../../src/router/predictor/own/reading.ts';
import { logistic, logit, type PredictorParameters } from '../../src/router/predictor/parameters.ts';
import type { Prediction, Predictor } from '../../src/router/predictor/predictor.ts';
import { prepareAsk } from '../../src/router/predictor/score.ts';
import type { RandomSource } from './random-source.ts';

export const strong: PredictedModel = { id: 'gpt-4-1106-preview', aliases: [], scores: [] };
export const weak: PredictedModel = { id: 'mixtral-8x7b-instruct-v0.1', aliases: [], scores: [] };

/** An ask like those that the predictor was trained on: structure about the mean, wording near one of its places. */
export function anyAsk(
  { mean, deviation, embedding, prototypes }: PredictorParameters,
  random: RandomSource,
): OwnAsk {
  const structural = Float32Array.from(mean, (value, i) => value + 0.8 * deviation[i]! * random.normal());
  const { dimensions, rows } = prototypes;
  const from = random.integer(rows.length / dimensions) * dimensions;
  const direction = Float32Array.from(
    { length: embedding.dimensions },
    (_, k) => rows[from + k]! / 127 + 0.05 * random.normal(),
  );
  const length = Math.hypot(...direction);
  for (let k = 0; k < direction.length; k++) direction[k]! /= length;
  const captured = 0.4 + 0.4 * random.uniform();
  return { ask: { structural, direction, captured }, task: 'lookup', language: 'en' };
}

/** Shares right by the shipped predictor alone, the reference first. */
export function shippedShares(predictor: Predictor, asked: OwnAsk): [number, number] {
  const [reference, other] = predictor.predict(asked, strong, [strong, weak]);
  return [shippedQuality(reference!, reference!), shippedQuality(other!, reference!)];
}

/** What is predicted of the weak model beside the strong one, with what was learned. */
export function predicted(predictor: Predictor, own: OwnOutcomes, asked: OwnAsk): Prediction {
  const models = [strong, weak];
  const shipped = predictor.predict(asked, strong, models);
  return withOwn(shipped, models, own.read(asked, models) ?? {}, predictor.parameters.calibration)[1]!;
}

/** The shares as they are where each model's logit is off by a linear score of the ask. */
export class TrueShares {
  readonly #predictor: Predictor;
  readonly #weights: Float64Array[];
  readonly #constants: [number, number];

  constructor(
    predictor: Predictor,
    { constants, featureSd }: { constants: [number, number]; featureSd: number },
    random: RandomSource,
  ) {
    const { mean, embedding } = predictor.parameters;
    this.#predictor = predictor;
    this.#constants = constants;
    this.#weights = constants.map(() =>
      Float64Array.from({ length: mean.length + embedding.dimensions }, () => featureSd * random.normal()),
    );
  }

  of(asked: OwnAsk): [number, number] {
    const { structural, embedding } = prepareAsk(asked.ask, this.#predictor.parameters);
    const x = [...structural.slice(1), ...embedding];
    const [reference, other] = shippedShares(this.#predictor, asked).map((share, m) =>
      logistic(
        logit(share) +
          this.#constants[m]! +
          x.reduce((sum, value, i) => sum + value * this.#weights[m]![i]!, 0),
      ),
    );
    return [reference!, other!];
  }
}

/** Has both models' answers to an ask graded right or wrong by these shares. */
export function learnPair(
  own: OwnOutcomes,
  asked: OwnAsk,
  shares: [number, number],
  random: RandomSource,
): void {
  [strong, weak].forEach((model, m) => {
    const score = random.uniform() < shares[m]! ? 1 : 0;
    own.learn({ ...asked, reference: strong, model, score });
  });
}

/** Recovered share of the gain, over all budgets, when asks are sent to the reference in this order; 0.5 for a coin. */
export function apgrOf(wish: readonly number[], gain: readonly number[]): number {
  const order = wish.map((_, i) => i).sort((a, b) => wish[b]! - wish[a]!);
  let sum = 0;
  let area = 0;
  for (const i of order) {
    area += sum + gain[i]! / 2;
    sum += gain[i]!;
  }
  return area / order.length / sum;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
