import assert from 'node:assert/strict';
import type { KeyRecord, KeyStore } from '../../src/identity/index.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenKeyStore {
  store: KeyStore;
  /** A second connection to the same data, as another process would have. */
  neighbour: KeyStore;
  close(): Promise<void>;
}

const changeDeadlineMs = 10_000;

/** What every `KeyStore` does. `open` gives an empty store. */
export function keyStoreConformance(name: string, open: () => Promise<OpenKeyStore>): void {
  const check = storeCheck(name, open);

  check('a new store has no keys', async ({ store }) => {
    assert.deepEqual(await store.list(), []);
  });

  check('keys come back as they were inserted, oldest first', async ({ store }) => {
    const full = sampleKey({
      id: 'key_b',
      digest: 'b',
      createdAtMs: 2,
      project: 'p',
      models: ['auto', 'acme/*'],
      limits: { requestsPerMinute: 60, concurrentRequests: 4, budgetNanoPerDay: Number.MAX_SAFE_INTEGER },
      expiresAtMs: 99,
      name: "O'Brien; DROP TABLE keys --",
    });
    const plain = sampleKey({ id: 'key_a', digest: 'a', createdAtMs: 1 });
    await store.insert(full);
    await store.insert(plain);
    assert.deepEqual(await store.list(), [plain, full]);
  });

  check(
    'an id or a digest cannot be inserted twice, and the refused key leaves no trace',
    async ({ store }) => {
      const key = sampleKey({ id: 'key_a', digest: 'a' });
      await store.insert(key);
      await assert.rejects(store.insert(sampleKey({ id: 'key_a', digest: 'z' })), {
        code: 'invalid_request',
      });
      await assert.rejects(store.insert(sampleKey({ id: 'key_z', digest: 'a' })), {
        code: 'invalid_request',
      });
      assert.deepEqual(await store.list(), [key]);
    },
  );

  check('revoking marks the key, keeps the first time, and knows absent keys', async ({ store }) => {
    const key = sampleKey({ id: 'key_a', digest: 'a' });
    await store.insert(key);
    const revoked = { ...key, revokedAtMs: 50 };
    assert.deepEqual(await store.revoke('key_a', 50), revoked);
    assert.deepEqual(await store.revoke('key_a', 60), revoked);
    assert.deepEqual(await store.list(), [revoked]);
    assert.equal(await store.revoke('key_x', 50), undefined);
  });

  check('listeners hear of changes made here and by a neighbour', async ({ store, neighbour }) => {
    const heard = countChanges(store);
    await store.insert(sampleKey({ id: 'key_a', digest: 'a' }));
    await heard.atLeast(1);
    await neighbour.insert(sampleKey({ id: 'key_b', digest: 'b' }));
    await heard.atLeast(2);
    assert.equal((await store.list()).length, 2);
    await neighbour.revoke('key_a', 5);
    await heard.atLeast(3);
    assert.equal((await store.list())[0]?.revokedAtMs, 5);
    heard.stop();
  });

  check('a listener that was taken away hears nothing', async ({ store }) => {
    const stopped = countChanges(store);
    stopped.stop();
    const heard = countChanges(store);
    await store.insert(sampleKey({ id: 'key_a', digest: 'a' }));
    await heard.atLeast(1);
    assert.equal(stopped.count(), 0);
    heard.stop();
  });
}

export function sampleKey(change: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: 'key_1',
    digest: 'd',
    prefix: 'sk-yumen-abcd',
    name: 'a key',
    role: 'caller',
    project: undefined,
    models: undefined,
    limits: {},
    createdAtMs: 1,
    expiresAtMs: undefined,
    revokedAtMs: undefined,
    ...change,
  };
}

function countChanges(store: KeyStore) {
  let seen = 0;
  let wake: () => void = () => {};
  const stop = store.onChange(() => {
    seen += 1;
    wake();
  });
  return {
    stop,
    count: () => seen,
    async atLeast(wanted: number): Promise<void> {
      const deadline = AbortSignal.timeout(changeDeadlineMs);
      while (seen < wanted) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          deadline.onabort = () => reject(new Error(`heard ${seen} changes, expected ${wanted}`));
        });
      }
    },
  };
}
