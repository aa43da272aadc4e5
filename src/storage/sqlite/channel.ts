import { Worker } from 'node:worker_threads';
import { GatewayError } from '../../protocol/index.ts';
import type {
  Followed,
  Operations,
  ThreadError,
  ThreadMessage,
  ThreadOptions,
  ThreadRequest,
} from './messages.ts';

const closeMs = 5000;

export interface ChannelOptions {
  thread: ThreadOptions;
  /** Calls that may wait for the thread; more are refused. */
  callsMax: number;
  /** How long a call may wait for its answer. */
  callMs: number;
  onChanged: (what: Followed) => void;
}

interface Call {
  resolve: (result: unknown) => void;
  reject: (error: GatewayError) => void;
  timer: NodeJS.Timeout;
}

/**
 * Calls to a database thread. It is started by the first call, and again by the next call after it died. It keeps the process alive
 * only while calls wait.
 */
export class Channel {
  readonly #options: ChannelOptions;
  #worker: Worker | undefined;
  #calls = new Map<number, Call>();
  #nextId = 1;
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Rejects with what the operation throws, else with `store_unavailable`. */
  call<Name extends keyof Operations>(
    operation: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>> {
    if (this.#closed) return Promise.reject(unavailable('The store is closed.'));
    if (this.#calls.size >= this.#options.callsMax) {
      return Promise.reject(unavailable(`More than ${this.#options.callsMax} calls wait for the store.`));
    }
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(id)?.reject(unavailable(`The store did not answer in ${this.#options.callMs} ms.`));
      }, this.#options.callMs);
      timer.unref();
      this.#calls.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      worker.ref();
      worker.postMessage({ id, operation, args } satisfies ThreadRequest);
    });
  }

  /** Rejects the calls that still wait, and lets the thread close the database; one that hangs is ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(unavailable('The store is closed.'));
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => void worker.terminate(), closeMs);
      worker.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      worker.postMessage('close' satisfies ThreadRequest);
    });
  }

  #start(): Worker {
    // The thread runs from the sources by type stripping and from the build as JavaScript, like the file that starts it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./thread.${extension}`, import.meta.url), {
      workerData: this.#options.thread,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      name: this.#options.thread.readOnly ? 'yumen-store-read' : 'yumen-store-write',
    });
    const end = (error: GatewayError) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#rejectAll(error);
    };
    worker.on('message', (message: ThreadMessage) => {
      switch (message.type) {
        case 'ready':
          return;
        case 'refused':
          return end(errorOf(message.error));
        case 'changed':
          return this.#options.onChanged(message.what);
        case 'result':
          return this.#take(message.id)?.resolve(message.result);
        case 'error':
          return this.#take(message.id)?.reject(errorOf(message.error));
      }
    });
    worker.on('error', (error) => end(unavailable(`The store's thread failed: ${String(error)}`)));
    worker.on('exit', (code) => end(unavailable(`The store's thread ended with code ${code}.`)));
    return worker;
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    clearTimeout(call.timer);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker?.unref();
    return call;
  }

  #rejectAll(error: GatewayError): void {
    for (const id of [...this.#calls.keys()]) this.#take(id)?.reject(error);
  }
}

function unavailable(detail: string): GatewayError {
  return new GatewayError('store_unavailable', 'The store cannot be used at the moment.', { detail });
}

function errorOf(error: ThreadError): GatewayError {
  return new GatewayError(error.code, error.message, { param: error.param, detail: error.detail });
}
