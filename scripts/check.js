// Everything `npm test` checks, on the packaged Node: format and lint, types, dead exports, then the tests. Each check counts as one test.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { root } from './lib.js';

const only = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

const checks = [
  {
    name: 'format and lint',
    file: 'node_modules/@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings', '.'],
  },
  { name: 'types', file: 'node_modules/typescript/bin/tsc', args: ['--noEmit', '-p', '.'] },
  {
    name: 'dead exports and unused dependencies',
    file: 'node_modules/knip/bin/knip.js',
    args: ['--no-progress'],
  },
];

if (only.length === 0) {
  for (const check of checks) {
    const done = spawnSync(process.execPath, [join(root, check.file), ...check.args], {
      cwd: root,
      encoding: 'utf8',
    });
    const passed = done.status === 0;
    console.log(`${passed ? '✔' : '✖'} ${check.name}`);
    if (!passed) console.log(`${done.stdout}${done.stderr}`);
    counts[passed ? 'passed' : 'failed'] += 1;
    if (!passed) failures.push(check.name);
  }
}

// What is installed below test/ for campaigns brings tests of its own.
const files = globSync('test/**/*.test.ts', { cwd: root, exclude: ['**/node_modules'] })
  .sort()
  .filter((file) => only.length === 0 || only.some((part) => file.includes(part)))
  .map((file) => join(root, file));
const stream = run({
  files,
  concurrency: 2,
  timeout: 300_000,
  execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
});
stream.on('test:fail', (event) => {
  if (event.details?.type !== 'suite') failures.push(`${event.name} (${event.file ?? ''})`);
});
stream.on('test:summary', (event) => {
  // The summary without a file is the one of the whole run.
  if (event.file !== undefined) return;
  counts.passed += event.counts.passed;
  counts.failed += event.counts.failed + event.counts.cancelled;
  counts.skipped += event.counts.skipped;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  process.exitCode = counts.failed > 0 ? 1 : 0;
  setImmediate(() => {
    for (const failure of failures) console.log(`failed: ${failure}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  });
});
