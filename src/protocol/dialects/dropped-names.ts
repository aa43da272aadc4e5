import { isObject, type JsonObject } from '../json.ts';

const namesMax = 48;
const nameCharsMax = 64;

/**
 * Collects what a translation could not carry, by the names the client used. The list becomes a response header and some
 * names are the client's own words, so they are reduced to harmless characters and the list is bounded.
 */
export class DroppedNames {
  readonly #names = new Set<string>();

  add(name: string): void {
    if (this.#names.size < namesMax) {
      this.#names.add(name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, nameCharsMax));
    }
  }

  /**
   * Adds every field that is set, is not understood, and asks for something. `a.b` among the understood ones is field b of the
   * object a, whose other fields are then looked at one by one.
   */
  addUnknownFields(body: JsonObject, understood: ReadonlySet<string>): void {
    for (const [key, value] of Object.entries(body)) {
      if (understood.has(key) || !asksForSomething(key, value)) continue;
      if (isObject(value) && hasInner(understood, key)) {
        for (const inner of Object.keys(value)) {
          const name = `${key}.${inner}`;
          if (!understood.has(name) && asksForSomething(inner, value[inner])) this.add(name);
        }
      } else this.add(key);
    }
  }

  list(): string[] {
    return [...this.#names];
  }
}

function hasInner(understood: ReadonlySet<string>, field: string): boolean {
  for (const name of understood) if (name.startsWith(`${field}.`)) return true;
  return false;
}

/** Many SDKs send defaults along; losing «one choice, please» loses nothing. */
const harmless: { [field: string]: readonly unknown[] } = {
  n: [1],
  candidateCount: [1],
  candidate_count: [1],
  best_of: [1],
  echo: [false],
  logprobs: [false],
  top_logprobs: [0],
  store: [false],
  frequency_penalty: [0],
  presence_penalty: [0],
  service_tier: ['auto', 'default'],
  truncation: ['disabled'],
  background: [false],
  verbosity: ['medium'],
  modalities: [],
};

function asksForSomething(field: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (/modalities$/i.test(field)) return !(Array.isArray(value) && value.every(isText));
  // An empty object asks for nothing, but for a tool that is switched on by being there.
  if (switches.has(field)) return true;
  if (typeof value === 'object' && Object.keys(value).length === 0) return false;
  // A client may name a field after something that every object has.
  return !(Object.hasOwn(harmless, field) && harmless[field]!.includes(value));
}

const switches: ReadonlySet<string> = new Set(['web_search_options']);

function isText(modality: unknown): boolean {
  return typeof modality === 'string' && modality.toLowerCase() === 'text';
}
