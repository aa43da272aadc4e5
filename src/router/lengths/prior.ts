import type { TaskFamily } from '../decision.ts';

/** How a candidate was, or would be, asked to think: by its preset, by the client, or not at all. */
export type Thinking = 'off' | 'low' | 'high' | 'asked' | 'always' | 'default';

/** What the request says about the answer's form. */
export type AnswerFormat = 'free' | 'short' | 'json-schema';

/** Usual tokens of an answer without thinking, by family of work: a guess that the first dozens of answers replace. */
export const usualOutputTokens: Record<TaskFamily, number> = {
  chat: 300,
  lookup: 150,
  extraction: 200,
  rewrite: 300,
  translate: 300,
  summarise: 300,
  maths: 300,
  code: 600,
  'agent-step': 300,
  reasoning: 400,
  'long-context': 500,
  creative: 800,
  utility: 60,
};

/** What a term adds to the logarithm of the length before anything was seen, and how far that may be from the truth. */
export interface TermPrior {
  mean: number;
  variance: number;
}

/** Standard deviation of the logarithm among answers of one model to one family of work. */
export const spreadPrior = 0.8;

export const taskTerm = (task: TaskFamily): TermPrior => ({
  // The table holds means; a log-normal's mean is above its median by half the variance.
  mean: Math.log(usualOutputTokens[task]) - (spreadPrior * spreadPrior) / 2,
  variance: 1,
});

/**
 * Models that think write several times as much: about eight times as many tokens as models that do not, on three sets of hard questions
 * (epoch.ai/data-insights/output-length, 17 April 2025). What the presets of one model make of it is assumed, and how many times it
 * is for each model is learned.
 */
const thinkingMeans: Record<Thinking, number> = {
  off: 0,
  low: Math.log(3),
  high: Math.log(10),
  asked: Math.log(5),
  always: Math.log(5),
  default: 0,
};
export const thinkingTerm = (thinking: Thinking): TermPrior => ({
  mean: thinkingMeans[thinking],
  // «Off» is what the other terms describe: giving it freedom of its own would only make them drift.
  variance: thinking === 'off' ? 0.01 : 0.5,
});

/**
 * How many times as long answers with full thinking are, by family of work. Maths, puzzles and plain knowledge: shares of reasoning in 19 thinking models'
 * tokens (Nous Research, «Measuring Thinking Efficiency in Reasoning Models», 2025, and its repository cpldcpu/LRMTokenEconomy): .6 to .97 for
 * puzzles, .7 to .95 for maths, .6 to .9 for knowledge. The others are guesses: what is written out anyway makes thinking the smaller part.
 */
const highTimes: Partial<Record<TaskFamily, number>> = {
  lookup: 5,
  'agent-step': 5,
  chat: 4,
  extraction: 4,
  utility: 4,
  'long-context': 4,
  translate: 3,
  rewrite: 3,
  summarise: 3,
  creative: 3,
};

/** What a family of work changes of what thinking does to the length, in proportion to how much is thought. */
export const thinkingTaskTerm = (thinking: Thinking, task: TaskFamily): TermPrior => ({
  mean: Math.log((highTimes[task] ?? 10) / 10) * (thinkingMeans[thinking] / thinkingMeans.high),
  variance: 0.3,
});

const formatMeans: Record<AnswerFormat, number> = {
  free: 0,
  short: Math.log(0.4),
  'json-schema': Math.log(0.7),
};
export const formatTerm = (format: AnswerFormat): TermPrior => ({
  mean: formatMeans[format],
  variance: format === 'free' ? 0.01 : 0.4,
});

/** Elasticity of the answer's length in the ask's: what is rewritten or translated is as long as its source. */
export const sizeTerm = (task: TaskFamily): TermPrior => ({
  mean: task === 'translate' || task === 'rewrite' ? 0.7 : 0.1,
  variance: 0.04,
});

/** One model's own deviations from what all models do. */
export const modelTerms = {
  model: { mean: 0, variance: 0.2 },
  task: { mean: 0, variance: 0.1 },
  thinking: { mean: 0, variance: 0.4 },
  thinkingTask: { mean: 0, variance: 0.1 },
  format: { mean: 0, variance: 0.1 },
  size: { mean: 0, variance: 0.01 },
} satisfies { [term: string]: TermPrior };
