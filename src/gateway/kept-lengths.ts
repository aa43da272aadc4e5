import { OutputLengths } from '../router/index.ts';
import type { Clock } from '../std/index.ts';
import type { GatewayLog } from './gateway.ts';

/** Where what was learned from traffic outlives the process: one JSON document a name, the newest write stands. */
export interface LearnedStore {
  put(name: string, value: string, atMs: number): Promise<void>;
  get(name: string): Promise<string | undefined>;
}

const name = 'output-lengths';

export interface KeptLengthsOptions {
  store: LearnedStore;
  clock: Clock;
  log: GatewayLog;
}

/**
 * The lengths of answers as they were learned before the last stop. What a killed process had learned since it was last saved is lost, and
 * of several processes at one store the last to save is believed: both only make estimates a little older.
 */
export class KeptLengths {
  readonly lengths: OutputLengths;
  readonly #options: KeptLengthsOptions;
  #saved: string;

  private constructor(lengths: OutputLengths, options: KeptLengthsOptions) {
    this.lengths = lengths;
    this.#options = options;
    this.#saved = JSON.stringify(lengths.state());
  }

  /** Never rejects: without what was learned, answers are expected to be as long as usual. */
  static async open(options: KeptLengthsOptions): Promise<KeptLengths> {
    const lengths = new OutputLengths();
    try {
      const value = await options.store.get(name);
      if (value !== undefined && !lengths.restore(JSON.parse(value) as unknown))
        options.log.warn({ name }, 'the learned lengths of answers are not of this version: learned anew');
    } catch (thrown) {
      options.log.warn({ name, cause: String(thrown) }, 'the learned lengths of answers could not be read');
    }
    return new KeptLengths(lengths, options);
  }

  /** Never rejects. */
  async save(): Promise<void> {
    const { store, clock, log } = this.#options;
    const value = JSON.stringify(this.lengths.state());
    if (value === this.#saved) return;
    try {
      await store.put(name, value, clock.nowMs());
      this.#saved = value;
    } catch (thrown) {
      log.warn({ name, cause: String(thrown) }, 'the learned lengths of answers could not be saved');
    }
  }
}
