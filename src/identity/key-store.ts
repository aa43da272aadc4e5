import type { KeyRecord } from './key.ts';

/**
 * Where keys are kept. An implementation passes `test/storage/key-store-conformance.ts`. Calls reject with GatewayError
 * `store_unavailable` when the store cannot be reached.
 */
export interface KeyStore {
  /** Every key ever made, revoked and expired ones too, oldest first. */
  list(): Promise<KeyRecord[]>;
  /** Rejects with `invalid_request` when the id or the digest exists. */
  insert(key: KeyRecord): Promise<void>;
  /** Marks a key as revoked; the first time stays. Returns the key as stored, undefined when there is none. */
  revoke(id: string, atMs: number): Promise<KeyRecord | undefined>;
  /** Calls the listener soon after any change of the keys, by this process or by another one on the same store. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}
