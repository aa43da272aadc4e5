import { isObject, type JsonObject } from '../../json.ts';

/** The object's own fields in camelCase: the service takes `max_output_tokens` as well, and some of its clients write that. */
export function camelFields(object: JsonObject): JsonObject {
  const keys = Object.keys(object);
  if (!keys.some((key) => key.includes('_'))) return object;
  const result: JsonObject = {};
  for (const key of keys) {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (name === key || object[name] === undefined) result[name] = object[key];
  }
  return result;
}

/** The object under this name, its fields in camelCase; undefined where there is none. */
export function camelObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isObject(value) ? camelFields(value) : undefined;
}
