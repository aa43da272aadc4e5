import { isObject, type JsonObject } from '../json.ts';

/**
 * Where a dialect's requests hold the conversation's text, so that one text can be changed and the rest of the client's body stays. Naming
 * too much does no harm: what the decoder does not read as text is never written to.
 */
export interface TextPlaces {
  /** Top-level fields of the body that hold the conversation. */
  fields: readonly string[];
  /** Below those, at any depth: keys whose value, or the items of whose value, are text where they are strings. */
  keys: readonly string[];
  /** Keys whose object is read as text too, with the value that says a new text in its place. */
  objects?: { readonly [key: string]: (value: JsonObject, text: string) => unknown };
}

/** Gives the new text of a place; undefined leaves it as it is. Places are numbered from 0, in the order of the body. */
export type TextEdit = (place: number) => string | undefined;

/** The fields in which something is changed, with their new values. The body itself stays as it is. */
export function editTextPlaces(body: JsonObject, places: TextPlaces, edit: TextEdit): JsonObject {
  const keys = new Set([...places.fields, ...places.keys]);
  let count = 0;
  const edited = (value: unknown, key: string): unknown => {
    // An empty text says nothing, and decoders differ in whether it is one.
    if (typeof value === 'string') return keys.has(key) && value !== '' ? (edit(count++) ?? value) : value;
    if (Array.isArray(value)) return kept(value, (item) => edited(item, key));
    if (!isObject(value)) return value;
    const write = Object.hasOwn(places.objects ?? {}, key) ? places.objects![key] : undefined;
    if (write !== undefined) {
      const text = edit(count++);
      return text === undefined ? value : write(value, text);
    }
    const names = Object.keys(value);
    const values = names.map((name) => edited(value[name], name));
    if (values.every((each, at) => each === value[names[at]!])) return value;
    return Object.fromEntries(names.map((name, at) => [name, values[at]]));
  };
  const changes: JsonObject = {};
  for (const field of places.fields) {
    const value = edited(body[field], field);
    if (value !== body[field]) changes[field] = value;
  }
  return changes;
}

/** The same array where nothing is changed. */
function kept(list: unknown[], edit: (item: unknown) => unknown): unknown[] {
  const items = list.map(edit);
  return items.every((item, at) => item === list[at]) ? list : items;
}

/** The value that a text is JSON of; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
