import { DatabaseSync } from 'node:sqlite';
import type { FileLock } from '../../ledger/index.ts';
import { isBusy } from './database.ts';

/**
 * Locks a file by SQLite's own file locks, which the system drops with the process: Node has no call for them. Nothing is
 * ever written to the file. Throws when the file cannot be made.
 */
export function lockFile(path: string): FileLock | undefined {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}
