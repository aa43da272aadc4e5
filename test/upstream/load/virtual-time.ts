import type { Timers } from '../../../src/upstream/timers.ts';

/** A clock that jumps from one event to the next, so that minutes of traffic pass in a second. */
export class VirtualTime implements Timers {
  nowMs = 0;
  private readonly events: { atMs: number; run: () => void; cancelled: boolean }[] = [];

  after(ms: number, callback: () => void): () => void {
    const event = { atMs: this.nowMs + Math.max(0, ms), run: callback, cancelled: false };
    let at = this.events.length;
    while (at > 0 && this.events[at - 1]!.atMs > event.atMs) at -= 1;
    this.events.splice(at, 0, event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs what is due until `untilMs`, and lets every promise settle between two events. */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      const event = this.events[0];
      if (event === undefined || event.atMs > untilMs) break;
      this.events.shift();
      this.nowMs = Math.max(this.nowMs, event.atMs);
      if (!event.cancelled) event.run();
    }
    this.nowMs = untilMs;
  }
}

/** Mulberry32: the same numbers for the same seed, in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
