import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** Tracked and new files that git does not ignore. */
function files(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '' && !file.endsWith('.ico'));
}

function offenders(pattern: RegExp, keep: (file: string) => boolean): string[] {
  return files().filter((file) => keep(file) && pattern.test(readFileSync(join(root, file), 'utf8')));
}

test('no lockfile holds download addresses', () => {
  assert.deepEqual(
    offenders(/"resolved"/, (file) => file.endsWith('package-lock.json')),
    [],
    'npm config set omit-lockfile-registry-resolved true, then lock again',
  );
});

test('no file holds an absolute path of a machine', () => {
  assert.deepEqual(
    offenders(
      /(?<![A-Za-z0-9_.:-])\/(?:work|root|home|Users)\/[a-z]/,
      (file) => !file.startsWith('test/house/'),
    ),
    [],
  );
});

test('no code is left undone or skipped by hand', () => {
  const undone = /\b(TODO|FIXME|XXX)\b|\b(it|test|describe)\.(only|skip)\(/;
  assert.deepEqual(
    offenders(undone, (file) => /\.(ts|js)$/.test(file) && !file.startsWith('test/house/')),
    [],
  );
});

test('no install script is among the runtime dependencies', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: { [path: string]: { hasInstallScript?: boolean; dev?: boolean } };
  };
  const withScript = Object.entries(lock.packages).filter(
    ([, entry]) => entry.hasInstallScript === true && entry.dev !== true,
  );
  assert.deepEqual(
    withScript.map(([path]) => path),
    [],
  );
});

test('the runtime dependencies are the ones we chose', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: object;
  };
  assert.deepEqual(Object.keys(dependencies).sort(), [
    '@hono/node-server',
    '@hono/zod-openapi',
    '@smithy/eventstream-codec',
    '@smithy/signature-v4',
    'commander',
    'google-auth-library',
    'gpt-tokenizer',
    'hono',
    'pino',
    'undici',
    'ws',
    'yaml',
    'zod',
  ]);
});
