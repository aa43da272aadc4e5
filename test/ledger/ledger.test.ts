import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeRecord, type LedgerBounds, openLedger } from '../../src/ledger/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { lockFile } from '../../src/storage/index.ts';
import { MemoryLedgerStore } from './memory-store.ts';
import { sampleDecision, sampleRecord } from './sample-records.ts';

async function journalFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'yumen-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

function open(folder: string, store: MemoryLedgerStore, bounds: Partial<LedgerBounds> = {}) {
  return openLedger({ store: store.asStore(), journalFolder: folder, lockFile, clock: systemClock, bounds });
}

const record = (n: number) => sampleRecord({ id: `req_${n}` });
const never = { lingerMs: 1_000_000, adoptEveryMs: 1_000_000 };

test('record resolves when the journal has the line, before the store knows it', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, never);
  await ledger.record(record(1));
  const [segment] = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  assert.equal(await readFile(join(folder, segment!), 'utf8'), `${encodeRecord(record(1))}\n`);
  assert.equal(store.records.size, 0);
  assert.equal(ledger.health().pendingRecords, 1);
  await ledger.flush();
  assert.equal(store.records.size, 1);
  assert.equal(ledger.health().pendingRecords, 0);
  await ledger.close();
});

test('records of one turn go to the store together, and a clean close leaves no file', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, { ...never, batchRecordsMax: 100 });
  await Promise.all(Array.from({ length: 250 }, (_, n) => ledger.record(record(n))));
  await ledger.close();
  assert.equal(store.records.size, 250);
  assert.equal(store.batches, 3);
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(ledger.record(record(1)), { code: 'shutting_down' });
});

test('a full segment is followed by a new one and deleted once the store has it', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, { ...never, segmentBytesMax: 1 });
  for (let n = 0; n < 5; n++) await ledger.record(record(n));
  const segments = async () => (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).length;
  assert.equal(await segments(), 5);
  await ledger.flush();
  assert.equal(await segments(), 0);
  await ledger.close();
});

test('a failing store costs no record: they wait in the journal, and go in when it works again', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, { retryMs: 5 });
  store.failure = new Error('SQLITE_FULL');
  await ledger.record(record(1));
  await assert.rejects(ledger.flush(), { code: 'store_unavailable' });
  assert.equal(ledger.health().ok, true);
  assert.ok(ledger.health().storeFailingSinceMs !== undefined);
  store.failure = undefined;
  await ledger.flush();
  assert.equal(store.records.size, 1);
  assert.equal(ledger.health().storeFailingSinceMs, undefined);
  await ledger.close();
});

test('what the store never took is found by the next process', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  store.failure = new Error('SQLITE_IOERR');
  const ledger = await open(folder, store, never);
  await ledger.record(record(1));
  await ledger.close();
  assert.equal(store.records.size, 0);
  store.failure = undefined;
  const next = await open(folder, store, never);
  assert.deepEqual([...store.records.keys()], ['req_1']);
  assert.equal(next.health().replay.recovered, 1);
  await next.close();
  assert.deepEqual(await readdir(folder), []);
});

test('beyond the bound of waiting records new ones are refused, and the ledger says that it is not well', async (t) => {
  const store = new MemoryLedgerStore();
  const ledger = await open(await journalFolder(t), store, { ...never, pendingRecordsMax: 2 });
  let openGate = () => {};
  store.gate = new Promise((resolve) => {
    openGate = resolve;
  });
  await ledger.record(record(1));
  await ledger.record(record(2));
  await assert.rejects(ledger.record(record(3)), { code: 'store_unavailable' });
  assert.equal(ledger.health().ok, false);
  assert.match(ledger.health().problem ?? '', /2 records wait for the store/);
  assert.equal(ledger.health().refusedRecords, 1);
  openGate();
  await ledger.flush();
  assert.equal(ledger.health().ok, true);
  await ledger.record(record(4));
  await ledger.close();
  assert.deepEqual([...store.records.keys()], ['req_1', 'req_2', 'req_4']);
});

test('a store that hangs does not hold up flush for ever', async (t) => {
  const store = new MemoryLedgerStore();
  const ledger = await open(await journalFolder(t), store, { ...never, flushMs: 20 });
  let openGate = () => {};
  store.gate = new Promise((resolve) => {
    openGate = resolve;
  });
  await ledger.record(record(1));
  await assert.rejects(ledger.flush(), { code: 'store_unavailable' });
  openGate();
  await ledger.close();
});

test('a torn last line is skipped and counted, and the lines before it are kept', async (t) => {
  const folder = await journalFolder(t);
  const line = encodeRecord(record(2));
  await writeFile(
    join(folder, '1-1-dead.0.jsonl'),
    `${encodeRecord(record(1))}\n${line.slice(0, line.length / 2)}`,
  );
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, never);
  assert.deepEqual([...store.records.keys()], ['req_1']);
  assert.deepEqual(ledger.health().replay, { segments: 1, recovered: 1, tornLines: 1, damagedLines: 0 });
  await ledger.close();
  assert.deepEqual(await readdir(folder), []);
});

test('a damaged line elsewhere is counted and its file is kept for the operator', async (t) => {
  const folder = await journalFolder(t);
  await writeFile(join(folder, '1-1-dead.0.jsonl'), `${encodeRecord(record(1))}\n{"id":\n[]\n\n`);
  await appendFile(join(folder, '1-1-dead.0.jsonl'), `${encodeRecord(record(2))}\n`);
  const store = new MemoryLedgerStore();
  const ledger = await open(folder, store, never);
  assert.deepEqual([...store.records.keys()], ['req_1', 'req_2']);
  assert.equal(ledger.health().replay.damagedLines, 2);
  await ledger.close();
  assert.deepEqual(await readdir(folder), ['1-1-dead.0.jsonl.damaged']);
});

test('segments of one process are replayed in the order they were written', async (t) => {
  const folder = await journalFolder(t);
  for (const n of [10, 9, 2])
    await writeFile(join(folder, `1-1-dead.${n}.jsonl`), `${encodeRecord(record(n))}\n`);
  const store = new MemoryLedgerStore();
  await (await open(folder, store, never)).close();
  assert.deepEqual([...store.records.keys()], ['req_2', 'req_9', 'req_10']);
});

test('the journal of a living neighbour is left alone; that of one that ended is taken over while we run', async (t) => {
  const folder = await journalFolder(t);
  const store = new MemoryLedgerStore();
  store.failure = new Error('SQLITE_BUSY');
  const neighbour = await open(folder, store, never);
  await neighbour.record(record(1));
  store.failure = undefined;
  const ledger = await open(folder, store, { ...never, adoptEveryMs: 5 });
  assert.equal(ledger.health().replay.segments, 0);
  store.failure = new Error('SQLITE_BUSY');
  await neighbour.close();
  store.failure = undefined;
  while (store.records.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([...store.records.keys()], ['req_1']);
  await ledger.close();
  assert.deepEqual(await readdir(folder), []);
});

test('a journal folder that cannot be made is an error that names it', async (t) => {
  const file = join(await journalFolder(t), 'a-file');
  await writeFile(file, '');
  await assert.rejects(open(join(file, 'journal'), new MemoryLedgerStore()), {
    code: 'store_unavailable',
    message: /a-file\/journal cannot be written/,
  });
});

test('speed of record on the main thread', async (t) => {
  const store = new MemoryLedgerStore();
  const ledger = await open(await journalFolder(t), store, {
    ...never,
    pendingRecordsMax: 1_000_000,
    pendingCharsMax: 1e9,
  });
  const decision = sampleDecision('dec_1');
  const measure = async (
    name: string,
    rounds: number,
    perTurn: number,
    make: (n: number) => ReturnType<typeof record>,
  ) => {
    const made = Array.from({ length: rounds * perTurn }, (_, n) => make(n));
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      await Promise.all(made.slice(round * perTurn, (round + 1) * perTurn).map((one) => ledger.record(one)));
    }
    t.diagnostic(`${name}: ${(((performance.now() - start) * 1000) / made.length).toFixed(1)} µs per record`);
  };
  const withDecision = (n: number) => sampleRecord({ id: `req_${n}`, decision });
  await measure('warm-up', 500, 4, withDecision);
  await measure('1 a turn, with decision', 2000, 1, withDecision);
  await measure('16 a turn, with decision', 200, 16, withDecision);
  await measure('16 a turn, without decision', 200, 16, record);
  store.gate = undefined;
  await ledger.close();
});
