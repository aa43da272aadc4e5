import { createHash } from 'node:crypto';

/**
 * Tool call ids as the target accepts them. Vendors write ids that others refuse (`functions.add:0`, 46 characters, an empty
 * string), and a history may have been written by several vendors. The same id always becomes the same id, so
 * calls and results stay together; ids that are fine stay as they are.
 */
export class ToolIds {
  readonly #allowed: RegExp;
  readonly #charsMax: number;
  readonly #mapped = new Map<string, string>();

  constructor(allowed: RegExp, charsMax: number) {
    this.#allowed = allowed;
    this.#charsMax = charsMax;
  }

  map(id: string): string {
    if (id.length <= this.#charsMax && this.#allowed.test(id)) return id;
    let mapped = this.#mapped.get(id);
    if (mapped === undefined) {
      mapped = `call_${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
      this.#mapped.set(id, mapped);
    }
    return mapped;
  }
}
