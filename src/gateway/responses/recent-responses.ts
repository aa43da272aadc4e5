import { answers, sizeOf } from './kept-responses.ts';
import type { StoredResponse } from './response-store.ts';

const entriesMax = 16;

/**
 * The last responses of one connection. They make it possible to go on from an answer that is stored nowhere; with the connection
 * they are gone.
 */
export class RecentResponses {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, StoredResponse>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  find(id: string): StoredResponse | undefined {
    return this.#entries.get(id);
  }

  /** The response whose answer holds an item. */
  findItem(itemId: string): StoredResponse | undefined {
    return [...this.#entries.values()].findLast((response) => answers(response, itemId));
  }

  /** The newest is held however large it is, for it is what the client goes on from. */
  remember(response: StoredResponse): void {
    this.forget(response.id);
    this.#entries.set(response.id, response);
    this.#bytes += sizeOf(response);
    for (const oldest of this.#entries.keys()) {
      if (oldest === response.id) break;
      if (this.#bytes <= this.#bytesMax && this.#entries.size <= entriesMax) break;
      this.forget(oldest);
    }
  }

  forget(id: string): void {
    const found = this.#entries.get(id);
    if (found === undefined) return;
    this.#entries.delete(id);
    this.#bytes -= sizeOf(found);
  }
}
