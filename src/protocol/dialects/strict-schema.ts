import { isObject } from '../json.ts';

/** Strict mode wants every object closed and every property required; a schema that is not so is sent without it. */
export function allowsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(allowsStrict);
  if (!isObject(schema)) return true;
  const properties = schema['properties'];
  if (schema['type'] === 'object' || isObject(properties)) {
    if (schema['additionalProperties'] !== false) return false;
    const required = schema['required'];
    const names = isObject(properties) ? Object.keys(properties) : [];
    if (!names.every((name) => Array.isArray(required) && required.includes(name))) return false;
  }
  return Object.values(schema).every(allowsStrict);
}
