import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./fill-disk.ts', import.meta.url));
/** Mounts a small file system that only this command sees. */
const onSmallDisk = 'mount -t tmpfs -o size=512k tmpfs "$1" || exit 77; shift; exec "$@"';

test('a full disk refuses records, leaves none half-written, and the ledger recovers by itself', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'yumen-'));
  t.after(() => rm(folder, { recursive: true }));
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', program, folder];
  let output: string;
  try {
    output = (
      await run('unshare', ['-m', 'sh', '-c', onSmallDisk, 'sh', folder, ...command], { timeout: 30_000 })
    ).stdout;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT' || code === 77 || (stderr ?? '').startsWith('unshare:')) {
      t.skip('a private mount is not possible here');
      return;
    }
    throw error;
  }
  assert.deepEqual(JSON.parse(output), [
    'recorded',
    'store_unavailable',
    'unwell',
    'recorded',
    'store = promised',
  ]);
});
