import assert from 'node:assert/strict';
import type { ProviderObject, ProviderObjects } from '../../src/gateway/index.ts';
import { storeCheck } from './support/store-check.ts';

export interface OpenProviderObjects {
  store: ProviderObjects;
  /** The same data as a process sees it that starts after this one was killed. */
  reopen(): Promise<ProviderObjects>;
  close(): Promise<void>;
}

/** What every `ProviderObjects` does. `open` gives an empty store. */
export function providerObjectsConformance(name: string, open: () => Promise<OpenProviderObjects>): void {
  const check = storeCheck(name, open);

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

  check('an id that only others own is told from one that nobody knows', async ({ store }) => {
    await store.put([
      sample({ id: 'theirs', owner: 'project:other' }),
      sample({ id: 'both', owner: 'project:other' }),
      sample({ id: 'both' }),
      sample({ id: 'batch', kind: 'batch', owner: 'project:other' }),
    ]);
    const { owner } = sample({});
    assert.equal(await store.ofOthers(owner, 'file', ['unknown', 'both', 'batch']), undefined);
    assert.equal(await store.ofOthers(owner, 'file', ['both', 'theirs']), 'theirs');
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
    const own = await store.owned('project:p', 'file', 'openai', ['a', 'b', 'c', 'd']);
    assert.deepEqual(own, [sample({ id: 'a' }), sample({ id: 'c' })]);
    assert.deepEqual(await store.owned('project:q', 'file', 'openai', ['a']), []);
  });

  check('the keys whose accounts have something are told, each once', async ({ store }) => {
    await store.put([
      sample({ credential: 'a' }),
      sample({ id: 'file-2', credential: 'b' }),
      sample({ id: 'file-3', credential: 'b' }),
      sample({ id: 'file-4' }),
      sample({ id: 'file-5', provider: 'other', credential: 'c' }),
      sample({ id: 'batch-1', kind: 'batch', credential: 'd' }),
    ]);
    const found = await store.credentials('project:p', 'file', 'openai');
    assert.deepEqual(new Set(found), new Set(['a', 'b', undefined]));
    assert.equal(found.length, 3);
    assert.deepEqual(await store.credentials('project:q', 'file', 'openai'), []);
    assert.equal((await store.find('project:p', 'file', 'file-2'))?.credential, 'b');
  });

  check('removing what is not there is no error', async ({ store }) => {
    await store.remove('project:p', 'file', 'file-1');
  });

  check('what was put survives the process', async ({ store, reopen }) => {
    const kept = sample({ credential: 'a' });
    await store.put([kept]);
    assert.deepEqual(await (await reopen()).find('project:p', 'file', 'file-1'), kept);
  });
}

function sample(change: Partial<ProviderObject> = {}): ProviderObject {
  const known = { kind: 'file', id: 'file-1', owner: 'project:p', provider: 'openai' } as const;
  return { ...known, credential: undefined, createdAtMs: 1, ...change };
}
