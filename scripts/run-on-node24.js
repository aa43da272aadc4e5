// Runs a TypeScript file of the checkout on the packaged Node, after installing what is missing.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, node24, root } from './lib.js';

ensureInstalled();
const done = spawnSync(node24(), ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = done.status ?? 1;
