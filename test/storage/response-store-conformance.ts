import assert from 'node:assert/strict';
import type { ResponseStore, StoredResponse } from '../../src/gateway/index.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenResponseStore {
  store: ResponseStore;
  /** The same data as a process sees it that starts after this one was killed. */
  reopen(): Promise<ResponseStore>;
  close(): Promise<void>;
}

/** What every `ResponseStore` does. `open` gives an empty store. */
export function responseStoreConformance(name: string, open: () => Promise<OpenResponseStore>): void {
  const check = storeCheck(name, open);

  check('a response is found by its tenant only, as it was put', async ({ store }) => {
    const response = sample({
      id: "resp'; DROP TABLE responses; --",
      input: JSON.stringify([{ content: '玉门 \u0000 😀' }]),
    });
    await store.put(response);
    assert.deepEqual(await store.find(response.tenant, response.id), response);
    assert.equal(await store.find('project:other', response.id), undefined);
    assert.equal(await store.find(response.tenant, 'resp_other'), undefined);
  });

  check('one that was put again is the later one', async ({ store }) => {
    await store.put(sample({}));
    const later = sample({ response: '{"id":"later"}', heldBy: 'up', createdAtMs: 7_000 });
    await store.put(later);
    assert.deepEqual(await store.find(later.tenant, later.id), later);
  });

  check('an id may be known to two tenants, and is removed for one', async ({ store }) => {
    await store.put(sample({}));
    await store.put(sample({ tenant: 'project:other' }));
    assert.equal(await store.remove('project:a', 'resp_1'), true);
    assert.equal(await store.remove('project:a', 'resp_1'), false);
    assert.equal(await store.find('project:a', 'resp_1'), undefined);
    assert.notEqual(await store.find('project:other', 'resp_1'), undefined);
  });

  check(
    'a response is found by an item of its answer, by its tenant, until it is gone',
    async ({ store }) => {
      const answer = (text: string) =>
        JSON.stringify({ output: [{ id: 'msg_1', text }, { type: 'odd' }, null] });
      const first = sample({ response: answer('a') });
      const second = sample({ id: 'resp_2', response: answer('b') });
      await store.put(first);
      assert.deepEqual(await store.findItem(first.tenant, 'msg_1'), first);
      assert.equal(await store.findItem('project:other', 'msg_1'), undefined);
      assert.equal(await store.findItem(first.tenant, 'msg_2'), undefined);
      await store.put(second);
      assert.deepEqual(await store.findItem(first.tenant, 'msg_1'), second);
      await store.remove(first.tenant, 'resp_2');
      assert.equal(await store.findItem(first.tenant, 'msg_1'), undefined);
      await store.put(first);
      await store.prune(first.createdAtMs + 1, 1_000_000);
      assert.equal(await store.findItem(first.tenant, 'msg_1'), undefined);
    },
  );

  check(
    'an id is known whoever it belongs to, also once it is removed, until it is pruned',
    async ({ store }) => {
      const response = sample({ response: JSON.stringify({ output: [{ id: 'msg_1' }] }) });
      await store.put(response);
      const known = () => Promise.all(['resp_1', 'msg_1', 'resp_2'].map((id) => store.isKnown(id)));
      assert.deepEqual(await known(), [true, true, false]);
      await store.remove(response.tenant, 'resp_1');
      assert.deepEqual(await known(), [true, true, false]);
      await store.prune(response.createdAtMs + 1, 1_000_000);
      assert.deepEqual(await known(), [false, false, false]);
      await store.put(response);
      assert.deepEqual(await store.find(response.tenant, 'resp_1'), response);
    },
  );

  check('what was made before a time is pruned', async ({ store }) => {
    for (const createdAtMs of [1_000, 2_000, 3_000]) {
      await store.put(sample({ id: `resp_${createdAtMs}`, createdAtMs }));
    }
    assert.equal(await store.prune(2_000, 1_000_000), 1);
    assert.equal(await store.find('project:a', 'resp_1000'), undefined);
    assert.notEqual(await store.find('project:a', 'resp_2000'), undefined);
  });

  check('the oldest are pruned where all take too much', async ({ store }) => {
    for (const createdAtMs of [1_000, 2_000, 3_000]) {
      await store.put(
        sample({ id: `resp_${createdAtMs}`, createdAtMs, input: 'x'.repeat(998), response: '{}' }),
      );
    }
    assert.equal(await store.prune(0, 2_000), 1);
    assert.equal(await store.find('project:a', 'resp_1000'), undefined);
    assert.notEqual(await store.find('project:a', 'resp_3000'), undefined);
    assert.equal(await store.prune(0, 2_000), 0);
  });

  check('a response survives the process from the moment put resolves', async ({ store, reopen }) => {
    const response = sample({});
    await store.put(response);
    assert.deepEqual(await (await reopen()).find(response.tenant, response.id), response);
  });
}

function sample(given: Partial<StoredResponse>): StoredResponse {
  return {
    id: 'resp_1',
    tenant: 'project:a',
    createdAtMs: 5_000,
    heldBy: undefined,
    input: '[]',
    response: '{"id":"resp_1"}',
    ...given,
  };
}
