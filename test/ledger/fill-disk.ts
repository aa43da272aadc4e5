/**
 * Run as a process of its own on a file system of a few hundred kilobytes: fills it, and prints what the ledger says before,
 * while and after it is full.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../src/ledger/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { lockFile } from '../../src/storage/index.ts';
import { MemoryLedgerStore } from './memory-store.ts';
import { sampleRecord } from './sample-records.ts';

const [, , folder = ''] = process.argv;
const store = new MemoryLedgerStore();
const ledger = await openLedger({
  store: store.asStore(),
  journalFolder: join(folder, 'journal'),
  lockFile,
  clock: systemClock,
  bounds: { retryMs: 10, lingerMs: 1 },
});
const filler = join(folder, 'filler');
const outcomes: string[] = [];
const promised: string[] = [];
let next = 0;

async function tryRecord(): Promise<string> {
  const id = `req_${next++}`;
  try {
    await ledger.record(sampleRecord({ id, tags: ['x'.repeat(5000)] }));
    promised.push(id);
    return 'recorded';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}

outcomes.push(await tryRecord());
for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
  try {
    writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
  } catch {
    // Full to within this size.
  }
}
// The page that the journal has begun may still take a record or two.
let full = await tryRecord();
for (let i = 0; i < 10 && full === 'recorded'; i++) full = await tryRecord();
outcomes.push(full, ledger.health().ok ? 'well' : 'unwell');
rmSync(filler);
while (!ledger.health().ok) await new Promise((resolve) => setTimeout(resolve, 5));
outcomes.push(await tryRecord());
await ledger.close();
const same = promised.every((id) => store.records.has(id)) && store.records.size === promised.length;
outcomes.push(same ? 'store = promised' : 'store ≠ promised');
console.log(JSON.stringify(outcomes));
