import type { Candidate, Deployment } from '../../catalog/index.ts';
import type { ErrorCode } from '../../protocol/index.ts';
import type { Provider } from '../../providers/index.ts';
import type { BreakerSnapshot, CircuitBreakers } from '../circuit-breaker.ts';
import type { Account } from './account.ts';
import { type BalanceStrategy, type Contender, strategies } from './balance.ts';
import { CredentialPool, type KeyView } from './credential-pool.ts';
import type { Gate } from './gate.ts';
import { type Lease, leaseOf } from './lease.ts';
import { defaultLoadPolicy, type LoadPolicy } from './policy.ts';
import { type Waiting, waitInTurn } from './queue.ts';
import { type Need, Room } from './room.ts';
import { Siblings } from './siblings.ts';

/** Something to call. */
export interface Callee extends Candidate {
  /**
   * What circuit, limits and speed are kept under; absent = the deployment. For endpoints that fare apart from its chats, and where a client
   * may name any model: these are bounded in number.
   */
  place?: string | undefined;
}

/** What one request brings to the choice among equal deployments. */
export interface Balancing {
  strategy: BalanceStrategy;
  /** Candidate id → expected cost; absent = unknown. */
  costsNano: ReadonlyMap<string, number>;
  /** Deployment that has the conversation in its prompt cache, or holds state of it. */
  home: string | undefined;
  /** Expected tokens of a call, in and out, for limits by token; undefined where no limit counts the call. */
  tokens: number | undefined;
  /** Id of the only key that may be used: what the request is about belongs to its account. */
  credential?: string | undefined;
}

/** A key or an account that the upstream refuses. */
export interface RefusedKey {
  provider: string;
  /** The key's id, never the key. */
  key: string | undefined;
  /** Or the endpoint, where the model is the client's own word. */
  deployment: string;
  code: ErrorCode;
}

export interface FleetOptions {
  breakers: CircuitBreakers;
  /** In [0, 1). */
  random(): number;
  keyRefused?: ((refused: RefusedKey) => void) | undefined;
  policy?: LoadPolicy | undefined;
  /** Deployments that nothing may be sent to now, whatever for; asked before each call. */
  barred?: ((deployment: Deployment) => boolean) | undefined;
}

/** Why a deployment cannot be called now. `waitMs` until it can, where that is known. */
export type Obstacle =
  /** Its circuit is open; `reason` is the failure that opened it. */
  | { kind: 'closed'; waitMs: number | undefined; reason: ErrorCode | undefined }
  /** Nothing may be sent there. */
  | { kind: 'barred' }
  /** All keys of its provider were refused or are limited by the vendor. */
  | { kind: 'cooling'; waitMs: number | undefined }
  /** As many calls in the last minute as the operator allows. */
  | { kind: 'limited'; waitMs: number | undefined }
  /** As many calls at once as are allowed. */
  | { kind: 'full'; gates: Gate[] };

type Capacity =
  | { kind: 'ready'; usable: Account[]; spent: boolean }
  | Exclude<Obstacle, { kind: 'closed' | 'barred' }>;

export type Entry = { kind: 'entered'; lease: Lease } | Obstacle;

export interface Won {
  candidate: Callee;
  lease: Lease;
}

/** How a deployment fares, for the operator. */
export interface DeploymentView {
  inFlight: number;
  queued: number;
  circuit: BreakerSnapshot;
  /** Until it is back among those that share its model's requests; 0 = it is. */
  ejectedMs: number;
  keys: KeyView[];
}

interface Load {
  room: Room;
  deployment: string;
  provider: string;
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
  arrange(plan: readonly Callee[], balancing: Balancing, nowMs: number): Callee[] {
    const groups = new Map<string, Callee[]>();
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
  enter(candidate: Callee, need: Need, how: { hasWaited?: boolean; lastResort?: boolean } = {}): Entry {
    const { provider } = candidate.deployment;
    if (this.options.barred?.(candidate.deployment) === true) return { kind: 'barred' };
    const id = placeOf(candidate);
    const breaker = this.options.breakers.of(id);
    const isOpen = !breaker.allows(need.nowMs);
    if (isOpen && how.lastResort !== true) return this.closed(id, need.nowMs);
    const standing = this.capacity(candidate, need, how.hasWaited === true);
    if (standing.kind !== 'ready') return standing;
    const permit = isOpen ? breaker.enterAsLastResort(need.nowMs) : breaker.enter(need.nowMs);
    if (permit === undefined) return this.closed(id, need.nowMs);
    const account = this.pool.enter(provider, id, standing.usable, need);
    const lease = leaseOf({
      deployment: id,
      permit,
      breaker,
      account,
      place: this.roomOf(candidate).enter(need),
      siblings: this.siblingsOf(candidate),
      refused: ({ code }) =>
        this.options.keyRefused?.({ provider: provider.id, key: account.key?.id, deployment: id, code }),
    });
    return { kind: 'entered', lease };
  }

  /**
   * Waits for the first of these to have room. `changed` when room is no longer what they lack. Undefined when the queue is full, when it was
   * in vain, or when the caller left.
   */
  queue(
    candidates: readonly Callee[],
    need: Omit<Need, 'nowMs'>,
    waiting: Waiting,
  ): Promise<Won | 'changed' | undefined> {
    const find = (hasWaited: boolean): Won | { gates: Gate[] } =>
      this.firstWithRoom(candidates, { ...need, nowMs: waiting.nowMs() }, hasWaited);
    return waitInTurn(find, this.policy, waiting);
  }

  isEjected(candidate: Callee, nowMs: number): boolean {
    return this.siblingsOf(candidate).isEjected(placeOf(candidate), nowMs);
  }

  /** Milliseconds until a key of the deployment's provider may be used; 0 = now. */
  coolingMs(deployment: Deployment, nowMs: number): number {
    const standing = this.pool.standing(deployment.provider, deployment.id, { tokens: 0, nowMs }, true);
    return standing.kind === 'cooling' ? (standing.waitMs ?? 0) : 0;
  }

  view({ id, provider }: Deployment, nowMs: number): DeploymentView {
    const gate = this.loads.get(id)?.room.gate;
    const ejections = [...this.groups.values()].map((group) => group.ejectedUntilMs(id) - nowMs);
    return {
      inFlight: gate?.inFlight ?? 0,
      queued: gate?.queued ?? 0,
      circuit: this.options.breakers.of(id).snapshot(nowMs),
      ejectedMs: Math.max(0, ...ejections),
      keys: this.pool.view(provider, id, nowMs),
    };
  }

  /** Begins anew with these: what was learned of them does not hold for what they have become. */
  forget(deployments: Iterable<Deployment>, providers: Iterable<Provider> = []): void {
    const ids = new Set([...deployments].map(({ id }) => id));
    const gone = new Set([...providers].map(({ id }) => id));
    for (const [place, { deployment, provider }] of this.loads)
      if (ids.has(deployment) || gone.has(provider)) ids.add(place);
    this.options.breakers.forget(ids);
    const gates: Gate[] = [];
    for (const id of ids) {
      for (const group of this.groups.values()) group.forget(id);
      const gate = this.loads.get(id)?.room.gate;
      if (gate !== undefined) gates.push(gate);
      this.loads.delete(id);
    }
    for (const provider of gone) gates.push(...this.pool.forget(provider));
    for (const gate of gates) gate.dissolve();
  }

  private order(group: Callee[], balancing: Balancing, nowMs: number): Callee[] {
    if (group.length === 1) return group;
    const siblings = this.siblingsOf(group[0]!);
    const need = { tokens: balancing.tokens, credential: balancing.credential, nowMs };
    const ready: Contender[] = [];
    const later: { candidate: Callee; rank: number }[] = [];
    for (const candidate of group) {
      siblings.know(placeOf(candidate));
      const rank = this.rank(candidate, siblings, need);
      if (rank > 0) later.push({ candidate, rank });
      else {
        const costNano = balancing.costsNano.get(candidate.id);
        ready.push({ candidate, costNano, inFlight: this.roomOf(candidate).gate.inFlight });
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
  private rank(candidate: Callee, siblings: Siblings, need: Need): number {
    const id = placeOf(candidate);
    if (!this.options.breakers.of(id).allows(need.nowMs)) return 5;
    if (siblings.isEjected(id, need.nowMs)) return 4;
    const standing = this.capacity(candidate, need, false);
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

  private closed(id: string, nowMs: number): Obstacle {
    const { waitMs, reason } = this.options.breakers.of(id).snapshot(nowMs);
    return { kind: 'closed', waitMs: waitMs > 0 ? waitMs : undefined, reason };
  }

  /** Whether there is room for a call, whatever its circuit. */
  private capacity(candidate: Callee, need: Need, hasWaited: boolean): Capacity {
    const { limits, provider } = candidate.deployment;
    const room = this.roomOf(candidate);
    const limitedMs = room.limitedMs(limits, need);
    if (limitedMs > 0) return { kind: 'limited', waitMs: limitedMs };
    const accounts = this.pool.standing(provider, placeOf(candidate), need, hasWaited);
    if (accounts.kind === 'cooling' || accounts.kind === 'limited') return accounts;
    if (room.hasPlace(limits?.concurrent, need, hasWaited)) return accounts;
    return { kind: 'full', gates: accounts.kind === 'full' ? [room.gate, ...accounts.gates] : [room.gate] };
  }

  /** Or the gates of those that only lack room. */
  private firstWithRoom(
    candidates: readonly Callee[],
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

  private roomOf(candidate: Callee): Room {
    const { id, provider } = candidate.deployment;
    const place = placeOf(candidate);
    let load = this.loads.get(place);
    if (load === undefined) {
      load = { room: new Room(), deployment: id, provider: provider.id };
      this.loads.set(place, load);
    }
    return load.room;
  }

  private siblingsOf(candidate: Callee): Siblings {
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
export function groupKey({ deployment, effort, place }: Callee): string {
  return place ?? `${deployment.model.id}#${effort}`;
}

function placeOf({ place, deployment }: Callee): string {
  return place ?? deployment.id;
}
