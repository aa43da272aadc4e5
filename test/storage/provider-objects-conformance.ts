import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProviderObject, ProviderObjects } from '../../src/gateway/index.ts';

export interface OpenProviderObjects {
  store: ProviderObjects;
  /** The same data as a process sees it that starts after this one was killed. */
  reopen(): Promise<ProviderObjects>;
  close(): Promise<void>;
}

/** What every `ProviderObjects` does. `open` gives an empty store. */
export function providerObjectsConformance(name: string, open: () => Promise<OpenProviderObjects>): void {
  const check = (behaviour: string, body: (opened: OpenProviderObjects) => Promise<void>) =>
    test(`${name}: ${behaviour}`, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });

  check('an object is found by its owner only, and by its kind', async ({ store }) => {
    const file = sample({ id: "file'; DROP TABLE provider_objects; --" });
    await store.put([file]);
    assert.deepEqual(await store.find(file.owner, 'file', file.id), file);
    assert.equal(await store.find('project:other', 'file', file.id), undefined);
    assert.equal(await store.find(file.owner, 'batch', file.id), undefined);
  });

  check('what is known already stays as it is', async ({ store }) => {
    const first = sample({ provider: 'a' });
    await store.put([first]);
    await store.put([sample({ provider: 'b', createdAtMs: 9 }), sample({ id: 'file-2' })]);
    assert.deepEqual(await store.find(first.owner, 'file', first.id), first);
    assert.equal(await store.count(first.owner, 'file'), 2);
  });

  check('an id may be known to two owners', async ({ store }) => {
    await store.put([sample({ owner: 'x' }), sample({ owner: 'y', provider: 'b' })]);
    assert.equal((await store.find('y', 'file', 'file-1'))?.provider, 'b');
    await store.remove('x', 'file', 'file-1');
    assert.equal(await store.count('x', 'file'), 0);
    assert.equal(await store.count('y', 'file'), 1);
  });

  check('of a list of ids one’s own at that provider are told, in order', async ({ store }) => {
    await store.put([sample({ id: 'c' }), sample({ id: 'a' }), sample({ id: 'b', provider: 'other' })]);
    assert.deepEqual(await store.owned('project:p', 'file', 'openai', ['a', 'b', 'c', 'd']), ['a', 'c']);
    assert.deepEqual(await store.owned('project:q', 'file', 'openai', ['a']), []);
  });

  check('removing what is not there is no error', async ({ store }) => {
    await store.remove('project:p', 'file', 'file-1');
  });

  check('what was put survives the process', async ({ store, reopen }) => {
    await store.put([sample()]);
    assert.deepEqual(await (await reopen()).find('project:p', 'file', 'file-1'), sample());
  });
}

function sample(change: Partial<ProviderObject> = {}): ProviderObject {
  return { kind: 'file', id: 'file-1', owner: 'project:p', provider: 'openai', createdAtMs: 1, ...change };
}
