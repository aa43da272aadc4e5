/** Lets one who waits know that something happened, also when it happened before the waiting began. */
export class Bell {
  private rang = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.rang = true;
    this.wake?.();
  }

  async rung(): Promise<void> {
    if (!this.rang) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.rang = false;
    this.wake = undefined;
  }
}
