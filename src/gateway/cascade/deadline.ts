/** A moment after which something is over, whoever still waits for it. */
export class Deadline {
  isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly passed: () => void;

  constructor(passed: () => void) {
    this.passed = passed;
  }

  /** Only the first call counts. */
  start(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.isOver = true;
      this.passed();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
