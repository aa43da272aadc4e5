/**
 * A fleet whose truth is known: hybrid models with a latent ability, an effect of thinking per kind of work that grows with difficulty, and log-normal
 * lengths. What is routed sees of it only what a gateway would: the text, prices, published scores, outcomes, lengths of earlier answers.
 */

import type { Candidate } from '../../src/catalog/index.ts';
import { canonicalModels } from '../../src/evaluation/known-models.ts';
import { fitPredictor } from '../../src/evaluation/training/fit.ts';
import { type TrainingRow, trainingRow } from '../../src/evaluation/training/row.ts';
import {
  createPredictor,
  type DecideInput,
  decide,
  lengthQuestion,
  logistic,
  OutputLengths,
  type Predictor,
  type Shape,
  type TaskFamily,
  type TokenRates,
  taskFamilies,
  thinkingGain,
} from '../../src/router/index.ts';
import { candidate, chat, input, rates, read } from './fixtures.ts';
import { randomSource } from './random-source.ts';

export interface Ask {
  text: string;
  task: TaskFamily;
  reading: ReturnType<typeof read>;
  /** Logits: a model of this ability is right half of the time when it thinks. */
  hardness: number;
}

export interface HybridModel {
  id: string;
  /** GPQA Diamond with thinking, in percent, as published. */
  gpqa: number;
  /** With thinking, on the predictor's scale. */
  ability: number;
  /** USD per million tokens. */
  rates: TokenRates;
  /** Its answers are so many times as long as others'. */
  wordiness: number;
}

export interface World {
  name: string;
  /** Effect of thinking in logits, given what the prior says. */
  gain: (task: TaskFamily, prior: { mean: number; sd: number }, normal: () => number) => number;
}

/** The spread between models that the prior states, drawn anew for each. */
export const worlds: World[] = [
  { name: 'prior right', gain: (_, { mean, sd }, normal) => mean + sd * normal() },
  { name: 'half of it', gain: (_, { mean, sd }, normal) => (mean + sd * normal()) / 2 },
  {
    name: 'wrong sign for code',
    gain: (task, { mean, sd }, normal) => (task === 'code' ? -mean : mean) + sd * normal(),
  },
  { name: 'helps nowhere', gain: (_, { sd }, normal) => 0.1 * sd * normal() },
  { name: 'helps everywhere alike', gain: () => 1.5 },
];

export type Mode = 'off' | 'high';
const modes: readonly Mode[] = ['off', 'high'];

/** What one model does with one ask, in one mode. */
export interface Answered {
  /** Chance to be right. */
  quality: number;
  right: boolean;
  tokens: number;
  costUsd: number;
}

export interface Truth {
  models: HybridModel[];
  answer: (model: number, mode: Mode, ask: Ask) => Answered;
}

const usualTokens: Partial<Record<TaskFamily, number>> = {
  lookup: 120,
  code: 500,
  chat: 350,
  creative: 700,
  utility: 40,
};
const timesHigh: Partial<Record<TaskFamily, number>> = { maths: 10, code: 9, reasoning: 12, lookup: 4 };

/** Lengths are off what the prior assumes by half as much again, one way or the other, for each model and kind of work. */
const lengthDoubt = 0.4;

export function truthOf(world: World, models: HybridModel[], seed: number): Truth {
  const random = randomSource(seed);
  const normal = () => random.normal();
  // Before anything is asked, so that a truth does not depend on the order of the asks.
  const drawn = models.map(
    () =>
      new Map(
        taskFamilies.map((task) => [
          task,
          {
            gain: world.gain(task, thinkingGain(task), normal),
            times: (timesHigh[task] ?? 4) * Math.exp(lengthDoubt * normal()),
            plain: (usualTokens[task] ?? 250) * Math.exp(lengthDoubt * normal()),
          },
        ]),
      ),
  );
  return {
    models,
    answer(index, mode, ask) {
      const model = models[index]!;
      const { gain, times, plain } = drawn[index]!.get(ask.task)!;
      const grows = 0.5 + logistic(ask.hardness);
      const lacks = mode === 'off' ? gain * grows : 0;
      const quality = logistic(model.ability - ask.hardness - lacks);
      const hard = Math.max(-2, Math.min(2, ask.hardness));
      const location =
        Math.log(plain * model.wordiness) + (mode === 'off' ? 0.1 * hard : Math.log(times) + 0.3 * hard);
      const tokens = Math.min(32_000, Math.max(1, Math.round(Math.exp(location + 0.6 * normal()))));
      const { inputTokensEstimate } = ask.reading.shape;
      const picoUsd = tokens * model.rates.output + inputTokensEstimate * model.rates.input;
      return { quality, right: random.uniform() < quality, tokens, costUsd: picoUsd / 1e12 };
    },
  };
}

/** Who may answer: each model in both modes; the first model thinking is the reference. */
function candidatesOf(models: HybridModel[]): Candidate[] {
  return models.flatMap(({ id, gpqa }) => {
    const plain = candidate({ id, outputTokensMax: 32_000 });
    const score = { benchmark: 'GPQA Diamond', value: gpqa, source: 'test', asOf: '2026-01-01' };
    const model = { ...plain.deployment.model, scores: [score] };
    const deployment = { ...plain.deployment, model };
    return [...modes].map((effort): Candidate => ({ id: `${plain.id}#${effort}`, deployment, effort }));
  });
}

/** What a gateway has learned: a predictor, and the lengths of answers. */
export interface Learned {
  predictor: Predictor;
  lengths: OutputLengths;
}

/** Outcomes of one's own, as an outcomes file holds them: both modes of each model on each ask, labelled right or wrong. */
export function learnFrom(asks: Ask[], truth: Truth): Learned {
  const lengths = new OutputLengths();
  const canonical = canonicalModels();
  const candidates = candidatesOf(truth.models);
  const rows = asks.map((ask, i): TrainingRow => {
    const outcomes = new Map(
      candidates.map((each, c) => {
        const { right, tokens, costUsd } = truth.answer(c >> 1, modes[c & 1]!, ask);
        lengths.observe({ ...lengthQuestion(each, ask.reading.shape), tokens, whole: true });
        const name = `${each.deployment.model.id}#${each.effort}`;
        return [name, { score: right ? 1 : 0, costUsd, inTokens: undefined, outTokens: tokens }] as const;
      }),
    );
    const row = { id: `${i}`, source: 'own', sub: undefined, lang: 'en', prompt: ask.text, outcomes };
    return trainingRow('own', row, canonical);
  });
  return { predictor: createPredictor(fitPredictor(rows)), lengths };
}

/** Index of the candidate that `decide` sends the ask to, at this price of a whole answer of quality. */
function pick(
  ask: Ask,
  candidates: Candidate[],
  models: HybridModel[],
  lambdaUsd: number,
  { predictor, lengths }: Learned,
): number {
  const { shape } = ask.reading;
  const decision = decide(
    inputFor(ask, candidates, models, lengths, shape, { kind: 'usd-per-quality', value: lambdaUsd }),
    predictor,
  );
  return candidates.findIndex(({ id }) => id === decision.plan[0]);
}

function inputFor(
  ask: Ask,
  candidates: Candidate[],
  models: HybridModel[],
  lengths: OutputLengths,
  shape: Shape,
  target: DecideInput['target'],
): DecideInput {
  return {
    ...input(chat([ask.text])),
    reading: ask.reading,
    reference: candidates[1]!,
    candidates: candidates.map((each, c) => ({
      candidate: each,
      rates: models[c >> 1]!.rates,
      expectedOutputTokens: lengths.expected(lengthQuestion(each, shape), 32_000),
    })),
    target,
  };
}

export const untaught = (predictor: Predictor): Learned => ({ predictor, lengths: new OutputLengths() });

/** A frontier-class model with dear tokens and a small one, in the way such pairs are priced and scored. */
export const bigModel: HybridModel = {
  id: 'big',
  gpqa: 82,
  ability: 2.8,
  rates: rates(1, 5),
  wordiness: 1,
};
export const smallModel: HybridModel = {
  id: 'small',
  gpqa: 65,
  ability: 1.9,
  rates: rates(0.15, 0.6),
  wordiness: 1.1,
};

export function askOf(text: string, hardness: number): Ask {
  const reading = read(chat([text]));
  return { text, task: reading.shape.task, reading, hardness };
}

const topics = 'rivers harvests lanterns bridges violins glaciers markets orchards engines letters'.split(
  ' ',
);
const clauses = [
  'and then the share is doubled',
  'where every third one is left out',
  'if two of them arrive late',
  'while the rest stays as it was',
  'unless the total is odd',
  'after which a tenth is returned',
];

/** Asks of many kinds; the longer ones are, in the mean, the harder ones. */
export function writtenAsks(count: number, seed: number): Ask[] {
  const random = randomSource(seed);
  const one = <T>(list: readonly T[]) => list[Math.floor(random.uniform() * list.length)]!;
  const number = () => 2 + Math.floor(random.uniform() * 900);
  return Array.from({ length: count }, (_, i) => {
    const extra = Math.floor(random.uniform() * 5);
    const more = Array.from({ length: extra }, () => one(clauses)).join(', ');
    const topic = one(topics);
    const kinds: [string, number][] = [
      [
        `There are ${number()} ${topic} and each holds ${number()} parts, ${more}. How many parts are there in total?`,
        0,
      ],
      [`Implement a python function that sorts ${topic} by age (as a list), ${more}. Return def only.`, -0.2],
      [`Explain why ${topic} decline ${more} and compare two causes, step by step.`, -0.3],
      [`What is the name of the oldest known ${topic} number ${number()}?`, -0.2],
      [`Hello there, tell me something nice about ${topic} today, ${more}!`, -1.5],
      [`Translate into French: the ${topic} were sold at ${number()}, ${more}.`, -2],
      [`Summarise in short: the ${topic} report of ${number()} says ${more}.`, -2],
      [`Extract all entities as a list: ${topic}, ${number()}, ${more}.`, -1.8],
    ];
    const [text, base] = kinds[i % kinds.length]!;
    return askOf(text, base + 0.5 * (extra - 2) + 0.8 * random.normal());
  });
}

/** Means over asks of one way of answering. */
export interface Outcome {
  quality: number;
  costUsd: number;
}

/** One ask under each way of answering: each candidate alone, as picked, and as whoever knew the truth would. */
export interface Trial {
  alone: Outcome[];
  picked: Outcome;
  oracle: Outcome;
}

/** What each candidate answers to each ask. */
export function answersTo(asks: Ask[], truth: Truth): Answered[][] {
  return asks.map((ask) =>
    candidatesOf(truth.models).map((_, c) => truth.answer(c >> 1, modes[c & 1]!, ask)),
  );
}

export function tryAll(
  asks: Ask[],
  answers: Answered[][],
  models: HybridModel[],
  lambdaUsd: number,
  learned: Learned,
): Trial[] {
  const candidates = candidatesOf(models);
  const worth = ({ quality, costUsd }: Outcome) => lambdaUsd * quality - costUsd;
  return asks.map((ask, i): Trial => {
    const alone = answers[i]!;
    const picked = alone[pick(ask, candidates, models, lambdaUsd, learned)]!;
    const oracle = alone.reduce((best, each) => (worth(each) > worth(best) ? each : best));
    return { alone, picked, oracle };
  });
}

export interface Compared {
  alone: Outcome[];
  picked: Outcome;
  oracle: Outcome;
  /** Of the candidate that alone is worth most, known only afterwards. */
  bestAlone: number;
  /** Picked less the best alone, in quality × λ − cost, as a share of λ: in points of quality. */
  gainPoints: number;
  /** Share of the cost saved against a coin between two candidates alone that reaches the same quality; undefined where none does. */
  savedAtEqualQuality: number | undefined;
}

export function compare(trials: Trial[], lambdaUsd: number): Compared {
  const alone = trials[0]!.alone.map((_, c) => meanOf(trials.map((trial) => trial.alone[c]!)));
  const picked = meanOf(trials.map((trial) => trial.picked));
  const worth = ({ quality, costUsd }: Outcome) => quality - costUsd / lambdaUsd;
  const bestAlone = alone.reduce((best, each, c) => (worth(each) > worth(alone[best]!) ? c : best), 0);
  const mixed = cheapestMix(alone, picked.quality);
  return {
    alone,
    picked,
    oracle: meanOf(trials.map((trial) => trial.oracle)),
    bestAlone,
    gainPoints: 100 * (worth(picked) - worth(alone[bestAlone]!)),
    savedAtEqualQuality: mixed === undefined ? undefined : 1 - picked.costUsd / mixed,
  };
}

function meanOf(outcomes: Outcome[]): Outcome {
  let quality = 0;
  let costUsd = 0;
  for (const each of outcomes) {
    quality += each.quality / outcomes.length;
    costUsd += each.costUsd / outcomes.length;
  }
  return { quality, costUsd };
}

/** The least cost at which a coin between two candidates, or one alone, reaches the quality. */
function cheapestMix(alone: Outcome[], quality: number): number | undefined {
  let least: number | undefined;
  for (const low of alone) {
    for (const high of alone) {
      if (high.quality < quality) continue;
      const share =
        low.quality >= quality || high.quality === low.quality
          ? 0
          : (quality - low.quality) / (high.quality - low.quality);
      const costUsd = low.costUsd + share * (high.costUsd - low.costUsd);
      least = least === undefined ? costUsd : Math.min(least, costUsd);
    }
  }
  return least;
}

/** 95 % interval of a figure over draws of the world and asks within them, both drawn again. */
export function intervalOf(
  draws: Trial[][],
  figure: (trials: Trial[]) => number | undefined,
  { replicates = 300, seed = 1 }: { replicates?: number; seed?: number } = {},
): [low: number, high: number] {
  const random = randomSource(seed);
  const values: number[] = [];
  for (let i = 0; i < replicates; i++) {
    const sample = draws.flatMap(() => {
      const draw = draws[random.integer(draws.length)]!;
      return draw.map(() => draw[random.integer(draw.length)]!);
    });
    const value = figure(sample);
    if (value !== undefined) values.push(value);
  }
  values.sort((a, b) => a - b);
  const at = (share: number) =>
    values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
  return [at(0.025), at(0.975)];
}
