// `npm test`: installs and builds what is missing, then runs everything. Arguments after `--` restrict it to test files that contain one of them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node24, root } from './lib.js';

ensureInstalled();
ensureBuilt();
const done = spawnSync(node24(), [join(root, 'scripts', 'check.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = done.status ?? 1;
