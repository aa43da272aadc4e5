import type { Provider, ProviderKey, RateLimits } from '../../providers/index.ts';
import { Account, type AccountHold } from './account.ts';
import type { Gate } from './gate.ts';
import type { LoadPolicy } from './policy.ts';
import type { Need } from './room.ts';
import { SmoothWeights } from './smooth-weights.ts';

interface Accounts {
  provider: string;
  all: Account[];
  turns: SmoothWeights;
}

export type AccountStanding =
  | { kind: 'ready'; usable: Account[]; spent: boolean }
  /** Their places are taken. */
  | { kind: 'full'; gates: Gate[] }
  /** `waitMs` is undefined while it is not known how long: a call is finding out. */
  | { kind: 'cooling' | 'limited'; waitMs: number | undefined };

/** A key as the operator may see it: never the key itself. */
export interface KeyView {
  id: string;
  weight: number;
  limits: RateLimits | undefined;
  inFlight: number;
  /** Until it may be used again; 0 = now. */
  coolingMs: number;
  /** After a rest one call finds out whether it works again. */
  isBeingTried: boolean;
}

/** The accounts of all providers: which may be used now, and whose turn it is. */
export class CredentialPool {
  /**
   * By provider and by what its keys are: a request that began before the configuration changed goes on with the keys it began with, and must
   * not bring them back for those that begin after. Bounded by the configuration, which alone names providers.
   */
  private readonly accounts = new Map<string, Accounts>();
  private readonly texts = new WeakMap<Provider['keys'], string>();
  private readonly policy: LoadPolicy;
  private readonly random: () => number;

  constructor(policy: LoadPolicy, random: () => number) {
    this.policy = policy;
    this.random = random;
  }

  /**
   * Which accounts may serve now; if none, why. Changes nothing.
   *
   * @param place what is limited by itself, such as a deployment
   */
  standing(provider: Provider, place: string, need: Need, hasWaited: boolean): AccountStanding {
    const { nowMs, credential } = need;
    const usable: Account[] = [];
    const gates: Gate[] = [];
    let limited = false;
    let soonestMs: number | undefined;
    for (const account of this.accountsOf(provider).all) {
      const { key, room } = account;
      if (credential !== undefined && key?.id !== credential) continue;
      const coolingMs = account.coolingMs(place, nowMs);
      if (coolingMs === undefined) continue;
      const limitedMs = room.limitedMs(key?.limits, need);
      if (limitedMs > 0) limited = true;
      const waitMs = Math.max(coolingMs, limitedMs);
      if (waitMs > 0) soonestMs = Math.min(soonestMs ?? waitMs, waitMs);
      else if (room.hasPlace(concurrentMax(provider, key), need, hasWaited)) usable.push(account);
      else gates.push(room.gate);
    }
    if (usable.length > 0) {
      const fresh = usable.filter((account) => !account.isSpent(place, nowMs));
      return { kind: 'ready', usable: fresh.length > 0 ? fresh : usable, spent: fresh.length === 0 };
    }
    if (gates.length > 0) return { kind: 'full', gates };
    return { kind: limited ? 'limited' : 'cooling', waitMs: soonestMs };
  }

  /** Takes the one whose turn it is. */
  enter(provider: Provider, place: string, usable: Account[], need: Need): AccountHold {
    const only = usable.length === 1 ? usable[0] : undefined;
    return (only ?? this.nextOf(provider, usable)).enter(place, need);
  }

  /** How the keys of a provider fare at one place. */
  view(provider: Provider, place: string, nowMs: number): KeyView[] {
    return this.accountsOf(provider).all.flatMap((account) => {
      const { key, room } = account;
      if (key === undefined) return [];
      const coolingMs = account.coolingMs(place, nowMs);
      const { id, weight, limits } = key;
      const { inFlight } = room.gate;
      return [
        { id, weight, limits, inFlight, coolingMs: coolingMs ?? 0, isBeingTried: coolingMs === undefined },
      ];
    });
  }

  /** Gives back the gates at which nobody should wait any more. */
  forget(provider: string): Gate[] {
    const gone = [...this.accounts].filter(([, accounts]) => accounts.provider === provider);
    for (const [made] of gone) this.accounts.delete(made);
    return gone.flatMap(([, { all }]) => all.map(({ room }) => room.gate));
  }

  private nextOf(provider: Provider, usable: Account[]): Account {
    const { turns } = this.accountsOf(provider);
    const [first] = turns.next(usable.map(({ key }) => ({ id: key?.id ?? '', weight: key?.weight ?? 1 })));
    return usable.find(({ key }) => key?.id === first) ?? usable[0]!;
  }

  private accountsOf({ id, keys }: Provider): Accounts {
    const made = `${id} ${this.madeFrom(keys)}`;
    let accounts = this.accounts.get(made);
    if (accounts === undefined) {
      const all =
        keys.length === 0
          ? [new Account(undefined, true, this.policy)]
          : keys.map((key) => new Account(key, keys.length === 1, this.policy));
      accounts = { provider: id, all, turns: new SmoothWeights(this.random) };
      this.accounts.set(made, accounts);
    }
    return accounts;
  }

  private madeFrom(keys: Provider['keys']): string {
    let text = this.texts.get(keys);
    if (text === undefined) {
      text = JSON.stringify(keys);
      this.texts.set(keys, text);
    }
    return text;
  }
}

/** What the vendor allows any account, or what the operator knows of this one. */
function concurrentMax({ quirks }: Provider, key: ProviderKey | undefined): number | undefined {
  const stated = key?.limits?.concurrent;
  // The operator knows which plan the account is on.
  return stated ?? quirks.concurrentMax;
}
