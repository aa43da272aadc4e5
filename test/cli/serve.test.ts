import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
/** Far longer than any start takes; a process that is killed by it does not end by itself. */
const killMs = 60_000;

interface Ended {
  /** `null` when it had to be killed. */
  code: number | null;
  err: string;
}

describe('serve, when it cannot start', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yumen-serve-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function serve(args: string[], env: { [name: string]: string } = {}): Promise<Ended> {
    const given = ['--disable-warning=ExperimentalWarning', main, 'serve', '--port', '0', ...args];
    const options = { cwd: folder, env: { YUMEN_PROBE_ENGINES: 'false', ...env }, timeout: killMs };
    return new Promise((resolve) => {
      execFile(process.execPath, given, options, (error, _, err) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, err });
      });
    });
  }

  const failures: { why: string; args?: string[]; env?: { [name: string]: string }; says: RegExp }[] = [
    { why: 'an admin key that is too short', env: { YUMEN_ADMIN_KEY: 'short' }, says: /at least 20/ },
    { why: 'a data folder that is a file', args: ['--data-dir', 'file'], says: /data folder/ },
    { why: 'a bad route beside the sandbox', args: ['--config', 'bad.yaml'], says: /routes\.auto.*nope/ },
    { why: 'an address that is not here', args: ['--host', '192.0.2.1'], says: /cannot listen/ },
  ];
  for (const { why, args, env, says } of failures) {
    test(`${why} ends the process with a sentence`, async () => {
      writeFileSync(join(folder, 'file'), '');
      writeFileSync(
        join(folder, 'bad.yaml'),
        'providers:\n  - { id: s, vendor: sandbox }\nroutes:\n  auto: { reference: nope, candidates: [nope] }\n',
      );
      const { code, err } = await serve(args ?? [], env);
      assert.equal(code, 1, err);
      assert.match(err, says);
    });
  }
});
