import type { GatewayError } from '../../protocol/index.ts';
import type { ProviderKey } from '../../providers/index.ts';
import { Cooldown } from './cooldown.ts';
import type { LoadPolicy } from './policy.ts';
import { type Need, Room } from './room.ts';

/** One call's hold on an account. One of `succeeded`, `failed` and `left` follows, then `release`. */
export interface AccountHold {
  readonly key: ProviderKey | undefined;
  succeeded(): void;
  /** True when this is for the account to bear, and says nothing about the deployment. */
  failed(error: GatewayError, nowMs: number): boolean;
  /** The call ended and said nothing. */
  left(): void;
  /** The answer said that nothing remains for so long. */
  spentFor(ms: number, nowMs: number): void;
  /** @param tokens what the call took; undefined = as expected */
  release(tokens: number | undefined): void;
}

/** What is known of one account at a provider: a key, or what serves without one. */
export class Account {
  readonly key: ProviderKey | undefined;
  readonly room = new Room();
  /** Refused or empty: of no use to any deployment. */
  private readonly refused = new Cooldown();
  /** By deployment: vendors limit each model by itself, and a key may lack the right to one of them. */
  private readonly limited = new Map<string, Cooldown>();
  private readonly spentUntilMs = new Map<string, number>();
  /** The only account of its provider has no other to be left for: how it fares is for the circuits to say. */
  private readonly alone: boolean;
  private readonly policy: LoadPolicy;

  constructor(key: ProviderKey | undefined, alone: boolean, policy: LoadPolicy) {
    this.key = key;
    this.alone = alone;
    this.policy = policy;
  }

  /** Milliseconds until it may be used again, 0 = now; undefined while one call finds out. */
  coolingMs(deployment: string, nowMs: number): number | undefined {
    const refusedMs = this.refused.waitMs(nowMs);
    const limitedMs = this.limitedAt(deployment).waitMs(nowMs);
    return refusedMs === undefined || limitedMs === undefined ? undefined : Math.max(refusedMs, limitedMs);
  }

  isSpent(deployment: string, nowMs: number): boolean {
    return (this.spentUntilMs.get(deployment) ?? 0) > nowMs;
  }

  enter(deployment: string, need: Need): AccountHold {
    const limited = this.limitedAt(deployment);
    const place = this.room.enter(need);
    this.refused.enter();
    limited.enter();
    const left = (): void => {
      this.refused.left();
      limited.left();
    };
    return {
      key: this.key,
      succeeded: () => {
        this.refused.succeeded();
        limited.succeeded();
      },
      failed: (error, atMs) => {
        left();
        return !this.alone && this.bears(error, limited, atMs);
      },
      left,
      spentFor: (ms, atMs) => this.spentUntilMs.set(deployment, atMs + ms),
      release: (tokens) => {
        place.correct(tokens);
        place.leave();
      },
    };
  }

  private bears(error: GatewayError, limited: Cooldown, nowMs: number): boolean {
    const { refusedKeyMs, refusedKeyMsMax, limitedKeyMs, limitedKeyMsMax, retryAfterMsMax } = this.policy;
    const refusal = { baseMs: refusedKeyMs, maxMs: refusedKeyMsMax };
    switch (error.code) {
      case 'upstream_quota':
        this.refused.begin(nowMs, refusal, undefined);
        return true;
      case 'upstream_auth':
        // A 401 is about the key; a 403 may be about this key and this model.
        (error.upstream?.status === 401 ? this.refused : limited).begin(nowMs, refusal, undefined);
        return true;
      case 'upstream_rate_limited': {
        const { retryAfterMs } = error;
        const askedMs = retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, retryAfterMsMax);
        limited.begin(nowMs, { baseMs: limitedKeyMs, maxMs: limitedKeyMsMax }, askedMs);
        return true;
      }
      default:
        return false;
    }
  }

  // Bounded by the deployments of the provider.
  private limitedAt(deployment: string): Cooldown {
    let cooldown = this.limited.get(deployment);
    if (cooldown === undefined) {
      cooldown = new Cooldown();
      this.limited.set(deployment, cooldown);
    }
    return cooldown;
  }
}
