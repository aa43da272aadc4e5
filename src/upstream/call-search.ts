import { GatewayError } from '../protocol/index.ts';
import { type Cancellation, pause } from './cancellation.ts';
import { type Balancing, type Callee, type Fleet, groupKey, type Obstacle, type Won } from './load/fleet.ts';
import type { Need } from './load/room.ts';
import { backoffMs, mayMoveOn, mayRepeat, type RetryPolicy } from './retry.ts';
import type { Timers } from './timers.ts';

export interface SearchInput {
  plan: readonly Callee[];
  balancing: Balancing;
  policy: RetryPolicy;
  cancellation: Cancellation;
}

export interface SearchTools {
  fleet: Fleet;
  timers: Timers;
  /** In [0, 1). */
  random(): number;
  monotonicMs(): number;
}

/**
 * Finds one call after another for a request: deployments that were not tried yet in the order of the plan and, after a backoff, those again
 * whose failure passes by itself. Those that cannot be called now are passed over; only when nobody is left does the request wait for a rate
 * limit, and only where all equals are busy does it queue.
 */
export class CallSearch {
  private readonly arranged: Callee[];
  private left: Callee[];
  private later: { candidate: Callee; retryAfterMs: number | undefined }[] = [];
  private rounds = 0;
  private waitedMs = 0;
  private obstacles: Obstacle[] = [];
  private queuedInVain = false;
  /** When the request first stood in a queue. */
  private queuedSinceMs: number | undefined;
  private tried = false;
  private readonly input: SearchInput;
  private readonly tools: SearchTools;

  constructor(input: SearchInput, tools: SearchTools) {
    this.input = input;
    this.tools = tools;
    this.arranged = tools.fleet.arrange(input.plan, input.balancing, tools.monotonicMs());
    this.left = this.arranged;
  }

  /** Undefined when nothing can be called in time, or the client has left. */
  async next(): Promise<Won | undefined> {
    while (!this.input.cancellation.cancelled) {
      const won = await this.pass();
      if (won !== undefined) {
        this.tried = true;
        this.left = this.left.filter((one) => one !== won.candidate);
        return won;
      }
      if (!(await this.waited())) return this.lastResort();
    }
    return undefined;
  }

  /** Another deployment may still be tried. */
  get hasOthers(): boolean {
    return this.left.length > 0;
  }

  /** The same deployment at once, with another key. */
  again(candidate: Callee): void {
    this.left = [candidate, ...this.left];
  }

  /** Takes note of a failure. False when no other call may follow it. */
  failed(candidate: Callee, { code, retryAfterMs }: GatewayError): boolean {
    if (code === 'content_filtered') return this.leaveVendor(candidate);
    if (!mayMoveOn(code)) return false;
    if (mayRepeat(code) && (retryAfterMs ?? 0) <= this.input.policy.retryAfterMsMax)
      this.later.push({ candidate, retryAfterMs });
    return true;
  }

  /** The vendor's filter would refuse the same request again, at whichever of its models and places. */
  private leaveVendor({ deployment }: Callee): boolean {
    if (this.input.policy.contentFilter === 'fail') return false;
    const elsewhere = (one: Callee): boolean => operatorOf(one.deployment) !== operatorOf(deployment);
    this.left = this.left.filter(elsewhere);
    this.later = this.later.filter(({ candidate }) => elsewhere(candidate));
    return this.left.length > 0 || this.later.length > 0;
  }

  /** A deployment of another vendor may still be tried. */
  hasOtherVendors({ deployment }: Callee): boolean {
    return this.left.some((one) => operatorOf(one.deployment) !== operatorOf(deployment));
  }

  /** Why nothing was called. */
  obstacle(): GatewayError {
    const waits = this.obstacles.flatMap((one) => ('waitMs' in one ? (one.waitMs ?? []) : []));
    const retryAfterMs = Math.max(1000, waits.length === 0 ? 0 : Math.min(...waits));
    const ids = this.input.plan.map(({ deployment }) => deployment.id).join(', ');
    if (this.queuedInVain) {
      const message =
        'All deployments that may serve this request are busy, and its turn did not come in time.';
      return new GatewayError('overloaded', message, { retryAfterMs, detail: `no place at: ${ids}` });
    }
    if (this.obstacles.length > 0 && this.obstacles.every(({ kind }) => kind === 'barred')) {
      const message = 'Everything that may serve this request has been switched off by the operator.';
      return new GatewayError('forbidden', message, { detail: `kill switches bar: ${ids}` });
    }
    if (this.obstacles.some(({ kind }) => kind === 'limited')) {
      const message =
        'The deployments that may serve this request have reached the rate limits that are configured for them.';
      const detail = `limits reached: ${ids}`;
      return new GatewayError('upstream_rate_limited', message, { retryAfterMs, detail });
    }
    // What every later caller is told must be what the first one was: agents that keep a 429's pace repeat a 503 up to thirty times.
    const limitedByVendor = (one: Obstacle): boolean =>
      one.kind === 'closed' && one.reason === 'upstream_rate_limited';
    if (this.obstacles.length > 0 && this.obstacles.every(limitedByVendor)) {
      const message = 'The provider limits our rate; wait as long as retry-after says.';
      return new GatewayError('upstream_rate_limited', message, { retryAfterMs, detail: `waits: ${ids}` });
    }
    const message = 'No deployment that may serve this request is healthy at the moment.';
    const detail = `circuits open or keys cooling: ${ids}`;
    return new GatewayError('overloaded', message, { retryAfterMs, detail });
  }

  private need(): Need {
    const { tokens, credential } = this.input.balancing;
    return { tokens, credential, nowMs: this.tools.monotonicMs() };
  }

  private async pass(): Promise<Won | undefined> {
    this.obstacles = [];
    for (const candidate of this.left) {
      const entry = this.tools.fleet.enter(candidate, this.need());
      if (entry.kind === 'entered') return { candidate, lease: entry.lease };
      this.obstacles.push(entry);
      if (entry.kind !== 'full') continue;
      // After it the standing of all may be another, and so may be what is left.
      const won = await this.queueWith(candidate);
      return won ?? (this.input.cancellation.cancelled ? undefined : this.pass());
    }
    return undefined;
  }

  /** Nobody could be called: one whose circuit is open may have recovered. */
  private lastResort(): Won | undefined {
    if (this.tried) return undefined;
    this.tried = true;
    const need = this.need();
    for (const candidate of this.left) {
      const entry = this.tools.fleet.enter(candidate, need, { lastResort: true });
      if (entry.kind === 'entered') return { candidate, lease: entry.lease };
    }
    return undefined;
  }

  /** The router chose the model, not only a place: a short wait for one of its deployments comes before another model. */
  private async queueWith(candidate: Callee): Promise<Won | undefined> {
    const { fleet, timers, monotonicMs } = this.tools;
    const { cancellation } = this.input;
    const need = this.need();
    const equals = this.left.filter(
      (one) =>
        one === candidate || (groupKey(one) === groupKey(candidate) && !fleet.isEjected(one, need.nowMs)),
    );
    this.queuedSinceMs ??= need.nowMs;
    const won = await fleet.queue(equals, need, {
      timers,
      nowMs: monotonicMs,
      sinceMs: this.queuedSinceMs,
      onCancel: (listener) => cancellation.onCancel(listener),
    });
    // What keeps them now may pass sooner than any queue, such as a key that rests for a second.
    if (won === 'changed') return undefined;
    if (won !== undefined) return won;
    this.queuedInVain = true;
    this.left = this.left.filter((one) => !equals.includes(one));
    return undefined;
  }

  /** True when it was worth it: something may be called now that could not be called before. */
  private async waited(): Promise<boolean> {
    const { policy, cancellation } = this.input;
    const { timers, random } = this.tools;
    if (this.later.length > 0) {
      const again = this.later.map(({ candidate }) => candidate);
      const asked = this.later.map(({ retryAfterMs }) => retryAfterMs ?? 0);
      const soonestMs = Math.min(...asked);
      const waitMs = backoffMs(policy, this.rounds, random(), soonestMs > 0 ? soonestMs : undefined);
      this.later = [];
      this.rounds += 1;
      await pause(waitMs ?? 0, timers, cancellation);
      this.left = this.arranged.filter((one) => this.left.includes(one) || again.includes(one));
      return true;
    }
    const waits = this.obstacles.flatMap((one) =>
      (one.kind === 'limited' || one.kind === 'cooling') && one.waitMs !== undefined ? one.waitMs : [],
    );
    if (waits.length === 0) return false;
    const waitMs = Math.max(1, Math.ceil(Math.min(...waits)));
    if (this.waitedMs + waitMs > policy.retryAfterMsMax) return false;
    this.waitedMs += waitMs;
    await pause(waitMs, timers, cancellation);
    return true;
  }
}

/** Whose filter it is: a vendor's, at all of its places; of servers that somebody runs, each its own. */
function operatorOf({ provider }: Callee['deployment']): string {
  const { vendor } = provider;
  return vendor.headquarters === undefined ? `provider ${provider.id}` : `vendor ${vendor.id}`;
}
