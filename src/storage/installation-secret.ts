import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../protocol/index.ts';

const fileName = 'secret.key';
const secretBytes = 32;

/**
 * The secret of this installation, in the data folder: made at the first start, readable by its owner only, the same for all processes that
 * share the folder. Throws `store_unavailable` when it cannot be read or written, or is not one.
 */
export function installationSecret(dataFolder: string): Uint8Array {
  const path = join(dataFolder, fileName);
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    const secret = read(path) ?? make(path);
    if (secret.byteLength === secretBytes) return secret;
  } catch (cause) {
    const detail = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new GatewayError('store_unavailable', `The file ${path} cannot be used: ${detail}.`, {
      cause,
      detail,
    });
  }
  throw new GatewayError(
    'store_unavailable',
    `The file ${path} does not hold a secret: restore it, or remove it to have a new one; what was sealed with the old one is then lost.`,
  );
}

function read(path: string): Uint8Array | undefined {
  try {
    return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Written beside and linked into place, so that no process reads half a secret or one that another is about to replace. */
function make(path: string): Uint8Array {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(beside, `${randomBytes(secretBytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(beside, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  } finally {
    rmSync(beside, { force: true });
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
}
