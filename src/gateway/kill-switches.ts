import type { KillSwitch } from '../policy/index.ts';
import { GatewayError } from '../protocol/index.ts';
import type { Clock, IdSource } from '../std/index.ts';
import type { GatewayLog } from './gateway.ts';

/** Where kill switches are kept. An implementation passes `test/storage/kill-switch-store-conformance.ts`. */
export interface KillSwitchStore {
  /** Oldest first. */
  list(): Promise<KillSwitch[]>;
  put(one: KillSwitch): Promise<void>;
  /** Whether it was there. */
  remove(id: string): Promise<boolean>;
  /** Calls the listener soon after any change, by this process or by another one on the same store. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

const switchesMax = 200;
const reloadRetryMs = 250;

interface KillSwitchParts {
  store: KillSwitchStore;
  clock: Clock;
  ids: IdSource;
  log: GatewayLog;
}

/**
 * Those in force, in memory, following the store. Where the store cannot be read the known ones stay: what was switched off is not switched
 * on by an outage.
 */
export class KillSwitches {
  readonly #parts: KillSwitchParts;
  #switches: readonly KillSwitch[] = [];
  #stop: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  /** Rises with every change made here, so that a list read before it is not taken for a newer one. */
  #changes = 0;

  private constructor(parts: KillSwitchParts) {
    this.#parts = parts;
  }

  /** Rejects with what the store rejects with. */
  static async open(parts: KillSwitchParts): Promise<KillSwitches> {
    const switches = new KillSwitches(parts);
    switches.#stop = parts.store.onChange(() => void switches.#reload());
    switches.#switches = await parts.store.list();
    return switches;
  }

  inForce(): readonly KillSwitch[] {
    return this.#switches;
  }

  /** In force in this process when the promise resolves. Rejects with `invalid_request`. */
  async set(wanted: Pick<KillSwitch, 'target' | 'value' | 'reason' | 'setBy'>): Promise<KillSwitch> {
    if (this.#switches.length >= switchesMax) {
      throw new GatewayError(
        'invalid_request',
        `There are ${switchesMax} kill switches already: lift some, or write a policy.`,
      );
    }
    const { store, clock, ids } = this.#parts;
    const one: KillSwitch = { ...wanted, id: ids('kill'), atMs: clock.nowMs() };
    // At once here: an operator who reaches for it waits for no database.
    this.#changes += 1;
    this.#switches = [...this.#switches, one];
    try {
      await store.put(one);
    } catch (thrown) {
      this.#switches = this.#switches.filter(({ id }) => id !== one.id);
      throw thrown;
    }
    return one;
  }

  /** Rejects with `not_found`. */
  async lift(id: string): Promise<KillSwitch> {
    const found = this.#switches.find((one) => one.id === id);
    const removed = await this.#parts.store.remove(id);
    if (found === undefined || !removed)
      throw new GatewayError('not_found', 'There is no kill switch with this id.');
    this.#changes += 1;
    this.#switches = this.#switches.filter((one) => one !== found);
    return found;
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
  }

  async #reload(): Promise<void> {
    const before = this.#changes;
    try {
      const stored = await this.#parts.store.list();
      if (before === this.#changes) this.#switches = stored;
      else this.#later();
    } catch (thrown) {
      this.#parts.log.warn(
        { cause: String(thrown) },
        'kill switches cannot be read; those known stay in force',
      );
      this.#later();
    }
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#reload(), reloadRetryMs);
    this.#timer.unref();
  }
}
