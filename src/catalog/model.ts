/** Where a fact comes from and when it was read; every price, score and limit carries one. */
export interface FactSource {
  /** A short citation: publisher and page or file, e.g. `openai.com/api/pricing` or `models.dev (MIT)`. */
  source: string;
  /** ISO date of reading. */
  asOf: string;
}

export interface Licence {
  /** SPDX-like id, `proprietary` for closed models. */
  id: string;
  openWeights: boolean;
  commercialUse: 'yes' | 'no' | 'conditions' | 'unknown';
  /** Obligations or limits in words, e.g. «not in the EU, UK, South Korea». */
  notes?: string | undefined;
}

export interface Capabilities {
  tools: boolean;
  parallelTools: boolean;
  jsonSchema: boolean;
  /** False: the model refuses temperature, top_p, top_k and penalties. Undefined = it takes them. */
  sampling?: boolean | undefined;
  /** False: the model refuses a `tool_choice` that forces a call. Undefined = it obeys. */
  forcedToolChoice?: boolean | undefined;
  imageInput: boolean;
  documentInput: boolean;
  /** `optional` can be switched, `always` cannot be switched off. */
  reasoning: 'none' | 'optional' | 'always';
}

/** A published benchmark result, 0..100, on a named harness. */
export interface Score extends FactSource {
  benchmark: string;
  value: number;
}

/** What weights it is, whoever serves it. */
export interface Model {
  /** Catalogue name: bare, lower case, e.g. `gpt-4o`, `qwen2.5-72b-instruct`. */
  id: string;
  aliases: string[];
  name: string;
  family: string;
  lab: string;
  /** ISO 3166 country of the lab. */
  origin: string;
  licence: Licence;
  released: string | undefined;
  contextTokens: number;
  outputTokensMax: number;
  capabilities: Capabilities;
  scores: Score[];
  facts: FactSource[];
  /** A model of the sandbox: it answers from a script, and nothing about it counts. */
  simulated: boolean;
  /** What the fields cannot say, in words. */
  note?: string | undefined;
}
