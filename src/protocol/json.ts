export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** An object read from outside: its fields are unknown until checked. */
export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
