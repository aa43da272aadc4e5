/** What one model achieved on one prompt. */
export interface Outcome {
  /** 0..1. */
  score: number;
  /** Undefined when neither the file nor `--prices` tells it. */
  costUsd: number | undefined;
  inTokens: number | undefined;
  outTokens: number | undefined;
  /** The normalised final answer, to compare it with others; undefined where there is none or the file does not record any. */
  answer?: string | undefined;
}

/** One prompt with the outcomes of several models: a line of an outcomes file. */
export interface OutcomeRow {
  id: string;
  source: string;
  /** Finer than `source`, e.g. the subject; undefined where the file has none. */
  sub: string | undefined;
  lang: string;
  /** The newest user ask. */
  prompt: string;
  outcomes: Map<string, Outcome>;
}

/** USD per 1M input and output tokens, by model name as the outcomes file writes it. */
export type PriceTable = ReadonlyMap<string, { input: number; output: number }>;
