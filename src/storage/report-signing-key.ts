import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../protocol/index.ts';

const fileName = 'report-signing.pem';
const publicName = 'report-signing.pub.pem';

export interface ReportSigningKey {
  privateKey: KeyObject;
  /** Where the public key lies, to be given to whoever checks reports. */
  publicKeyPath: string;
}

/**
 * The Ed25519 key that this installation signs its reports with, in the data folder: made when the first report is, readable by its owner
 * only. Throws `store_unavailable` when it cannot be read or written, or is not one.
 */
export function reportSigningKey(dataFolder: string): ReportSigningKey {
  const path = join(dataFolder, fileName);
  const publicKeyPath = join(dataFolder, publicName);
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    const privateKey = createPrivateKey(read(path) ?? make(path));
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is a key of another kind');
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    if (read(publicKeyPath) !== publicKey) writeFileSync(publicKeyPath, publicKey);
    return { privateKey, publicKeyPath };
  } catch (cause) {
    const detail = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new GatewayError(
      'store_unavailable',
      `The file ${path} cannot be used: ${detail}. Restore it, or remove it to have a new key; earlier reports stay valid under the old public key.`,
      { cause, detail },
    );
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Written beside and linked into place: of two processes that make a report at once, both sign with the same key. */
function make(path: string): string {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(beside, pem, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(beside, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  } finally {
    rmSync(beside, { force: true });
  }
  return readFileSync(path, 'utf8');
}
