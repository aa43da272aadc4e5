import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLedger } from '../../src/ledger/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { lockFile, openSqliteStore } from '../../src/storage/index.ts';

const program = fileURLToPath(new URL('./record-forever.ts', import.meta.url));

interface Recorder {
  child: ChildProcess;
  /** Resolves with the ids it printed, once it is dead. */
  ended: Promise<string[]>;
}

async function startRecorder(dataFolder: string): Promise<Recorder> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  const started = once(child.stdout, 'data');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  const ended = once(child, 'close').then(() => output.split('\n').slice(1, -1));
  await started;
  return { child, ended };
}

async function dataFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'yumen-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** Starts the ledger anew, as the next `yumen serve` would, and tells which of the ids the store does not have then. */
async function missingAfterRestart(
  folder: string,
  ids: string[],
): Promise<{ missing: string[]; recovered: number }> {
  const store = await openSqliteStore({ dataFolder: folder });
  const ledger = await openLedger({
    store: store.ledger,
    journalFolder: join(folder, 'journal'),
    lockFile,
    clock: systemClock,
  });
  const missing: string[] = [];
  for (let i = 0; i < ids.length; i += 200) {
    const some = ids.slice(i, i + 200);
    const found = await Promise.all(some.map((id) => store.ledger.get(id)));
    missing.push(...some.filter((_, n) => found[n] === undefined));
  }
  const { recovered } = ledger.health().replay;
  await ledger.close();
  await store.close();
  return { missing, recovered };
}

test('kill -9 at any time: every record that was promised is in the store after the next start', async (t) => {
  const folder = await dataFolder(t);
  let promised = 0;
  for (let round = 0; round < 6; round++) {
    const { child, ended } = await startRecorder(folder);
    setTimeout(() => child.kill('SIGKILL'), 20 + round * 60);
    const ids = await ended;
    const { missing, recovered } = await missingAfterRestart(folder, ids);
    assert.deepEqual(missing, []);
    promised += ids.length;
    t.diagnostic(`round ${round}: ${ids.length} promised, ${recovered} came from the journal`);
  }
  assert.ok(promised > 0);
  assert.deepEqual(await readdir(join(folder, 'journal')), []);
});

test('two processes on one folder: each keeps its journal, and the survivor’s is not touched by the restart of the other', async (t) => {
  const folder = await dataFolder(t);
  const first = await startRecorder(folder);
  const second = await startRecorder(folder);
  await new Promise((resolve) => setTimeout(resolve, 100));
  first.child.kill('SIGKILL');
  const firstIds = await first.ended;
  // The second still records while a third process takes over what the first has left.
  assert.deepEqual((await missingAfterRestart(folder, firstIds)).missing, []);
  second.child.kill('SIGKILL');
  const secondIds = await second.ended;
  assert.deepEqual((await missingAfterRestart(folder, secondIds)).missing, []);
  assert.ok(firstIds.length > 0 && secondIds.length > 0);
  assert.deepEqual(await readdir(join(folder, 'journal')), []);
});
