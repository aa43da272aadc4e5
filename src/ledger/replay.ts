import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LockFile, lockSuffix, remove, segmentPattern } from './journal.ts';
import { decodeRecord, type LedgerStore, type RecordLine } from './store.ts';

const batchLines = 500;
/** A lock without segments is a process that starts or that is idle; only after this time it may be a left-over. */
const forgottenLockMs = 60_000;

/** What was found in the journals of processes that ended without finishing. */
export interface Replay {
  segments: number;
  /** Records that the store did not have yet. */
  recovered: number;
  /** Last lines cut by the kill; nobody was told that they are recorded. */
  tornLines: number;
  /** Unreadable lines elsewhere; their files are kept as `*.damaged`. */
  damagedLines: number;
}

export interface ReplayOptions {
  folder: string;
  store: LedgerStore;
  lockFile: LockFile;
  /** The running process, whose journal is not touched. */
  owner: string;
  nowMs: number;
}

/**
 * Hands the records of dead processes to the store and deletes their journals. Rejects with `store_unavailable` when the store
 * does; what was not committed stays for the next try.
 */
export async function replayJournals(options: ReplayOptions): Promise<Replay> {
  const replay: Replay = { segments: 0, recovered: 0, tornLines: 0, damagedLines: 0 };
  for (const [owner, segments] of await journalsIn(options.folder)) {
    if (owner === options.owner) continue;
    const lockPath = join(options.folder, owner + lockSuffix);
    if (segments.length === 0 && !(await isForgotten(lockPath, options.nowMs))) continue;
    const lock = options.lockFile(lockPath);
    if (lock === undefined) continue;
    try {
      for (const segment of segments)
        await replaySegment(join(options.folder, segment), options.store, replay);
      remove(lockPath);
    } finally {
      lock.release();
    }
  }
  return replay;
}

async function replaySegment(path: string, store: LedgerStore, replay: Replay): Promise<void> {
  const text = await readOptional(path);
  // Another process that took the lock before us has replayed it.
  if (text === undefined) return;
  replay.segments += 1;
  const lines = text.split('\n');
  const tail = lines.pop();
  if (tail !== undefined && tail !== '') replay.tornLines += 1;
  const whole: RecordLine[] = [];
  let damaged = 0;
  for (const line of lines) {
    if (line === '') continue;
    if (decodeRecord(line) === undefined) damaged += 1;
    else whole.push(line);
  }
  for (let i = 0; i < whole.length; i += batchLines) {
    replay.recovered += await store.append(whole.slice(i, i + batchLines));
  }
  replay.damagedLines += damaged;
  if (damaged > 0) await rename(path, `${path}.damaged`);
  else remove(path);
}

/** Segment files by owner, in the order they were written. */
async function journalsIn(folder: string): Promise<Map<string, string[]>> {
  const journals = new Map<string, string[]>();
  for (const name of await readdir(folder)) {
    const owner = name.endsWith(lockSuffix)
      ? name.slice(0, -lockSuffix.length)
      : segmentPattern.exec(name)?.[1];
    if (owner === undefined) continue;
    const segments = journals.get(owner) ?? [];
    if (!name.endsWith(lockSuffix)) segments.push(name);
    journals.set(owner, segments);
  }
  for (const segments of journals.values()) segments.sort((a, b) => numberOf(a) - numberOf(b));
  return journals;
}

function numberOf(segment: string): number {
  return Number(segmentPattern.exec(segment)?.[2] ?? 0);
}

async function isForgotten(lockPath: string, nowMs: number): Promise<boolean> {
  try {
    return nowMs - (await stat(lockPath)).mtimeMs > forgottenLockMs;
  } catch {
    return false;
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
