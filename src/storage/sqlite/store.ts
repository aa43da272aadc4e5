import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { FindingStore } from '../../catalog/index.ts';
import type {
  KillSwitchStore,
  LearnedStore,
  OutcomeStore,
  ProviderObjects,
  ResponseStore,
} from '../../gateway/index.ts';
import type { KeyStore } from '../../identity/index.ts';
import type { LedgerStore, SavingsStore } from '../../ledger/index.ts';
import type { ProofStore } from '../../proof/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { Channel } from './channel.ts';
import type { Followed, ThreadOptions } from './messages.ts';

const callsMax = 1024;
const callMs = 30_000;
/** A report over a long time may take this long; it has a thread of its own. */
const readMs = 60_000;
const defaultPollMs = 250;
const fileName = 'yumen.sqlite';

export interface SqliteStoreOptions {
  /** Made if absent, readable by its owner only. Several processes may share it. */
  dataFolder: string;
  /** How often changes of keys and kill switches by other processes are looked for. */
  pollMs?: number | undefined;
  synchronous?: 'normal' | 'full' | undefined;
}

export interface SqliteStore {
  readonly keys: KeyStore;
  readonly switches: KillSwitchStore;
  readonly ledger: LedgerStore;
  readonly savings: SavingsStore;
  readonly objects: ProviderObjects;
  readonly responses: ResponseStore;
  readonly findings: FindingStore;
  readonly learned: LearnedStore;
  readonly outcomes: OutcomeStore;
  readonly proof: ProofStore;
  close(): Promise<void>;
}

/**
 * Opens the embedded store, and makes or migrates it where that is due. Throws `store_unavailable` naming the folder when it cannot
 * be written, or when a newer version has written it.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const path = join(options.dataFolder, fileName);
  prepare(options.dataFolder, path);
  const thread: ThreadOptions = {
    path,
    readOnly: false,
    synchronous: options.synchronous ?? 'normal',
    pollMs: options.pollMs ?? defaultPollMs,
  };
  const listeners = { keys: new Set<() => void>(), switches: new Set<() => void>() };
  const onChanged = (what: Followed) => {
    for (const listener of [...listeners[what]]) listener();
  };
  const following = (what: Followed) => (listener: () => void) => {
    listeners[what].add(listener);
    return () => void listeners[what].delete(listener);
  };
  const writer = new Channel({ thread, callsMax, callMs, onChanged });
  // Reports run beside the writer, so that a record never waits for one.
  const reader = new Channel({
    thread: { ...thread, readOnly: true },
    callsMax,
    callMs: readMs,
    onChanged,
  });

  const store: SqliteStore = {
    keys: {
      list: () => writer.call('listKeys'),
      insert: (key) => writer.call('insertKey', key),
      revoke: (id, atMs) => writer.call('revokeKey', id, atMs),
      onChange: following('keys'),
    },
    switches: {
      list: () => writer.call('listSwitches'),
      put: (one) => writer.call('putSwitch', one),
      remove: (id) => writer.call('removeSwitch', id),
      onChange: following('switches'),
    },
    ledger: {
      append: (lines) => writer.call('append', lines),
      get: (id) => reader.call('get', id),
      findByDecision: (decisionId) => reader.call('findByDecision', decisionId),
      list: (query) => reader.call('list', query),
      report: (query) => reader.call('report', query),
      spentSince: (keyId, fromMs) => reader.call('spentSince', keyId, fromMs),
    },
    savings: {
      savings: (query) => reader.call('savings', query),
      lastDecided: (route, fromMs, toMs) => reader.call('lastDecided', route, fromMs, toMs),
    },
    // Asked of the writer, which alone sees at once what was just put.
    objects: {
      put: (objects) => writer.call('putObjects', objects),
      find: (owner, kind, id) => writer.call('findObject', owner, kind, id),
      owned: (owner, kind, provider, ids) => writer.call('ownedObjects', owner, kind, provider, ids),
      credentials: (owner, kind, provider) => writer.call('objectCredentials', owner, kind, provider),
      ofOthers: (owner, kind, ids) => writer.call('objectOfOthers', owner, kind, ids),
      count: (owner, kind) => writer.call('countObjects', owner, kind),
      remove: (owner, kind, id) => writer.call('removeObject', owner, kind, id),
    },
    responses: {
      put: (response) => writer.call('putResponse', response),
      find: (tenant, id) => writer.call('findResponse', tenant, id),
      findItem: (tenant, itemId) => writer.call('findResponseWith', tenant, itemId),
      isKnown: (id) => writer.call('knowsResponse', id),
      remove: (tenant, id) => writer.call('removeResponse', tenant, id),
      prune: (beforeMs, bytesMax) => writer.call('pruneResponses', beforeMs, bytesMax),
    },
    findings: {
      put: (findings) => writer.call('putFindings', findings),
      list: () => writer.call('listFindings'),
    },
    learned: {
      put: (name, value, atMs) => writer.call('putLearned', name, value, atMs),
      get: (name) => writer.call('getLearned', name),
    },
    outcomes: {
      put: (outcomes, { keptMax, learnedName }) => writer.call('putOutcomes', outcomes, keptMax, learnedName),
      after: (at, limit) => writer.call('outcomesAfter', at, limit),
      count: () => writer.call('countOutcomes'),
    },
    proof: {
      putPair: (pair, capture) => writer.call('putPair', pair, capture),
      pair: (id) => writer.call('findPair', id),
      pairs: (query) => writer.call('pairs', query),
      putLabel: (label) => writer.call('putLabel', label),
      labels: (pairIds) => writer.call('labels', pairIds),
      putCapture: (capture) => writer.call('putCapture', capture),
      capture: (requestId) => writer.call('findCapture', requestId),
      captures: (query) => writer.call('captures', query),
      putNote: (note) => writer.call('putNote', note),
      notes: (query) => writer.call('notes', query),
      pruneCaptures: (nowMs, bytesMax) => writer.call('pruneCaptures', nowMs, bytesMax),
      putPolicy: (policy) => writer.call('putPolicy', policy),
      policies: (route) => writer.call('policies', route),
      putCertificate: (certificate) => writer.call('putCertificate', certificate),
      certificates: (query) => writer.call('certificates', query),
      appendStory: (events) => writer.call('appendStory', events),
      story: (query) => writer.call('story', query),
    },
    async close() {
      for (const each of Object.values(listeners)) each.clear();
      await Promise.all([writer.close(), reader.close()]);
    },
  };
  try {
    // The first answer tells that the database is open and up to date.
    await store.keys.list();
  } catch (error) {
    await store.close();
    const detail = error instanceof GatewayError ? error.detail : String(error);
    throw new GatewayError(
      'store_unavailable',
      `The data folder ${options.dataFolder} cannot be used: ${detail ?? 'its database does not open'}.`,
      { cause: error, detail },
    );
  }
  return store;
}

/** Makes the folder and an empty database where there is none, both for their owner only: SQLite's other files follow its mode. */
function prepare(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    // An existing file is not even opened: closing it would drop the locks that this process may hold on it.
    if (!existsSync(path)) createIfAbsent(path);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new GatewayError(
      'store_unavailable',
      `The data folder ${folder} cannot be written (${reason}): give the user of this process the right to write there, or name another folder.`,
      { cause, detail: reason },
    );
  }
}

function createIfAbsent(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    // Another process was first.
    if (!existsSync(path)) throw error;
  }
}
