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
 * Models that think write several times as much (epoch.ai data insight on output lengths, 2025: about eight times on the same
 * questions); how many times is learned for each model.
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
  format: { mean: 0, variance: 0.1 },
  size: { mean: 0, variance: 0.01 },
} satisfies { [term: string]: TermPrior };
