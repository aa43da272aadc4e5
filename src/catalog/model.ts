/** Where a fact comes from and when it was read; every price, score and limit carries one. */
export interface FactSource {
  /** A short citation: publisher and page or file, e.g. `openai.com/api/pricing` or `models.dev (MIT)`. */
  source: string;
  /** ISO date of reading. */
  asOf: string;
}

/** What a model is for. Routes and chat endpoints take `chat` models only. */
export const modelKinds = ['chat', 'embedding', 'rerank', 'image', 'audio', 'moderation'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** What a licence asks, by what it is about; the words are in the obligation. */
export const obligationKinds = [
  'notice',
  'naming',
  'attribution',
  'size-limit',
  'territory',
  'non-commercial',
  'outputs',
  'acceptable-use',
] as const;

/** One thing that using a model obliges to. Words for people, not legal advice. */
export interface Obligation {
  kind: (typeof obligationKinds)[number];
  text: string;
  /** `weights`: only whoever runs the weights is bound; `always`: also who calls them at a vendor. */
  binds: 'weights' | 'always';
  /** Where it holds or what is excluded, as ISO 3166 codes or `EU`. */
  territories?: string[] | undefined;
}

export interface Licence {
  /** SPDX-like id, `proprietary` for closed models. */
  id: string;
  openWeights: boolean;
  commercialUse: 'yes' | 'no' | 'conditions' | 'unknown';
  /** Obligations or limits in words, e.g. «not in the EU, UK, South Korea». */
  notes?: string | undefined;
  /** Absent = none are known, which is not the same as none. */
  obligations?: Obligation[] | undefined;
  /** Where the terms were read; undefined where the model's own facts say. */
  readAt?: FactSource | undefined;
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

/** What another source says about a field, kept where sources disagree. */
export interface ModelEvidence extends FactSource {
  field: string;
  value: string | number | boolean;
}

/** What weights it is, whoever serves it. */
export interface Model {
  /** Catalogue name: bare, lower case, e.g. `gpt-4o`, `qwen2.5-72b-instruct`. */
  id: string;
  aliases: string[];
  name: string;
  /** Undefined = `chat`. */
  kind?: ModelKind | undefined;
  family: string;
  lab: string;
  /** ISO 3166 country of the lab. */
  origin: string;
  licence: Licence;
  released: string | undefined;
  contextTokens: number;
  /** 0 for models that write no text. */
  outputTokensMax: number;
  /** Length of an embedding's vector, at its longest. */
  dimensions?: number | undefined;
  capabilities: Capabilities;
  scores: Score[];
  facts: FactSource[];
  evidence?: ModelEvidence[] | undefined;
  /** A model of the sandbox: it answers from a script, and nothing about it counts. */
  simulated: boolean;
  /** What the fields cannot say, in words. */
  note?: string | undefined;
}
