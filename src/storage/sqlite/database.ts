import { DatabaseSync } from 'node:sqlite';
import { migrations } from './migrations.ts';

const busyTimeoutMs = 5000;
const openTriesMax = 100;
const openPauseMs = 50;
const cacheKib = 16 * 1024;
/** A long report keeps the write-ahead log from being reused; afterwards the file shrinks to this size again. */
const walBytesKept = 64 * 1024 * 1024;

export interface DatabaseOptions {
  path: string;
  /** A connection for queries: they run beside the writer's transactions, in a thread of their own. */
  readOnly: boolean;
  /** `normal` survives a killed process, `full` a power cut too, at the price of a disk flush per commit. */
  synchronous: 'normal' | 'full';
}

/** Opens the database and brings its schema up to date. Throws what SQLite throws, and an Error for a database of a newer version. */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  const db = new DatabaseSync(options.path, { timeout: busyTimeoutMs, readOnly: options.readOnly });
  try {
    db.exec(`PRAGMA cache_size = -${cacheKib}`);
    if (!options.readOnly) {
      retryWhileBusy(() => db.exec('PRAGMA journal_mode = WAL'));
      db.exec(`PRAGMA synchronous = ${options.synchronous}; PRAGMA journal_size_limit = ${walBytesKept}`);
      retryWhileBusy(() => migrate(db));
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs the work in one transaction that takes the write lock at once, so that it cannot fail half-way for a lock. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk or an I/O error may have rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The lock makes several processes that start at once migrate one after the other; the later ones find nothing to do. */
function migrate(db: DatabaseSync): void {
  inTransaction(db, () => {
    const version = versionOf(db);
    if (version > migrations.length) {
      throw new Error(
        `the database has schema version ${version}, this program knows ${migrations.length}: it was written by a newer version of Yumen`,
      );
    }
    for (const [index, sql] of migrations.entries()) {
      if (index >= version) db.exec(`${sql}; PRAGMA user_version = ${index + 1}`);
    }
  });
}

function versionOf(db: DatabaseSync): number {
  const row = db.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

/** SQLite's own waiting does not cover the moment in which several processes switch a new database to WAL. */
function retryWhileBusy(work: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 1; ; tries++) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || tries >= openTriesMax) throw error;
      Atomics.wait(pause, 0, 0, openPauseMs);
    }
  }
}

/** SQLITE_BUSY or SQLITE_LOCKED, with or without an extended code. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  const code = Number(error.errcode) & 0xff;
  return code === 5 || code === 6;
}
