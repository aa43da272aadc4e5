import type { GatewayError } from '../protocol/index.ts';

/** One request under way, as whoever shuts the process down sees it. */
export class OpenRequest {
  /** Set once the gateway itself ends the request. */
  interruption: GatewayError | undefined;
  private readonly listeners: (() => void)[] = [];

  onInterrupt(listener: () => void): void {
    if (this.interruption !== undefined) listener();
    else this.listeners.push(listener);
  }

  interrupt(error: GatewayError): void {
    if (this.interruption !== undefined) return;
    this.interruption = error;
    for (const listener of this.listeners) listener();
  }
}

/** All requests under way. A shutdown waits for them, and ends with an error those that take too long: none goes unrecorded. */
export class OpenRequests {
  private readonly open = new Set<OpenRequest>();
  private idle: (() => void)[] = [];

  get count(): number {
    return this.open.size;
  }

  begin(): OpenRequest {
    const request = new OpenRequest();
    this.open.add(request);
    return request;
  }

  end(request: OpenRequest): void {
    this.open.delete(request);
    if (this.open.size > 0) return;
    for (const listener of this.idle.splice(0)) listener();
  }

  interruptAll(error: GatewayError): void {
    for (const request of this.open) request.interrupt(error);
  }

  /** Resolves when no request is under way, or after `ms`. */
  whenIdle(ms: number): Promise<void> {
    if (this.open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
