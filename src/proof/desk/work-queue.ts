/** Works off jobs beside the requests, a few at a time, in order; bounded: what comes when it is full is refused. */
export class WorkQueue {
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  readonly #failed: (thrown: unknown) => void;
  #closed = false;

  constructor(options: { atOnceMax: number; waitingMax: number; failed(thrown: unknown): void }) {
    this.#atOnceMax = options.atOnceMax;
    this.#waitingMax = options.waitingMax;
    this.#failed = options.failed;
  }

  /** False when it is full or closed: the job is not done. */
  add(job: () => Promise<void>): boolean {
    if (this.#closed || this.#waiting.length >= this.#waitingMax) return false;
    this.#waiting.push(job);
    this.#next();
    return true;
  }

  get size(): number {
    return this.#waiting.length + this.#running.size;
  }

  /** Resolves when all that was added before is done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running);
  }

  /** What waits is dropped; resolves when what runs is done. */
  async close(): Promise<number> {
    this.#closed = true;
    const dropped = this.#waiting.splice(0).length;
    await Promise.all(this.#running);
    return dropped;
  }

  #next(): void {
    while (this.#running.size < this.#atOnceMax) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      const run = job()
        .catch(this.#failed)
        .finally(() => {
          this.#running.delete(run);
          this.#next();
        });
      this.#running.add(run);
    }
  }
}
