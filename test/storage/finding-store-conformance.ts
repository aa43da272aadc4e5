import assert from 'node:assert/strict';
import type { Finding, FindingStore } from '../../src/catalog/index.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenFindingStore {
  store: FindingStore;
  /** The same data as another process sees it. */
  reopen(): Promise<FindingStore>;
  close(): Promise<void>;
}

/** What every `FindingStore` does. `open` gives an empty store. */
export function findingStoreConformance(name: string, open: () => Promise<OpenFindingStore>): void {
  const check = storeCheck(name, open);

  check('findings come back as they were put, by deployment and capability', async ({ store }) => {
    const tools = sampleFinding({ capability: 'tools', evidence: "it's «text»; DROP TABLE keys; --" });
    const context = sampleFinding({ capability: 'context-tokens', value: 4096 });
    const other = sampleFinding({ deployment: 'a/b' });
    await store.put([tools, context, other]);
    assert.deepEqual(await store.list(), [other, context, tools]);
  });

  check('a newer finding replaces the older of the same capability only', async ({ store }) => {
    await store.put([sampleFinding(), sampleFinding({ capability: 'json-schema' })]);
    const newer = sampleFinding({ value: true, calledAs: 'elsewhere', evidence: 'it did', atMs: 2 });
    await store.put([newer]);
    assert.deepEqual(await store.list(), [sampleFinding({ capability: 'json-schema' }), newer]);
  });

  check('putting nothing changes nothing', async ({ store }) => {
    await store.put([]);
    assert.deepEqual(await store.list(), []);
  });

  check('what was put is seen by another process', async ({ store, reopen }) => {
    await store.put([sampleFinding()]);
    assert.deepEqual(await (await reopen()).list(), [sampleFinding()]);
  });
}

function sampleFinding(change: Partial<Finding> = {}): Finding {
  return {
    deployment: 'p/m',
    calledAs: 'vllm  http://127.0.0.1:8000/v1 m',
    capability: 'tools',
    value: false,
    evidence: 'its tool calls came as text',
    atMs: 1,
    ...change,
  };
}
