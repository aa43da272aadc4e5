import { parseExact } from '../exact-json.ts';
import { isObject, type JsonObject } from '../json.ts';

/** Arguments for dialects in which they must be an object. What is none (a model's broken JSON) is kept as it is under one key. */
export function inputOf(json: string): JsonObject {
  if (json.trim() === '') return {};
  try {
    const value: unknown = parseExact(json);
    if (isObject(value)) return value;
  } catch {
    // Kept below.
  }
  return { raw_arguments: json };
}

/** Fragments of a whole object can only be white space from here on. The last character spares most attempts. */
export function isWholeObject(json: string): boolean {
  if (!json.trimEnd().endsWith('}')) return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
