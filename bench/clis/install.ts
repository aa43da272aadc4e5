import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the command lines and npm's own copies of them take at most. */
const diskBytesNeeded = 4_000_000_000;

const here = import.meta.dirname;
const folder = join(here, '..', '..', '.campaign', 'clis');

/**
 * Installs the command lines in the versions of this folder's lockfile, unless they are there already, without running any script of theirs:
 * their native parts come as packages. Returns the folder of their packages; throws when there is no room or npm fails.
 */
export function installClis(): string {
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8');
  const stamp = join(folder, '.installed');
  const packages = join(folder, 'node_modules');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return packages;
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < diskBytesNeeded) {
    const gigabytes = (bavail * bsize) / 1e9;
    throw new Error(
      `The command lines need ${diskBytesNeeded / 1e9} GB; ${folder} has ${gigabytes.toFixed(1)} GB free.`,
    );
  }
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(here, file), join(folder, file));
  console.error('Installing the command lines (about 1.5 GB) …');
  // Not `npm ci`: it wants every optional package in the lockfile, also those of
  // other platforms that were not to be had when it was written.
  const args = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) throw new Error('npm install failed; see its message above.');
  writeFileSync(stamp, lock);
  return packages;
}

/** The version that is installed. */
export function versionOf(packages: string, name: string): string {
  const { version } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
