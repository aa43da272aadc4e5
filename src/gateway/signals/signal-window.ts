import type { Cancellation } from '../../upstream/index.ts';

/** The time in which a signal may answer: over when its deadline passes, or when nobody waits for the request any more. */
export class SignalWindow implements Cancellation {
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  cancelled = false;
  /** It was the deadline that ended it. */
  late = false;
  private readonly listeners: (() => void)[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(ms: number, client: Cancellation) {
    this.over = new Promise((resolve) => this.listeners.push(resolve));
    this.timer = setTimeout(() => {
      this.late = !this.cancelled;
      this.end();
    }, ms);
    client.onCancel(() => this.end());
    if (client.cancelled) this.end();
  }

  onCancel(listener: () => void): void {
    if (this.cancelled) listener();
    else this.listeners.push(listener);
  }

  /** Its answer is there: nothing is cancelled any more. */
  close(): void {
    clearTimeout(this.timer);
    this.listeners.length = 0;
  }

  private end(): void {
    clearTimeout(this.timer);
    if (this.cancelled) return;
    this.cancelled = true;
    for (const listener of this.listeners.splice(0)) listener();
  }
}
