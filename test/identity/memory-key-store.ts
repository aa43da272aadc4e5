import type { KeyRecord, KeyStore } from '../../src/identity/index.ts';
import { GatewayError } from '../../src/protocol/index.ts';

/** A key store in memory, which can be told to fail and to answer late. */
export class MemoryKeyStore implements KeyStore {
  #keys: KeyRecord[] = [];
  #listeners = new Set<() => void>();
  failing = false;
  /** What `list` waits for after it has read, so that its answer is old when it comes. */
  listGate: Promise<void> | undefined;

  async list(): Promise<KeyRecord[]> {
    if (this.failing) throw new GatewayError('store_unavailable', 'failing');
    const keys = structuredClone(this.#keys).sort((a, b) => a.createdAtMs - b.createdAtMs);
    await this.listGate;
    return keys;
  }

  async insert(key: KeyRecord): Promise<void> {
    if (this.#keys.some((known) => known.id === key.id || known.digest === key.digest)) {
      throw new GatewayError('invalid_request', 'A key with this id or this secret exists.');
    }
    this.#keys.push(structuredClone(key));
    this.announce();
  }

  async revoke(id: string, atMs: number): Promise<KeyRecord | undefined> {
    const key = this.#keys.find((known) => known.id === id);
    if (key === undefined) return undefined;
    if (key.revokedAtMs === undefined) {
      key.revokedAtMs = atMs;
      this.announce();
    }
    return structuredClone(key);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
