import { GatewayError } from '../protocol/index.ts';
import type { Clock } from '../std/index.ts';
import { Journal, type LockFile, type Segment } from './journal.ts';
import type { RequestRecord } from './records.ts';
import { type Replay, replayJournals } from './replay.ts';
import { encodeRecord, type LedgerStore, type RecordLine } from './store.ts';

export interface LedgerBounds {
  /** Records (and characters of their lines) that may wait for the store; beyond them `record` refuses. */
  pendingRecordsMax: number;
  pendingCharsMax: number;
  /** Records handed to the store at once. */
  batchRecordsMax: number;
  /** How long records gather before they are handed over. */
  lingerMs: number;
  segmentBytesMax: number;
  /** Pause before a refused write or batch is tried again. */
  retryMs: number;
  /** How often the journals of other processes that died meanwhile are looked for. */
  adoptEveryMs: number;
  /** How long `flush` and `close` wait for the store. */
  flushMs: number;
}

const defaultBounds: LedgerBounds = {
  pendingRecordsMax: 20_000,
  pendingCharsMax: 128 * 1024 * 1024,
  batchRecordsMax: 500,
  lingerMs: 25,
  segmentBytesMax: 1024 * 1024,
  retryMs: 1000,
  adoptEveryMs: 30_000,
  flushMs: 10_000,
};

export interface LedgerOptions {
  store: LedgerStore;
  /** Folder of the journals, shared by all processes of the data folder. Made if absent. */
  journalFolder: string;
  lockFile: LockFile;
  clock: Clock;
  bounds?: Partial<LedgerBounds> | undefined;
}

export interface LedgerHealth {
  /** False while `record` refuses: paid work should be refused before it is done. */
  ok: boolean;
  /** Why not, for the operator. */
  problem: string | undefined;
  /** Journalled but not yet in the store. */
  pendingRecords: number;
  /** Since when the store takes no records; they wait in the journal meanwhile. */
  storeFailingSinceMs: number | undefined;
  /** Records that were refused since the start. */
  refusedRecords: number;
  /** What dead processes had left behind, summed since the start. */
  replay: Replay;
  /** Why the journal of a process that died could not be taken over; it is tried again. */
  replayProblem: string | undefined;
}

/** The write side of the ledger. */
export interface Ledger {
  /**
   * Resolves when the record survives `kill -9`: a microsecond's write away, not a database commit. Rejects with
   * `store_unavailable` when it could not be written, and with `shutting_down` after `close`.
   */
  record(record: RequestRecord): Promise<void>;
  /** Resolves when the store has everything recorded before. Rejects with `store_unavailable` when that fails or takes longer than `flushMs`. */
  flush(): Promise<void>;
  health(): LedgerHealth;
  /** Hands over what is pending. What the store does not take stays in the journal for the next start; nothing is lost. */
  close(): Promise<void>;
}

/**
 * Opens the write side and hands the store what killed processes had recorded. Throws `store_unavailable`.
 *
 * Why a journal beside a database that has one itself: the last bytes of every answer wait for its record, so that no answer that
 * a client has received whole can be missing from the ledger. A commit is a round trip to another thread (or, with
 * PostgreSQL, another machine), and stands behind every report that is being computed there. Appending a line to a
 * file is one short system call that a killed process cannot take back, and it goes on working while the store
 * is slow, locked or away. The store then takes records in large batches, which is where it is fast.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const bounds = { ...defaultBounds, ...options.bounds };
  const journal = new Journal({
    folder: options.journalFolder,
    lockFile: options.lockFile,
    startMs: options.clock.nowMs(),
    segmentBytesMax: bounds.segmentBytesMax,
  });
  const ledger = new JournalledLedger(options, bounds, journal);
  try {
    await ledger.adopt();
  } catch (error) {
    journal.close();
    throw error;
  }
  ledger.start();
  return ledger;
}

interface Waiting {
  line: RecordLine;
  resolve: () => void;
  reject: (error: GatewayError) => void;
}

interface Pending {
  line: RecordLine;
  segment: Segment;
}

interface Flush {
  /** Number of the last record that it waits for. */
  upTo: number;
  resolve: () => void;
  reject: (error: GatewayError) => void;
}

class JournalledLedger implements Ledger {
  readonly #options: LedgerOptions;
  readonly #bounds: LedgerBounds;
  readonly #journal: Journal;
  /** Recorded in this turn of the event loop, not yet in the journal. */
  #turn: Waiting[] = [];
  #turnImmediate: NodeJS.Immediate | undefined;
  /** In the journal, not yet in the store; oldest first. */
  #pending: Pending[] = [];
  #pendingChars = 0;
  #journalled = 0;
  #committed = 0;
  #draining: Promise<void> | undefined;
  #flushes: Flush[] = [];
  #drainTimer: NodeJS.Timeout | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #adoptTimer: NodeJS.Timeout | undefined;
  #journalProblem: GatewayError | undefined;
  #storeFailingSinceMs: number | undefined;
  #storeProblem: string | undefined;
  #refused = 0;
  #replay: Replay = { segments: 0, recovered: 0, tornLines: 0, damagedLines: 0 };
  #replayProblem: string | undefined;
  #adopting: Promise<void> | undefined;
  #closed = false;

  constructor(options: LedgerOptions, bounds: LedgerBounds, journal: Journal) {
    this.#options = options;
    this.#bounds = bounds;
    this.#journal = journal;
  }

  /** Replays the journals of processes that are gone. */
  async adopt(): Promise<void> {
    const { journalFolder, store, lockFile, clock } = this.#options;
    const found = await replayJournals({
      folder: journalFolder,
      store,
      lockFile,
      owner: this.#journal.owner,
      nowMs: clock.nowMs(),
    });
    this.#replay = {
      segments: this.#replay.segments + found.segments,
      recovered: this.#replay.recovered + found.recovered,
      tornLines: this.#replay.tornLines + found.tornLines,
      damagedLines: this.#replay.damagedLines + found.damagedLines,
    };
    this.#replayProblem = undefined;
  }

  /** A neighbour on the same folder may die while this process lives on; its records must not wait for the next start. */
  start(): void {
    this.#adoptTimer = setInterval(() => {
      this.#adopting ??= this.adopt()
        .catch((error: unknown) => {
          this.#replayProblem = describe(error);
        })
        .finally(() => {
          this.#adopting = undefined;
        });
    }, this.#bounds.adoptEveryMs);
    this.#adoptTimer.unref();
  }

  record(record: RequestRecord): Promise<void> {
    if (this.#closed) {
      return Promise.reject(new GatewayError('shutting_down', 'The gateway is shutting down.'));
    }
    if (this.#isFull()) {
      this.#refused += 1;
      return Promise.reject(
        new GatewayError('store_unavailable', 'The ledger cannot take more records at the moment.', {
          detail: this.#storeProblem,
        }),
      );
    }
    const line = encodeRecord(record);
    return new Promise((resolve, reject) => {
      this.#turn.push({ line, resolve, reject });
      // The check phase comes after all sockets of this turn were served, so their records share one write.
      this.#turnImmediate ??= setImmediate(() => this.#writeTurn());
    });
  }

  async flush(): Promise<void> {
    this.#writeTurn();
    if (this.#committed === this.#journalled) return;
    const upTo = this.#journalled;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#flushes = this.#flushes.filter((flush) => flush !== entry);
        reject(
          new GatewayError(
            'store_unavailable',
            `The store did not take the records in ${this.#bounds.flushMs} ms.`,
          ),
        );
      }, this.#bounds.flushMs);
      const entry: Flush = {
        upTo,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#flushes.push(entry);
      this.#drainSoon(0);
    });
  }

  health(): LedgerHealth {
    const problem = this.#problem();
    return {
      ok: problem === undefined && !this.#closed,
      problem,
      pendingRecords: this.#pending.length,
      storeFailingSinceMs: this.#storeFailingSinceMs,
      refusedRecords: this.#refused,
      replay: this.#replay,
      replayProblem: this.#replayProblem,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#adoptTimer);
    clearTimeout(this.#probeTimer);
    try {
      await this.flush();
    } catch {
      // The journal keeps what the store did not take.
    }
    clearTimeout(this.#drainTimer);
    await this.#adopting;
    this.#journal.close();
  }

  #problem(): string | undefined {
    if (this.#journalProblem !== undefined) return describe(this.#journalProblem);
    if (!this.#isFull()) return undefined;
    return `${this.#pending.length} records wait for the store: ${this.#storeProblem ?? 'it is too slow'}`;
  }

  #isFull(): boolean {
    return (
      this.#pending.length + this.#turn.length >= this.#bounds.pendingRecordsMax ||
      this.#pendingChars >= this.#bounds.pendingCharsMax
    );
  }

  #writeTurn(): void {
    clearImmediate(this.#turnImmediate);
    this.#turnImmediate = undefined;
    const turn = this.#turn;
    if (turn.length === 0) return;
    this.#turn = [];
    const lines = turn.map((waiting) => waiting.line);
    let segment: Segment;
    try {
      segment = this.#journal.write(lines);
    } catch (thrown) {
      const error = asUnavailable(thrown);
      this.#refused += turn.length;
      this.#journalProblem = error;
      this.#probeLater();
      for (const waiting of turn) waiting.reject(error);
      return;
    }
    this.#journalProblem = undefined;
    this.#journalled += turn.length;
    for (const waiting of turn) {
      this.#pending.push({ line: waiting.line, segment });
      this.#pendingChars += waiting.line.length;
      waiting.resolve();
    }
    this.#drainSoon(this.#bounds.lingerMs);
  }

  /** While the gateway refuses paid work nothing is recorded, so somebody has to find out that writing works again. */
  #probeLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#probeTimer);
    this.#probeTimer = setTimeout(() => {
      if (this.#journalProblem === undefined) return;
      try {
        this.#journal.probe();
        this.#journalProblem = undefined;
      } catch {
        this.#probeLater();
      }
    }, this.#bounds.retryMs);
    this.#probeTimer.unref();
  }

  #drainSoon(delayMs: number): void {
    if (this.#draining !== undefined) return;
    if (this.#closed && this.#flushes.length === 0) return;
    if (this.#drainTimer !== undefined) {
      if (delayMs > 0) return;
      clearTimeout(this.#drainTimer);
    }
    this.#drainTimer = setTimeout(() => {
      this.#drainTimer = undefined;
      this.#draining = this.#drain().finally(() => {
        this.#draining = undefined;
        if (this.#pending.length === 0) return;
        if (this.#storeFailingSinceMs !== undefined) this.#drainSoon(this.#bounds.retryMs);
        else this.#drainSoon(this.#flushes.length > 0 ? 0 : this.#bounds.lingerMs);
      });
    }, delayMs);
    this.#drainTimer.unref();
  }

  /** Hands over what is pending now, batch by batch. Records that come meanwhile gather for the next round. */
  async #drain(): Promise<void> {
    let left = this.#pending.length;
    while (left > 0) {
      const batch = this.#pending.slice(0, Math.min(left, this.#bounds.batchRecordsMax));
      try {
        await this.#options.store.append(batch.map((pending) => pending.line));
      } catch (thrown) {
        this.#noteStoreFailure(thrown);
        const error = asUnavailable(thrown);
        for (const flush of this.#flushes.splice(0)) flush.reject(error);
        return;
      }
      left -= batch.length;
      this.#noteCommitted(batch);
    }
  }

  #noteCommitted(batch: Pending[]): void {
    this.#storeFailingSinceMs = undefined;
    this.#storeProblem = undefined;
    this.#pending.splice(0, batch.length);
    this.#committed += batch.length;
    for (const { line, segment } of batch) {
      this.#pendingChars -= line.length;
      this.#journal.committed(segment, 1);
    }
    const done = this.#flushes.filter((flush) => flush.upTo <= this.#committed);
    this.#flushes = this.#flushes.filter((flush) => flush.upTo > this.#committed);
    for (const flush of done) flush.resolve();
  }

  #noteStoreFailure(thrown: unknown): void {
    this.#storeFailingSinceMs ??= this.#options.clock.nowMs();
    this.#storeProblem = describe(thrown);
  }
}

function describe(thrown: unknown): string {
  if (thrown instanceof GatewayError) return thrown.detail ?? thrown.message;
  return String(thrown);
}

function asUnavailable(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError && thrown.code === 'store_unavailable') return thrown;
  return new GatewayError('store_unavailable', 'The ledger cannot be written.', {
    cause: thrown,
    detail: String(thrown),
  });
}
