export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** An object read from outside: its fields are unknown until checked. */
export type JsonObject = { [key: string]: unknown };

const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

/** A long number that is kept as its own text (see exact-json.ts) is none. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJSON(value);
}
