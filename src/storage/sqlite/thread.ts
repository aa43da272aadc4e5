import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { GatewayError } from '../../protocol/index.ts';
import { openDatabase } from './database.ts';
import { findingOperations } from './findings.ts';
import { keyOperations } from './keys.ts';
import { switchOperations } from './kill-switches.ts';
import { learnedOperations } from './learned.ts';
import type {
  Followed,
  Operations,
  ThreadCall,
  ThreadError,
  ThreadMessage,
  ThreadOptions,
  ThreadRequest,
} from './messages.ts';
import { outcomeOperations } from './outcomes.ts';
import { proofOperations } from './proof.ts';
import { objectOperations } from './provider-objects.ts';
import { reporting } from './report.ts';
import { requestReading, requestWriting } from './requests.ts';
import { responseOperations } from './responses.ts';
import { savingsReading } from './savings.ts';

/**
 * The thread that owns a connection. SQLite answers synchronously, and on the main thread each commit and each report would
 * stop all streams: 10 to 50 ms in p99 at full load.
 */
class StoreThread {
  readonly #db: DatabaseSync;
  readonly #operations: Partial<Operations>;
  readonly #send: (message: ThreadMessage) => void;

  constructor(options: ThreadOptions, send: (message: ThreadMessage) => void) {
    this.#db = openDatabase(options);
    this.#send = send;
    this.#operations = options.readOnly
      ? { ...requestReading(this.#db), ...reporting(this.#db), ...savingsReading(this.#db) }
      : writing(this.#db, options.pollMs, (what) => send({ type: 'changed', what }));
  }

  call({ id, operation, args }: ThreadCall): void {
    try {
      const work = this.#operations[operation] as ((...args: unknown[]) => unknown) | undefined;
      if (work === undefined) throw new Error(`this thread does not know ${operation}`);
      this.#send({ type: 'result', id, result: work(...args) });
    } catch (error) {
      this.#send({ type: 'error', id, error: describe(error) });
    }
  }

  close(): void {
    this.#db.close();
  }
}

function writing(db: DatabaseSync, pollMs: number, changed: (what: Followed) => void): Partial<Operations> {
  const { keysVersion, ...keys } = keyOperations(db);
  const { switchesVersion, ...switches } = switchOperations(db);
  const versions: { [what in Followed]: () => number } = { keys: keysVersion, switches: switchesVersion };
  const dataVersion = db.prepare('PRAGMA data_version');
  let seenData = readDataVersion();
  const seen = { keys: keysVersion(), switches: switchesVersion() };

  function readDataVersion(): number {
    return Number(dataVersion.get()?.['data_version']);
  }

  function announce(): void {
    for (const what of ['keys', 'switches'] as const) {
      const now = versions[what]();
      if (now === seen[what]) continue;
      seen[what] = now;
      changed(what);
    }
  }

  // `data_version` costs no read of the file's pages and changes when another connection has committed anything; only then
  // the counters of what is followed are looked at, for most commits are records.
  const polling = setInterval(() => {
    try {
      const data = readDataVersion();
      if (data === seenData) return;
      announce();
      seenData = data;
    } catch {
      // A locked or failing file is looked at again at the next tick; calls report it themselves.
    }
  }, pollMs);
  polling.unref();

  return {
    ...requestWriting(db),
    ...objectOperations(db),
    ...responseOperations(db),
    ...findingOperations(db),
    ...learnedOperations(db),
    ...outcomeOperations(db),
    ...proofOperations(db),
    listSwitches: switches.listSwitches,
    putSwitch(one) {
      switches.putSwitch(one);
      announce();
    },
    removeSwitch(id) {
      const removed = switches.removeSwitch(id);
      announce();
      return removed;
    },
    listKeys: keys.listKeys,
    insertKey(key) {
      keys.insertKey(key);
      announce();
    },
    revokeKey(id, atMs) {
      const key = keys.revokeKey(id, atMs);
      announce();
      return key;
    },
  };
}

function describe(error: unknown): ThreadError {
  if (error instanceof GatewayError) {
    return { code: error.code, message: error.message, param: error.param, detail: error.detail };
  }
  // SQLite's messages name tables and columns, never values.
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const code =
    error instanceof Error && 'errcode' in error ? `${detail} (SQLite ${String(error.errcode)})` : detail;
  return {
    code: 'store_unavailable',
    message: 'The store cannot be used at the moment.',
    param: undefined,
    detail: code,
  };
}

const port = parentPort;
if (port !== null) {
  const send = (message: ThreadMessage) => port.postMessage(message);
  try {
    const thread = new StoreThread(workerData as ThreadOptions, send);
    port.on('message', (request: ThreadRequest) => {
      if (request !== 'close') return thread.call(request);
      thread.close();
      port.close();
    });
    send({ type: 'ready' });
  } catch (error) {
    send({ type: 'refused', error: describe(error) });
    port.close();
  }
}
