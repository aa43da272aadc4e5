import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installationSecret } from '../../src/storage/index.ts';

test('the secret is made once, the same at every start, and for its owner only', () => {
  inFolder((folder) => {
    const made = installationSecret(join(folder, 'data'));
    assert.equal(made.byteLength, 32);
    assert.deepEqual(installationSecret(join(folder, 'data')), made);
    assert.equal(statSync(join(folder, 'data', 'secret.key')).mode & 0o777, 0o600);
    assert.notDeepEqual(installationSecret(join(folder, 'other')), made);
  });
});

test('a file that holds no secret is refused by name, never replaced', () => {
  inFolder((folder) => {
    writeFileSync(join(folder, 'secret.key'), 'short\n');
    assert.throws(() => installationSecret(folder), { code: 'store_unavailable', message: /secret\.key/ });
    assert.throws(() => installationSecret(folder), { code: 'store_unavailable' });
  });
});

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-secret-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
