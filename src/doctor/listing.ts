import { nearNames } from '../catalog/index.ts';
import { isObject, type JsonObject } from '../protocol/index.ts';
import type { Vendor } from '../providers/index.ts';
import { listedModels } from '../providers/index.ts';

/** Under which names providers tell how much context a model has: vLLM, OpenRouter, Groq and Together, Mistral, Gemini, Anthropic. */
const contextFields = [
  'max_model_len',
  'context_length',
  'context_window',
  'max_context_length',
  'inputTokenLimit',
  'max_input_tokens',
];

/** What a provider lists; empty where it lists nothing. */
export interface Listing {
  readonly names: readonly string[];
  has(name: string): boolean;
  near(name: string): string[];
  contextTokens(name: string): number | undefined;
}

export const noListing: Listing = {
  names: [],
  has: () => false,
  near: () => [],
  contextTokens: () => undefined,
};

/** Reads an answer to `GET /models`: `data` with ids, or `models` with names as Gemini has it. Undefined where it is neither. */
export function readListing(vendor: Vendor, body: unknown): Listing | undefined {
  if (!isObject(body)) return undefined;
  const rows = rowsOf(body);
  if (rows === undefined) return undefined;
  const usable = new Set(listedModels(vendor, body));
  const byName = new Map<string, JsonObject>();
  for (const row of rows) {
    const name = nameOf(row);
    if (name !== undefined && (body['data'] === undefined || usable.has(name))) byName.set(name, row);
  }
  const names = [...byName.keys()];
  return {
    names,
    has: (name) => byName.has(name) || byName.has(`${name}:latest`),
    near: (name) => nearNames(name, names),
    contextTokens(name) {
      const row = byName.get(name);
      if (row === undefined) return undefined;
      const found = contextFields.map((field) => row[field]).find((value) => typeof value === 'number');
      return typeof found === 'number' && found > 0 ? found : undefined;
    },
  };
}

function rowsOf(body: JsonObject): JsonObject[] | undefined {
  const rows = body['data'] ?? body['models'];
  return Array.isArray(rows) ? (rows as unknown[]).filter((row) => isObject(row)) : undefined;
}

function nameOf(row: JsonObject): string | undefined {
  const name = row['id'] ?? row['name'];
  return typeof name === 'string' && name !== '' ? name.replace(/^models\//, '') : undefined;
}
