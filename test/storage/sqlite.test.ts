import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeRecord } from '../../src/ledger/index.ts';
import { lockFile, openSqliteStore } from '../../src/storage/index.ts';
import { Channel } from '../../src/storage/sqlite/channel.ts';
import { sampleDecision, sampleRecord } from '../ledger/sample-records.ts';
import { findingStoreConformance } from './finding-store-conformance.ts';
import { keyStoreConformance, sampleKey } from './key-store-conformance.ts';
import { killSwitchStoreConformance } from './kill-switch-store-conformance.ts';
import { ledgerStoreConformance } from './ledger-store-conformance.ts';
import { proofStoreConformance } from './proof-store-conformance.ts';
import { providerObjectsConformance } from './provider-objects-conformance.ts';
import { responseStoreConformance } from './response-store-conformance.ts';

const run = promisify(execFile);
const startAndInsert = fileURLToPath(new URL('./start-and-insert.ts', import.meta.url));

keyStoreConformance('sqlite keys', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const store = await openSqliteStore({ dataFolder, pollMs: 10 });
  const neighbour = await openSqliteStore({ dataFolder, pollMs: 10 });
  return {
    store: store.keys,
    neighbour: neighbour.keys,
    async close() {
      await Promise.all([store.close(), neighbour.close()]);
      await rm(dataFolder, { recursive: true });
    },
  };
});

ledgerStoreConformance('sqlite ledger', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const store = await openSqliteStore({ dataFolder });
  return {
    store: store.ledger,
    async close() {
      await store.close();
      await rm(dataFolder, { recursive: true });
    },
  };
});

findingStoreConformance('sqlite findings', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const stores = [await openSqliteStore({ dataFolder })];
  return {
    store: stores[0]!.findings,
    async reopen() {
      const store = await openSqliteStore({ dataFolder });
      stores.push(store);
      return store.findings;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(dataFolder, { recursive: true });
    },
  };
});

killSwitchStoreConformance('sqlite kill switches', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const stores = [await openSqliteStore({ dataFolder })];
  return {
    store: stores[0]!.switches,
    async reopen() {
      const store = await openSqliteStore({ dataFolder });
      stores.push(store);
      return store.switches;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(dataFolder, { recursive: true });
    },
  };
});

providerObjectsConformance('sqlite provider objects', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const stores = [await openSqliteStore({ dataFolder })];
  return {
    store: stores[0]!.objects,
    async reopen() {
      const store = await openSqliteStore({ dataFolder });
      stores.push(store);
      return store.objects;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(dataFolder, { recursive: true });
    },
  };
});

responseStoreConformance('sqlite responses', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const stores = [await openSqliteStore({ dataFolder })];
  return {
    store: stores[0]!.responses,
    async reopen() {
      const store = await openSqliteStore({ dataFolder });
      stores.push(store);
      return store.responses;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(dataFolder, { recursive: true });
    },
  };
});

proofStoreConformance('sqlite proof', async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'yumen-'));
  const stores = [await openSqliteStore({ dataFolder })];
  return {
    store: stores[0]!.proof,
    async reopen() {
      const store = await openSqliteStore({ dataFolder });
      stores.push(store);
      return store.proof;
    },
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await rm(dataFolder, { recursive: true });
    },
  };
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'yumen-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test('what was learned is read by the next process, and the newest write stands', async (t) => {
  const dataFolder = await folder(t);
  const first = await openSqliteStore({ dataFolder });
  assert.equal(await first.learned.get('lengths'), undefined);
  await first.learned.put('lengths', '{"a":1}', 1);
  await first.learned.put('lengths', '{"a":2}', 2);
  await first.learned.put('other', '[]', 3);
  await first.close();
  const second = await openSqliteStore({ dataFolder });
  assert.equal(await second.learned.get('lengths'), '{"a":2}');
  await second.close();
});

test('processes that start at once on a new folder all come up, and see each other’s keys', async (t) => {
  const dataFolder = await folder(t);
  const outputs = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => run(process.execPath, [startAndInsert, dataFolder, `key_${n}`])),
  );
  assert.deepEqual(
    outputs.map((output) => output.stdout),
    Array(5).fill('inserted\n'),
  );
  // The experimental warning of node:sqlite belongs to no terminal of ours.
  assert.deepEqual(
    outputs.map((output) => output.stderr),
    Array(5).fill(''),
  );
  const store = await openSqliteStore({ dataFolder });
  assert.equal((await store.keys.list()).length, 5);
  await store.close();
});

test('a folder that cannot be made is named, with what to do', async (t) => {
  const file = join(await folder(t), 'a-file');
  await writeFile(file, '');
  await assert.rejects(openSqliteStore({ dataFolder: join(file, 'data') }), (error: Error) => {
    assert.match(error.message, /a-file\/data cannot be written \(ENOTDIR\).*name another folder/);
    return true;
  });
});

test('a file that is no database is refused and left alone', async (t) => {
  const dataFolder = await folder(t);
  await writeFile(join(dataFolder, 'yumen.sqlite'), 'not a database, but long enough to be taken for one');
  await assert.rejects(openSqliteStore({ dataFolder }), {
    code: 'store_unavailable',
    message: /file is not a database/,
  });
});

test('a database of a newer version is refused', async (t) => {
  const dataFolder = await folder(t);
  await (await openSqliteStore({ dataFolder })).close();
  const db = new DatabaseSync(join(dataFolder, 'yumen.sqlite'));
  db.exec('PRAGMA user_version = 999');
  db.close();
  await assert.rejects(openSqliteStore({ dataFolder }), {
    code: 'store_unavailable',
    message: /written by a newer version of Yumen/,
  });
});

test('a closed store refuses calls, and its data is there when it is opened again', async (t) => {
  const dataFolder = await folder(t);
  const store = await openSqliteStore({ dataFolder });
  await store.keys.insert(sampleKey());
  await store.close();
  await assert.rejects(store.keys.list(), { code: 'store_unavailable' });
  const again = await openSqliteStore({ dataFolder });
  assert.deepEqual(await again.keys.list(), [sampleKey()]);
  await again.close();
});

test('database and folder are for their owner only', async (t) => {
  const dataFolder = join(await folder(t), 'data');
  const store = await openSqliteStore({ dataFolder });
  await store.keys.insert(sampleKey());
  assert.equal((await stat(dataFolder)).mode & 0o777, 0o700);
  for (const name of await readdir(dataFolder)) {
    assert.equal((await stat(join(dataFolder, name))).mode & 0o777, 0o600, name);
  }
  await store.close();
});

test('a thread that could not open the database is started again by the next call', async (t) => {
  const path = join(await folder(t), 'later', 'x.sqlite');
  const channel = new Channel({
    thread: { path, readOnly: false, synchronous: 'normal', pollMs: 250 },
    callsMax: 10,
    callMs: 10_000,
    onChanged: () => {},
  });
  await assert.rejects(channel.call('listKeys'), { code: 'store_unavailable' });
  await mkdir(dirname(path));
  assert.deepEqual(await channel.call('listKeys'), []);
  await channel.close();
});

test('a lock is held by one, also within a process, and passes on when released', async (t) => {
  const path = join(await folder(t), 'x.lock');
  const first = lockFile(path);
  assert.ok(first);
  assert.equal(lockFile(path), undefined);
  first.release();
  const second = lockFile(path);
  assert.ok(second);
  second.release();
});

test('more calls than may wait are refused at once', async (t) => {
  const store = await openSqliteStore({ dataFolder: await folder(t) });
  const calls = Array.from({ length: 1100 }, () => store.keys.list());
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 1100 - 1024);
  assert.equal((refused[0] as PromiseRejectedResult).reason.code, 'store_unavailable');
  await store.close();
});

test('100,000 records: speed of writing, listing and reporting', async (t) => {
  const store = await openSqliteStore({ dataFolder: await folder(t) });
  const decision = sampleDecision('dec_1');
  const lines = Array.from({ length: 100_000 }, (_, i) =>
    encodeRecord(
      sampleRecord({
        id: `req_${String(i).padStart(9, '0')}`,
        startedAtMs: i * 1000,
        keyId: `key_${i % 50}`,
        firstContentMs: (i * 7919) % 3000,
        outcome: i % 40 === 0 ? 'failed' : 'answered',
        decision,
      }),
    ),
  );
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    t.diagnostic(`${what}: ${(performance.now() - start).toFixed(1)} ms`);
  };
  await timed(`append of 100,000 (${lines[0]!.length} characters each)`, async () => {
    for (let i = 0; i < lines.length; i += 500) await store.ledger.append(lines.slice(i, i + 500));
  });
  await timed('first call of the reading thread', () => store.ledger.get('req_1'));
  await timed('list of 50', () => store.ledger.list({ limit: 50 }));
  await timed('list of 50, one key', () => store.ledger.list({ limit: 50, filters: { keyId: 'key_7' } }));
  await timed('list of 50, failed', () => store.ledger.list({ limit: 50, filters: { outcome: 'failed' } }));
  await timed('list of 50, a model nobody used', () =>
    store.ledger.list({ limit: 50, filters: { model: 'x' } }),
  );
  await timed('get', () => store.ledger.get('req_000050000'));
  const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  for (const by of ['model', 'key', 'day'] as const) {
    await timed(`report by ${by}`, () => store.ledger.report({ ...always, by }));
  }
  await timed('spentSince', () => store.ledger.spentSince('key_7', 0));
  await store.close();
});
