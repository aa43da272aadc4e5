/** Works off jobs beside the requests, a few at a time, in order; bounded: what comes when it is full is refused. */
export class WorkQueue {
  readonly #waiting: { job: () => Promise<void>; bytes: number }[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #failed: (thrown: unknown) => void;
  #closed = false;

  /** `bytesMax` bounds what jobs hold in all, as they say themselves; absent = any. */
  constructor(options: {
    atOnceMax: number;
    waitingMax: number;
    bytesMax?: number;
    failed(thrown: unknown): void;
  }) {
    this.#atOnceMax = options.atOnceMax;
    this.#waitingMax = options.waitingMax;
    this.#bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY;
    this.#failed = options.failed;
  }

  /** False when it is full or closed: the job is not done. */
  add(job: () => Promise<void>, bytes = 0): boolean {
    if (this.#closed || this.#waiting.length >= this.#waitingMax) return false;
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    this.#waiting.push({ job, bytes });
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
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const run = next
        .job()
        .catch(this.#failed)
        .finally(() => {
          this.#running.delete(run);
          this.#bytes -= next.bytes;
          this.#next();
        });
      this.#running.add(run);
    }
  }
}
