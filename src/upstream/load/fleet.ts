import type { Candidate, Deployment } from '../../catalog/index.ts';
import type { ErrorCode } from '../../protocol/index.ts';
import type { CircuitBreakers } from '../circuit-breaker.ts';
import type { Timers } from '../timers.ts';
import type { Account, Need } from './account.ts';
import { type BalanceStrategy, type Contender, strategies } from './balance.ts';
import { CredentialPool } from './credential-pool.ts';
import { Gate, type Waiter } from './gate.ts';
import { type Lease, leaseOf } from './lease.ts';
import { defaultLoadPolicy, type LoadPolicy } from './policy.ts';
import { RateWindow } from './rate-window.ts';
import { Siblings } from './siblings.ts';

/** What one request brings to the choice among equal deployments. */
export interface Balancing {
  strategy: BalanceStrategy;
  /** Candidate id → expected cost; absent = unknown. */
  costsNano: ReadonlyMap<string, number>;
  /** Deployment that has the conversation in its prompt cache, or holds state of it. */
  home: string | undefined;
  /** Expected tokens of a call, in and out, for limits by token. */
  tokens: number;
}

/** A key or an account that the upstream refuses. */
export interface RefusedKey {
  provider: string;
  /** The key's id, never the key. */
  key: string | undefined;
  deployment: string;
  code: ErrorCode;
}

export interface FleetOptions {
  breakers: CircuitBreakers;
  /** In [0, 1). */
  random(): number;
  keyRefused?: ((refused: RefusedKey) => void) | undefined;
  policy?: LoadPolicy | undefined;
}

/** Why a deployment cannot be called now. `waitMs` until it can, where that is known. */
export type Obstacle =
  /** Its circuit is open. */
  | { kind: 'closed'; waitMs: number | undefined }
  /** All keys of its provider were refused or are limited by the vendor. */
  | { kind: 'cooling'; waitMs: number | undefined }
  /** As many calls in the last minute as the operator allows. */
  | { kind: 'limited'; waitMs: number | undefined }
  /** As many calls at once as are allowed. */
  | { kind: 'full'; gates: Gate[] };

type Capacity = { kind: 'ready'; usable: Account[]; spent: boolean } | Exclude<Obstacle, { kind: 'closed' }>;

export type Entry = { kind: 'entered'; lease: Lease } | Obstacle;

export interface Won {
  candidate: Candidate;
  lease: Lease;
}

interface Load {
  gate: Gate;
  window: RateWindow;
}

/** What is known of all deployments and accounts while they serve, and who is called next. One for the process. */
export class Fleet {
  // All three are bounded by the configuration: ids come from it, never from a client.
  private readonly loads = new Map<string, Load>();
  private readonly groups = new Map<string, Siblings>();
  private readonly pool: CredentialPool;
  private readonly options: FleetOptions;
  private readonly policy: LoadPolicy;

  constructor(options: FleetOptions) {
    this.options = options;
    this.policy = options.policy ?? defaultLoadPolicy;
    this.pool = new CredentialPool(this.policy, options.random);
  }

  /**
   * The plan with the deployments of each model in the order in which they share its load. Which model comes when stays as the router
   * decided: those of one model only change places among themselves.
   */
  arrange(plan: readonly Candidate[], balancing: Balancing, nowMs: number): Candidate[] {
    const groups = new Map<string, Candidate[]>();
    for (const candidate of plan) {
      const key = groupKey(candidate);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [candidate]);
      else group.push(candidate);
    }
    if (groups.size === plan.length) return [...plan];
    const ordered = new Map(
      [...groups].map(([key, group]) => [key, this.order(group, balancing, nowMs).values()]),
    );
    return plan.map((candidate) => ordered.get(groupKey(candidate))?.next().value ?? candidate);
  }

  /** Takes everything one call needs, or says what is missing. */
  enter(candidate: Candidate, need: Need, how: { hasWaited?: boolean; lastResort?: boolean } = {}): Entry {
    const { deployment } = candidate;
    const breaker = this.options.breakers.of(deployment.id);
    const isOpen = !breaker.allows(need.nowMs);
    if (isOpen && how.lastResort !== true) return this.closed(deployment, need.nowMs);
    const standing = this.capacity(deployment, need, how.hasWaited === true);
    if (standing.kind !== 'ready') return standing;
    const permit = isOpen ? breaker.enterAsLastResort(need.nowMs) : breaker.enter(need.nowMs);
    if (permit === undefined) return this.closed(deployment, need.nowMs);
    const { gate, window } = this.loadOf(deployment);
    const account = this.pool.enter(deployment, standing.usable, need);
    gate.enter();
    const lease = leaseOf({
      deployment: deployment.id,
      permit,
      breaker,
      account,
      gate,
      window,
      counted: window.count(need.tokens, need.nowMs),
      siblings: this.siblingsOf(candidate),
      refused: ({ code }) =>
        this.options.keyRefused?.({
          provider: deployment.provider.id,
          key: account.key?.id,
          deployment: deployment.id,
          code,
        }),
    });
    return { kind: 'entered', lease };
  }

  /**
   * Waits for the first of these to have room. Undefined when the queue is full, when it was in vain, when none of them is worth waiting
   * for any more, or when the caller left.
   */
  queue(
    candidates: readonly Candidate[],
    need: Omit<Need, 'nowMs'>,
    how: { timers: Timers; nowMs(): number; onCancel(listener: () => void): void },
  ): Promise<Won | undefined> {
    return new Promise((resolve) => {
      const joined = new Set<Gate>();
      let over = false;
      let hasWaited = false;
      const finish = (won: Won | undefined): void => {
        over = true;
        stop();
        for (const gate of joined) gate.quit(waiter);
        resolve(won);
      };
      const waiter: Waiter = () => {
        if (over) return 'gone';
        const found = this.firstWithRoom(candidates, { ...need, nowMs: how.nowMs() }, hasWaited);
        hasWaited = true;
        if ('lease' in found) {
          finish(found);
          return 'entered';
        }
        for (const gate of found.gates) {
          if (joined.has(gate) || gate.queued >= this.policy.queueLengthMax) continue;
          joined.add(gate);
          gate.join(waiter);
        }
        if (found.gates.some((gate) => joined.has(gate))) return 'waits';
        finish(undefined);
        return 'gone';
      };
      const stop = how.timers.after(this.policy.queueWaitMsMax, () => finish(undefined));
      how.onCancel(() => {
        if (!over) finish(undefined);
      });
      if (!over) waiter();
    });
  }

  isEjected(candidate: Candidate, nowMs: number): boolean {
    return this.siblingsOf(candidate).isEjected(candidate.deployment.id, nowMs);
  }

  /** Milliseconds until a key of the deployment's provider may be used; 0 = now. */
  coolingMs(deployment: Deployment, nowMs: number): number {
    const standing = this.pool.standing(deployment, { tokens: 0, nowMs }, true);
    return standing.kind === 'cooling' ? (standing.waitMs ?? 0) : 0;
  }

  inFlight(deployment: Deployment): number {
    return this.loadOf(deployment).gate.inFlight;
  }

  /** Begins anew with these: what was learned of them does not hold for what they have become. */
  forget(deployments: Iterable<Deployment>): void {
    for (const { id, provider } of deployments) {
      this.options.breakers.forget([id]);
      for (const group of this.groups.values()) group.forget(id);
      this.loads.delete(id);
      this.pool.forget(provider.id);
    }
  }

  private order(group: Candidate[], balancing: Balancing, nowMs: number): Candidate[] {
    if (group.length === 1) return group;
    const siblings = this.siblingsOf(group[0]!);
    const need = { tokens: balancing.tokens, nowMs };
    const ready: Contender[] = [];
    const later: { candidate: Candidate; rank: number }[] = [];
    for (const candidate of group) {
      const { deployment } = candidate;
      siblings.know(deployment.id);
      const rank = this.rank(candidate, siblings, need);
      if (rank > 0) later.push({ candidate, rank });
      else {
        const costNano = balancing.costsNano.get(candidate.id);
        ready.push({ candidate, costNano, inFlight: this.inFlight(deployment) });
      }
    }
    const home = ready.find(({ candidate }) => candidate.deployment.id === balancing.home)?.candidate;
    const { explorationShare } = this.policy;
    const { random } = this.options;
    const sharing = { siblings, explorationShare, nowMs, random, home: home?.deployment.id };
    const ranked = ready.length > 1 ? strategies[balancing.strategy](ready, sharing) : ready;
    const order = ranked.map(({ candidate }) => candidate);
    const first = home === undefined ? order : [home, ...order.filter((one) => one !== home)];
    return [...first, ...later.toSorted((a, b) => a.rank - b.rank).map(({ candidate }) => candidate)];
  }

  /** 0 = among those that share the load; the others are a last resort, the higher the later. */
  private rank(candidate: Candidate, siblings: Siblings, need: Need): number {
    const { deployment } = candidate;
    if (!this.options.breakers.of(deployment.id).allows(need.nowMs)) return 5;
    if (siblings.isEjected(deployment.id, need.nowMs)) return 4;
    const standing = this.capacity(deployment, need, false);
    switch (standing.kind) {
      case 'ready':
        return standing.spent ? 1 : 0;
      case 'full':
        return 2;
      case 'limited':
        return 3;
      case 'cooling':
        return 5;
    }
  }

  private closed({ id }: Deployment, nowMs: number): Obstacle {
    const { waitMs } = this.options.breakers.of(id).snapshot(nowMs);
    return { kind: 'closed', waitMs: waitMs > 0 ? waitMs : undefined };
  }

  /** Whether there is room for a call, whatever its circuit. */
  private capacity(deployment: Deployment, need: Need, hasWaited: boolean): Capacity {
    const { limits } = deployment;
    const load = this.loadOf(deployment);
    const limitedMs = limits === undefined ? 0 : load.window.waitMs(limits, need.tokens, need.nowMs);
    if (limitedMs > 0) return { kind: 'limited', waitMs: limitedMs };
    const accounts = this.pool.standing(deployment, need, hasWaited);
    if (accounts.kind === 'cooling' || accounts.kind === 'limited') return accounts;
    const hasRoom = load.gate.hasRoom(limits?.concurrent, hasWaited);
    if (hasRoom) return accounts;
    return { kind: 'full', gates: accounts.kind === 'full' ? [load.gate, ...accounts.gates] : [load.gate] };
  }

  /** Or the gates of those that only lack room. */
  private firstWithRoom(
    candidates: readonly Candidate[],
    need: Need,
    hasWaited: boolean,
  ): Won | { gates: Gate[] } {
    const gates: Gate[] = [];
    for (const candidate of candidates) {
      const entry = this.enter(candidate, need, { hasWaited });
      if (entry.kind === 'entered') return { candidate, lease: entry.lease };
      if (entry.kind === 'full') gates.push(...entry.gates);
    }
    return { gates };
  }

  private loadOf({ id }: Deployment): Load {
    let load = this.loads.get(id);
    if (load === undefined) {
      load = { gate: new Gate(), window: new RateWindow() };
      this.loads.set(id, load);
    }
    return load;
  }

  private siblingsOf(candidate: Candidate): Siblings {
    const key = groupKey(candidate);
    let group = this.groups.get(key);
    if (group === undefined) {
      const isDown = (deployment: string, nowMs: number): boolean =>
        !this.options.breakers.of(deployment).allows(nowMs);
      group = new Siblings(this.policy.outliers, this.options.random, isDown);
      this.groups.set(key, group);
    }
    return group;
  }
}

/** Deployments are equals when they serve the same model with the same effort. */
export function groupKey({ deployment, effort }: Candidate): string {
  return `${deployment.model.id}#${effort}`;
}
