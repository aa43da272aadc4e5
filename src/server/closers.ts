/**
 * What has been opened so far, to be closed in reverse. A start that fails half-way must close what it opened: threads and sockets
 * left open keep the process from ending.
 */
export class Closers {
  #closers: (() => void | Promise<void>)[] = [];

  add(close: () => void | Promise<void>): void {
    this.#closers.push(close);
  }

  /** Closes everything, also after one could not be closed, and then rejects with the first such error. Only the first call counts. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
