// `npm start`: installs and builds what is missing, then runs the gateway. Arguments after `--` go to `yumen serve`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, node24, root } from './lib.js';

ensureInstalled();
ensureBuilt();
const child = spawn(node24(), [join(root, 'bin', 'yumen.js'), 'serve', ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// The terminal sends an interrupt to the whole group: this process only waits for the gateway to drain.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1);
});
