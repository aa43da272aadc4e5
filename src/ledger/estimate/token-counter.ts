import { Worker } from 'node:worker_threads';
import type { CountAnswer, CountRequest } from './thread.ts';

const textsMax = 256;
const charsMax = 16 * 1024 * 1024;
const countMs = 10_000;
const restartMs = 60_000;

/** Counts tokens of the o200k vocabulary. */
export interface TokenCounter {
  /** Undefined when it cannot count now: too much is waiting, or its thread does not run. Never rejects. */
  count(text: string): Promise<number | undefined>;
  close(): Promise<void>;
}

interface Waiting {
  chars: number;
  timer: NodeJS.Timeout;
  resolve: (tokens: number | undefined) => void;
}

/**
 * A counter in a thread of its own, for a long text takes milliseconds and the vocabulary takes 40 to 70 MB. Both are spent only
 * once a text is to be counted.
 */
export function createTokenCounter(monotonicMs: () => number): TokenCounter {
  return new ThreadCounter(monotonicMs);
}

class ThreadCounter implements TokenCounter {
  readonly #monotonicMs: () => number;
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #waitingChars = 0;
  #nextId = 1;
  #failedAtMs: number | undefined;
  #closed = false;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  async count(text: string): Promise<number | undefined> {
    if (text === '') return 0;
    if (this.#waiting.size >= textsMax || this.#waitingChars + text.length > charsMax) return undefined;
    const worker = this.#thread();
    if (worker === undefined) return undefined;
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(id, undefined), countMs);
      timer.unref();
      this.#waiting.set(id, { chars: text.length, timer, resolve });
      this.#waitingChars += text.length;
      worker.ref();
      worker.postMessage({ id, text } satisfies CountRequest);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#answerAll();
    await worker?.terminate();
  }

  #thread(): Worker | undefined {
    if (this.#closed) return undefined;
    if (this.#worker !== undefined) return this.#worker;
    if (this.#failedAtMs !== undefined && this.#monotonicMs() - this.#failedAtMs < restartMs)
      return undefined;
    // The thread runs from the sources by type stripping and from the build as JavaScript, like the file that starts it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./thread.${extension}`, import.meta.url), {
      name: 'yumen-token-counter',
    });
    const fail = () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failedAtMs = this.#monotonicMs();
      this.#answerAll();
    };
    worker.on('message', ({ id, tokens }: CountAnswer) => this.#answer(id, tokens));
    worker.on('error', fail);
    worker.on('exit', fail);
    this.#worker = worker;
    return worker;
  }

  #answer(id: number, tokens: number | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    this.#waitingChars -= waiting.chars;
    if (this.#waiting.size === 0) this.#worker?.unref();
    waiting.resolve(tokens);
  }

  #answerAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#answer(id, undefined);
  }
}
