import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../protocol/index.ts';
import type { RecordLine } from './store.ts';

const claimTriesMax = 5;
/** More than any file system hands out of a block that is already begun, so that success means there is space again. */
const probeBytes = 64 * 1024;

/**
 * Takes the lock of a file for this process, or returns undefined while another one holds it. The system drops the lock with the
 * process, however it ends. Process ids would not do instead: they repeat after a restart and mean nothing across the
 * containers that may share a folder.
 */
export type LockFile = (path: string) => FileLock | undefined;

export interface FileLock {
  release(): void;
}

/** One file of the journal. */
export interface Segment {
  readonly path: string;
  readonly fd: number;
  bytes: number;
  /** Records that the store has not committed yet. */
  uncommitted: number;
  /** No more records will be written to it. */
  sealed: boolean;
}

/** Names of the files of one process: `<owner>.lock` and `<owner>.<number>.jsonl`. */
export const lockSuffix = '.lock';
export const segmentPattern = /^(.+)\.(\d+)\.jsonl$/;

export interface JournalOptions {
  folder: string;
  lockFile: LockFile;
  startMs: number;
  /** A segment that has reached this size is followed by a new one, and deleted once the store has all of it. */
  segmentBytesMax: number;
}

/**
 * The write-ahead journal of one process: appends lines with one synchronous write, which the page cache keeps when the process is
 * killed. Deletes what the store has committed.
 */
export class Journal {
  readonly owner: string;
  readonly #folder: string;
  readonly #segmentBytesMax: number;
  readonly #lock: FileLock;
  #segment: Segment | undefined;
  #sealed = new Set<Segment>();
  #segmentsMade = 0;

  /** Throws `store_unavailable` when the folder cannot be written. */
  constructor(options: JournalOptions) {
    this.#folder = options.folder;
    this.#segmentBytesMax = options.segmentBytesMax;
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 });
      const claim = claimOwner(options);
      this.owner = claim.owner;
      this.#lock = claim.lock;
    } catch (cause) {
      throw unavailable(`The ledger's journal folder ${options.folder} cannot be written.`, cause);
    }
  }

  /** Appends the lines, all or none. Throws `store_unavailable`; the next call tries anew. */
  write(lines: readonly RecordLine[]): Segment {
    const segment = this.#open();
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    this.#append(segment, bytes);
    segment.bytes += bytes.length;
    segment.uncommitted += lines.length;
    if (segment.bytes >= this.#segmentBytesMax) this.#seal(segment);
    return segment;
  }

  /** Tells that the store has committed so many records of the segment. */
  committed(segment: Segment, records: number): void {
    segment.uncommitted -= records;
    if (segment.sealed && segment.uncommitted === 0) this.#delete(segment);
  }

  /** Tries whether records could be written. Leaves nothing behind. Throws `store_unavailable`. */
  probe(): void {
    const segment = this.#open();
    this.#append(segment, Buffer.alloc(probeBytes, '\n'));
    try {
      ftruncateSync(segment.fd, segment.bytes);
    } catch {
      this.#seal(segment);
    }
  }

  /** Deletes what is committed; what is not stays for the next process that starts on this folder. */
  close(): void {
    if (this.#segment !== undefined) this.#seal(this.#segment);
    const kept = this.#sealed.size > 0;
    this.#lock.release();
    if (!kept) remove(join(this.#folder, this.owner + lockSuffix));
  }

  #open(): Segment {
    if (this.#segment !== undefined) return this.#segment;
    const path = join(this.#folder, `${this.owner}.${this.#segmentsMade}.jsonl`);
    try {
      const fd = openSync(path, 'ax', 0o600);
      this.#segmentsMade += 1;
      this.#segment = { path, fd, bytes: 0, uncommitted: 0, sealed: false };
      return this.#segment;
    } catch (cause) {
      throw unavailable('The ledger cannot be written.', cause);
    }
  }

  #append(segment: Segment, bytes: Uint8Array): void {
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(segment.fd, bytes, written);
    } catch (cause) {
      // A full disk may take a part of the write. It is taken back, for its records are about to be refused; where even
      // that fails the segment is given up, because a line behind a torn one would be lost with it.
      try {
        ftruncateSync(segment.fd, segment.bytes);
      } catch {
        this.#seal(segment);
      }
      throw unavailable('The ledger cannot be written.', cause);
    }
  }

  #seal(segment: Segment): void {
    segment.sealed = true;
    this.#segment = undefined;
    try {
      closeSync(segment.fd);
    } catch {
      // The write itself has succeeded or has been reported; closing adds nothing to either.
    }
    if (segment.uncommitted === 0) this.#delete(segment);
    else this.#sealed.add(segment);
  }

  #delete(segment: Segment): void {
    this.#sealed.delete(segment);
    remove(segment.path);
  }
}

function claimOwner(options: JournalOptions): { owner: string; lock: FileLock } {
  for (let tries = 0; tries < claimTriesMax; tries++) {
    const owner = `${options.startMs}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const path = join(options.folder, owner + lockSuffix);
    const lock = options.lockFile(path);
    // Another process that cleans up may have taken the new file for a forgotten one.
    if (lock !== undefined && existsSync(path)) return { owner, lock };
    lock?.release();
  }
  throw new Error('no journal file could be locked');
}

/** A file that is gone already, or cannot go, does no harm: replaying it again changes nothing. */
export function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    return;
  }
}

function unavailable(message: string, cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', message, { cause, detail: String(cause) });
}
