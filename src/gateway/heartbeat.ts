/** Something that must not stay silent for long: an open stream. */
export interface Beating {
  /** Monotonic time of the last write. */
  lastWriteMs: number;
  beat(): void;
}

const sweepMs = 5_000;

/**
 * Keeps open streams alive while an upstream thinks: after `silenceMs` without a write, a stream's `beat` is called. Comments are
 * the only thing every client ignores safely. One timer serves all streams.
 */
export class Heartbeat {
  private readonly beating = new Set<Beating>();
  private readonly timer: NodeJS.Timeout;

  constructor(silenceMs: number, monotonicMs: () => number) {
    this.timer = setInterval(() => {
      const now = monotonicMs();
      for (const stream of this.beating) {
        if (now - stream.lastWriteMs < silenceMs) continue;
        stream.lastWriteMs = now;
        stream.beat();
      }
    }, sweepMs);
    this.timer.unref();
  }

  add(stream: Beating): void {
    this.beating.add(stream);
  }

  delete(stream: Beating): void {
    this.beating.delete(stream);
  }

  close(): void {
    clearInterval(this.timer);
  }
}
