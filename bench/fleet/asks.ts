import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { OutcomeRow } from '../../src/evaluation/index.ts';
import { isObject, type JsonObject } from '../../src/protocol/index.ts';

/** A recorded prompt as a client sends it. */
export interface RecordedAsk {
  row: OutcomeRow;
  /** In the form of chat completions; none where none is recorded. */
  tools: JsonObject[];
  /** Stands for the examples and instructions around the prompt, of which only the number of tokens is recorded. */
  system: string | undefined;
}

/**
 * The rows as asks, and how many were left out because another row asks the same: outcomes are found again by what is asked.
 *
 * @param sizedBy the model whose recorded input tokens say how large the request was
 */
export function asksOf(
  rows: readonly OutcomeRow[],
  sizedBy: string,
  toolsOf: (id: string) => JsonObject[],
): { asks: RecordedAsk[]; twins: number } {
  const asks = new Map<string, RecordedAsk>();
  for (const row of rows) {
    const tools = toolsOf(row.id);
    const key = askKey(row.prompt, tools.map(nameOf));
    if (!asks.has(key)) asks.set(key, { row, tools, system: surroundings(row, tools, sizedBy) });
  }
  return { asks: [...asks.values()], twins: rows.length - asks.size };
}

/** The ask as chat completions. */
export function bodyOf({ row, system, tools }: RecordedAsk, model: string): JsonObject {
  const before = system === undefined ? [] : [{ role: 'system', content: system }];
  return {
    model,
    messages: [...before, { role: 'user', content: row.prompt }],
    ...(tools.length === 0 ? {} : { tools }),
  };
}

/** What tells one ask from another, also at the upstream: the newest user text and the names of the tools. */
export const askKey = (prompt: string, tools: readonly string[]) => JSON.stringify([prompt, ...tools]);

const nameOf = (tool: JsonObject) => String(isObject(tool['function']) ? tool['function']['name'] : '');

const filler =
  'The examples that stood here when this was recorded are not known, only how long they were.\n';
const fillerTokens = countTokens(filler);

function surroundings({ prompt, outcomes }: OutcomeRow, tools: JsonObject[], model: string) {
  const known = countTokens(prompt) + (tools.length === 0 ? 0 : countTokens(JSON.stringify(tools)));
  const missing = (outcomes.get(model)?.inTokens ?? 0) - known;
  const times = Math.round(missing / fillerTokens);
  return times < 1 ? undefined : filler.repeat(times);
}

/** The tools of a file's rows by their id; the reader of outcomes does not need them. */
export function recordedTools(path: string): (id: string) => JsonObject[] {
  const found = new Map<string, JsonObject[]>();
  for (const line of gunzipSync(readFileSync(path)).toString('utf8').split('\n')) {
    if (!line.includes('"tools_json"')) continue;
    const row = JSON.parse(line) as { id: string; tools_json: string };
    found.set(row.id, toolsIn(row.tools_json));
  }
  return (id) => found.get(id) ?? [];
}

/** One function, or a list of them, as the benchmark describes them. A few rows hold several without being a list. */
function toolsIn(text: string): JsonObject[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = JSON.parse(`[${text.replaceAll(/\}\s*\{"name"/g, '},{"name"')}]`);
  }
  return (Array.isArray(value) ? value : [value]).filter(isObject).map(toolOf);
}

function toolOf({ name, description, parameters }: JsonObject): JsonObject {
  // The recorded calls have these names: no vendor takes dots in them.
  const called = String(name).replaceAll('.', '_');
  return {
    type: 'function',
    function: { name: called, description, parameters: schemaOf(parameters) },
  };
}

const jsonTypes: { [type: string]: string | undefined } = { dict: 'object', float: 'number', tuple: 'array' };

/**
 * The benchmark's schemas in JSON Schema. What calls must have is left out, and enumerations: recorded calls are in lower case and cut after 300
 * characters, which the real ones were not.
 */
function schemaOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, own]): [string, unknown][] => {
    if ((key === 'enum' || key === 'required') && Array.isArray(own)) return [];
    if (key !== 'type' || typeof own !== 'string') return [[key, schemaOf(own)]];
    return own === 'any' ? [] : [[key, jsonTypes[own] ?? own]];
  });
  return Object.fromEntries(entries);
}
