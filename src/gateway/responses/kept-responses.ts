import type { Clock } from '../../std/index.ts';
import type { GatewayLog } from '../gateway.ts';
import { outputOf } from './item-references.ts';
import type { ResponseStore, StoredResponse } from './response-store.ts';

/** What is held of responses that the store does not have, and of those on their way to it. */
const unsavedBytesMax = 64 * 1024 * 1024;
/** What the store may hold in all, before compression; beyond it the oldest are forgotten before their time. */
const storedBytesMax = 8 * 1024 * 1024 * 1024;

export interface KeptResponsesOptions {
  store: ResponseStore;
  clock: Clock;
  log: GatewayLog;
  /** How long a response is kept, in force now; 0 = nothing is. */
  keepMs(): number;
}

/**
 * Responses that can be gone on from. Each is found from the moment it is handed over; those on their way to the store are held in
 * memory, bounded, and only those: what the store has is read there, so that a deletion by another process counts here too.
 */
export class KeptResponses {
  readonly #options: KeptResponsesOptions;
  readonly #unsaved = new Map<string, StoredResponse>();
  #unsavedBytes = 0;
  #waitingBytes = 0;

  constructor(options: KeptResponsesOptions) {
    this.#options = options;
  }

  /** Whether anything is kept at all. */
  get keeps(): boolean {
    return this.#options.keepMs() > 0;
  }

  /** Resolves once it survives the process, or cannot: then it is found as long as memory has room for it. Never rejects. */
  async keep(response: StoredResponse): Promise<void> {
    const { store, log } = this.#options;
    const key = keyOf(response.tenant, response.id);
    const bytes = sizeOf(response);
    this.#hold(key, response);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > unsavedBytesMax) {
      log.warn({ response: response.id }, 'a response is not stored: the store is too far behind');
      return;
    }
    this.#waitingBytes += bytes;
    try {
      await store.put(response);
      if (this.#unsaved.get(key) === response) this.#drop(key);
    } catch (thrown) {
      log.warn({ response: response.id, cause: String(thrown) }, 'a response could not be stored');
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  async find(tenant: string, id: string): Promise<StoredResponse | undefined> {
    const { store } = this.#options;
    return this.#inTime(this.#unsaved.get(keyOf(tenant, id)) ?? (await store.find(tenant, id)));
  }

  /** The response whose answer holds an item. */
  async findItem(tenant: string, itemId: string): Promise<StoredResponse | undefined> {
    const { store } = this.#options;
    const unsaved = [...this.#unsaved.values()].findLast(
      (response) => response.tenant === tenant && answers(response, itemId),
    );
    return this.#inTime(unsaved ?? (await store.findItem(tenant, itemId)));
  }

  /**
   * Whether the id of a response or of an item is anybody's, or was: whoever does not find it must not have it from a provider either, whose
   * account all share.
   */
  async isKnown(id: string): Promise<boolean> {
    const unsaved = [...this.#unsaved.values()].some(
      (response) => response.id === id || answers(response, id),
    );
    return unsaved || this.#options.store.isKnown(id);
  }

  #inTime(found: StoredResponse | undefined): StoredResponse | undefined {
    const { clock, keepMs } = this.#options;
    return found !== undefined && clock.nowMs() - found.createdAtMs < keepMs() ? found : undefined;
  }

  /** Whether there was one. */
  async remove(tenant: string, id: string): Promise<boolean> {
    const held = this.#drop(keyOf(tenant, id));
    const stored = await this.#options.store.remove(tenant, id);
    return held || stored;
  }

  /** Forgets what has been kept long enough. Never rejects. */
  async prune(): Promise<void> {
    const { store, clock, keepMs, log } = this.#options;
    try {
      await store.prune(clock.nowMs() - keepMs(), storedBytesMax);
    } catch (thrown) {
      log.warn({ cause: String(thrown) }, 'old responses could not be removed from the store');
    }
  }

  #hold(key: string, response: StoredResponse): void {
    this.#drop(key);
    this.#unsaved.set(key, response);
    this.#unsavedBytes += sizeOf(response);
    for (const oldest of this.#unsaved.keys()) {
      if (this.#unsavedBytes <= unsavedBytesMax) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): boolean {
    const held = this.#unsaved.get(key);
    if (held === undefined) return false;
    this.#unsaved.delete(key);
    this.#unsavedBytes -= sizeOf(held);
    return true;
  }
}

/** No name of a tenant has a control character, so no two pairs have one key, whatever the id. */
function keyOf(tenant: string, id: string): string {
  return `${tenant}\u0000${id}`;
}

/** Read only where the text may hold it. */
export function answers({ response }: StoredResponse, itemId: string): boolean {
  return response.includes(JSON.stringify(itemId)) && outputOf(response).some(({ id }) => id === itemId);
}

/** In memory: strings of Latin text take a byte a character, others two. */
export function sizeOf({ input, response }: StoredResponse): number {
  return 2 * (input.length + response.length);
}
