// `npm run test:clients`: the client libraries that programs use, each with an upstream of each dialect. Arguments after `--`: `--json`, and
// `--client`, `--upstream`, `--check` with a part of a name.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, node24, root } from './lib.js';

const matrix = join(root, 'test', 'clients', 'matrix');
for (const folder of [root, matrix, join(matrix, 'instructor')]) ensureInstalled(folder);

/** What some of the libraries would otherwise send to their makers. */
const telemetryOff = {
  DO_NOT_TRACK: '1',
  LANGSMITH_TRACING: 'false',
  LANGCHAIN_TRACING_V2: 'false',
  MASTRA_TELEMETRY_DISABLED: '1',
  OPENAI_AGENTS_DISABLE_TRACING: '1',
};

function run(args, stdio) {
  const env = { ...process.env, ...telemetryOff };
  return spawnSync(node24(), args, { cwd: root, stdio, env, encoding: 'utf8' });
}

// What the folder imports is checked by `npm test`.
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const typed = run([tsc, '--noEmit', '--pretty', 'false', '-p', matrix], 'pipe');
const faults = typed.stdout.split('\n').filter((line) => line.startsWith('test/clients/matrix/'));
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
const main = ['--disable-warning=ExperimentalWarning', join(matrix, 'run.ts')];
process.exitCode = run([...main, ...process.argv.slice(2)], 'inherit').status ?? 1;
