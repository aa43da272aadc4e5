import type { JsonObject } from '../json.ts';

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

  /** Adds every top-level field that is set, is not understood, and asks for something. */
  addUnknownFields(body: JsonObject, understood: ReadonlySet<string>): void {
    for (const key of Object.keys(body)) {
      if (!understood.has(key) && asksForSomething(key, body[key])) this.add(key);
    }
  }

  list(): string[] {
    return [...this.#names];
  }
}

/** Many SDKs send defaults along; losing «one choice, please» loses nothing. */
const harmless: { [field: string]: readonly unknown[] } = {
  n: [1],
  logprobs: [false],
  top_logprobs: [0],
  store: [false],
  frequency_penalty: [0],
  presence_penalty: [0],
  service_tier: ['auto', 'default'],
  modalities: [],
};

function asksForSomething(field: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (field === 'modalities') return !(Array.isArray(value) && value.every((item) => item === 'text'));
  if (typeof value === 'object' && Object.keys(value).length === 0) return false;
  return !(harmless[field]?.includes(value) ?? false);
}
