import type { RateLimits } from '../../providers/index.ts';
import { Gate } from './gate.ts';
import { RateWindow } from './rate-window.ts';

/** What a call is expected to need, and when. */
export interface Need {
  /** In and out; undefined: a call that vendors do not count, which occupies nothing. */
  tokens: number | undefined;
  nowMs: number;
  /** Id of the only key it may be made with. */
  credential?: string | undefined;
}

/** What one call occupies. */
export interface Place {
  /** Puts what the call took in the place of what was expected; undefined = as expected. */
  correct(tokens: number | undefined): void;
  leave(): void;
}

const nowhere: Place = { correct: () => {}, leave: () => {} };

/** What a deployment or an account has under way and behind it, for the limits that the operator states. */
export class Room {
  readonly gate = new Gate();
  private readonly window = new RateWindow();

  /** Milliseconds until the limits by minute let the call through. */
  limitedMs(limits: RateLimits | undefined, { tokens, nowMs }: Need): number {
    return limits === undefined || tokens === undefined ? 0 : this.window.waitMs(limits, tokens, nowMs);
  }

  hasPlace(concurrentMax: number | undefined, { tokens }: Need, hasWaited: boolean): boolean {
    return tokens === undefined || this.gate.hasRoom(concurrentMax, hasWaited);
  }

  enter({ tokens, nowMs }: Need): Place {
    if (tokens === undefined) return nowhere;
    const counted = this.window.count(tokens, nowMs);
    this.gate.enter();
    return {
      correct: (actual) => {
        if (actual !== undefined) this.window.correct(counted, actual);
      },
      leave: () => this.gate.leave(),
    };
  }
}
