import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { artefactsMax, openArtefacts } from '../../src/storage/artefacts.ts';

test('artefacts are kept by id, the first writing stands, and of too many the longest unused goes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yumen-artefacts-'));
  try {
    const artefacts = openArtefacts(folder);
    assert.equal(await artefacts.get('a0'), undefined);
    for (let i = 0; i < artefactsMax; i++) {
      await artefacts.put(`a${i}`, `text ${i}`);
      // Files written within one tick of the clock would be of the same age.
      await utimes(join(folder, 'artefacts', `a${i}.json`), 1000 + i, 1000 + i);
    }
    await artefacts.put('a0', 'another text');
    await artefacts.put('new', 'new text');
    assert.equal(await artefacts.get('a0'), 'text 0');
    assert.equal(await artefacts.get('a1'), undefined);
    assert.equal(await artefacts.get('new'), 'new text');
    assert.equal((await readdir(join(folder, 'artefacts'))).length, artefactsMax);
    assert.equal((await stat(join(folder, 'artefacts', 'new.json'))).mode & 0o777, 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an id that could name another file is refused, and nothing is found by it', async () => {
  const artefacts = openArtefacts('/nowhere');
  for (const id of ['../secret', 'a/b', '', '.hidden', 'a'.repeat(101)]) {
    await assert.rejects(artefacts.put(id, ''), /is no id of an artefact/);
    assert.equal(await artefacts.get(id), undefined);
  }
});
