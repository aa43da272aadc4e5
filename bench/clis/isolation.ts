import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A namespace of one's own needs no rights where the kernel lets users make them. Inside there is loopback and nothing else, and names are asked
 * of a server on it, so that each one a program looks up is seen. The files bound over are those of this namespace only.
 */
const enter = `
ip link set lo up || exit 125
mount --bind "$1" "$(readlink -f /etc/resolv.conf)"
mount --bind "$2" /etc/nsswitch.conf
shift 2
exec "$@"`;

const maker = 'unshare';
const namespace = ['--map-root-user', '--net', '--mount'];

/** True where this machine lets us make a namespace that has loopback only. */
export function canIsolate(): boolean {
  if (process.platform !== 'linux') return false;
  const done = spawnSync(maker, [...namespace, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
  return done.status === 0;
}

/** True when no address of this process leads anywhere but to itself. */
export function isIsolated(): boolean {
  return Object.values(networkInterfaces())
    .flat()
    .every((address) => address?.internal === true);
}

/** Runs this very command inside a namespace and returns its exit status. */
export function runIsolated(): number {
  const folder = mkdtempSync(join(tmpdir(), 'yumen-names-'));
  try {
    const [resolver, order] = [join(folder, 'resolv.conf'), join(folder, 'nsswitch.conf')];
    writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    writeFileSync(order, 'passwd: files\ngroup: files\nhosts: files dns\n');
    const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1), '--isolated'];
    const done = spawnSync(maker, [...namespace, 'sh', '-c', enter, 'sh', resolver, order, ...command], {
      stdio: 'inherit',
    });
    return done.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
