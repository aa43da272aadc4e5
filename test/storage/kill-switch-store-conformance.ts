import assert from 'node:assert/strict';
import type { KillSwitchStore } from '../../src/gateway/index.ts';
import type { KillSwitch } from '../../src/policy/index.ts';
import { eventually } from '../support/eventually.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenKillSwitchStore {
  store: KillSwitchStore;
  /** The same data as another process sees it. */
  reopen(): Promise<KillSwitchStore>;
  close(): Promise<void>;
}

const sample = (more: Partial<KillSwitch> = {}): KillSwitch => ({
  id: 'kill_1',
  target: 'vendor',
  value: "o'hara «x»; DROP TABLE keys; --",
  reason: 'an incident',
  setBy: 'key_1',
  atMs: 1_700_000_000_000,
  ...more,
});

/** What every `KillSwitchStore` does. `open` gives an empty store. */
export function killSwitchStoreConformance(name: string, open: () => Promise<OpenKillSwitchStore>): void {
  const check = storeCheck(name, open);

  check('kill switches come back as they were put, oldest first', async ({ store }) => {
    const second = sample({ id: 'kill_2', target: 'origin', value: 'CN' });
    await store.put(second);
    await store.put(sample());
    assert.deepEqual(await store.list(), [sample(), second]);
  });

  check('one that was removed is gone, once', async ({ store }) => {
    await store.put(sample());
    assert.equal(await store.remove('kill_1'), true);
    assert.equal(await store.remove('kill_1'), false);
    assert.deepEqual(await store.list(), []);
  });

  check('another process hears of each change and sees it', async ({ store, reopen }) => {
    const other = await reopen();
    let heard = 0;
    const stop = other.onChange(() => {
      heard += 1;
    });
    await store.put(sample());
    await eventually(async () => heard === 1 || undefined, 5000);
    assert.deepEqual(await other.list(), [sample()]);
    await store.remove('kill_1');
    await eventually(async () => heard === 2 || undefined, 5000);
    assert.deepEqual(await other.list(), []);
    stop();
    await store.put(sample());
    await eventually(async () => (await other.list()).length === 1 || undefined, 5000);
    assert.equal(heard, 2);
  });
}
