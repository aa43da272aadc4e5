import { isObject, type JsonObject } from '../json.ts';
import type { ToolChoice } from '../request.ts';
import { reject } from './read.ts';

export interface DecodedToolChoice {
  choice: ToolChoice | undefined;
  /** The names of an `allowed_tools` choice: other dialects say the same by offering only those tools. */
  allowed: ReadonlySet<string> | undefined;
}

const choiceWords: readonly unknown[] = ['auto', 'none', 'required'];

/** Reads a `tool_choice` that is absent or a word; `decodeObject` reads one that names tools. */
export function readToolChoice(
  body: JsonObject,
  decodeObject: (value: JsonObject) => DecodedToolChoice,
): DecodedToolChoice {
  const value = body['tool_choice'];
  if (value === undefined || value === null) return { choice: undefined, allowed: undefined };
  if (choiceWords.includes(value)) return { choice: value as ToolChoice, allowed: undefined };
  if (!isObject(value)) {
    reject('tool_choice', 'must be "auto", "none", "required" or an object that names a function.');
  }
  return decodeObject(value);
}

/** Upstreams of these dialects refuse a schema of arguments without `type` and `properties`. */
export function objectSchema(schema: JsonObject): JsonObject {
  if (schema['type'] === 'object' && schema['properties'] !== undefined) return schema;
  return { ...schema, type: 'object', properties: schema['properties'] ?? {} };
}
