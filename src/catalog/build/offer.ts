import type { ModelKind } from '../model.ts';

/** One size tier of a quoted price, USD per 1M tokens, as the source states it. */
export interface QuotedTier {
  inputTokensAbove: number;
  input: number;
  output: number;
  outputThinking?: number | undefined;
  cacheRead?: number | undefined;
  cacheWrite?: number | undefined;
  cacheWrite1h?: number | undefined;
}

export const priceFields = [
  'input',
  'output',
  'outputThinking',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
] as const satisfies (keyof QuotedTier)[];

export type PriceField = (typeof priceFields)[number];

/** A source a build reads: its citation, and when it was read. */
export interface BuildSource {
  /** Short, for keys and reports, e.g. `models.dev`. */
  key: string;
  citation: string;
  asOf: string;
}

/** What a source says about one model at one vendor. Absent = it does not say. */
export interface Offer {
  source: string;
  /** The model's name there, as the vendor calls it. */
  native: string;
  vendor: string;
  region: string | undefined;
  tiers: QuotedTier[];
  name: string | undefined;
  kind: ModelKind;
  released: string | undefined;
  /** ISO date from which the vendor no longer serves it. */
  retired: string | undefined;
  contextTokens: number | undefined;
  outputTokensMax: number | undefined;
  openWeights: boolean | undefined;
  tools: boolean;
  parallelTools: boolean;
  jsonSchema: boolean;
  imageInput: boolean;
  documentInput: boolean;
  reasoning: 'none' | 'optional' | 'always';
}

/** What a file holds, and how much of it speaks of vendors nobody can configure here. */
export interface ReadSource {
  offers: Offer[];
  /** Entries by the source's own vendor name. */
  unmapped: { [provider: string]: number };
}
