/** Somebody in a queue. `true`: it got a place, or wants none any more. */
export type Waiter = () => 'entered' | 'waits' | 'gone';

/** The calls that run at one deployment or on one account, and those that wait for their turn, first come first served. */
export class Gate {
  private running = 0;
  private readonly waiting = new Set<Waiter>();

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /** True when a call may go. One that has waited already passes those that wait. */
  hasRoom(max: number | undefined, hasWaited: boolean): boolean {
    return max === undefined || (this.running < max && (hasWaited || this.waiting.size === 0));
  }

  enter(): void {
    this.running += 1;
  }

  leave(): void {
    this.running -= 1;
    for (const waiter of [...this.waiting]) {
      // One may have left the queue because of what the one before it did.
      if (this.waiting.has(waiter) && waiter() === 'entered') return;
    }
  }

  /** Lets all who wait look again, because calls are counted at another gate from now on. */
  dissolve(): void {
    for (const waiter of [...this.waiting]) if (this.waiting.has(waiter)) waiter();
  }

  join(waiter: Waiter): void {
    this.waiting.add(waiter);
  }

  quit(waiter: Waiter): void {
    this.waiting.delete(waiter);
  }
}
