/** After a cooldown one call goes first: its success ends the matter, its failure begins a longer one. */
export class Cooldown {
  private untilMs = 0;
  private strikes = 0;
  private probing = false;

  /** 0 = free; otherwise the milliseconds until one may go, or `undefined` while another is finding out. */
  waitMs(nowMs: number): number | undefined {
    if (nowMs < this.untilMs) return this.untilMs - nowMs;
    return this.probing ? undefined : 0;
  }

  /** To be followed by one of the other three. */
  enter(): void {
    if (this.strikes > 0) this.probing = true;
  }

  succeeded(): void {
    this.strikes = 0;
    this.probing = false;
  }

  /** Nothing was found out. */
  left(): void {
    this.probing = false;
  }

  /** @param askedMs what the upstream asked for, which is obeyed instead of the own measure */
  begin(nowMs: number, measure: { baseMs: number; maxMs: number }, askedMs: number | undefined): void {
    const ownMs = Math.min(measure.maxMs, measure.baseMs * 2 ** Math.min(this.strikes, 20));
    this.strikes += 1;
    this.probing = false;
    this.untilMs = Math.max(this.untilMs, nowMs + (askedMs ?? ownMs));
  }
}
