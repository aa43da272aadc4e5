import { isObject } from '../../protocol/index.ts';
import { OwnOutcomes, type Predictor } from '../../router/index.ts';
import type { Clock } from '../../std/index.ts';
import type { GatewayLog } from '../gateway.ts';
import type { LearnedStore } from '../kept-lengths.ts';
import type { GradedOutcome, OutcomeStore, StoredCounts } from './outcome-store.ts';
import { outcomeOf } from './subject.ts';

export interface KeptOutcomesOptions {
  store: OutcomeStore;
  learned: LearnedStore;
  predictor: Predictor;
  clock: Clock;
  log: GatewayLog;
}

/** Outcomes kept; the oldest beyond them are dropped, and forgotten when everything is learned anew. */
export const outcomesKeptMax = 20_000;

const learnedName = 'own-outcomes';
/** Learned from at once: a few milliseconds, then requests have their turn. */
const pageRows = 50;
const anewEveryMs = 10_000;

/**
 * Graded outcomes and what was learned from them. They are stored before they count, and learned in the order of the store, so that what was learned is only ever a
 * shorter way to what they say: after a crash, a change of a grade or a new artefact it is made again from them. Another process at the same
 * store hears of them at its next save.
 */
export class KeptOutcomes {
  readonly own: OwnOutcomes;
  readonly #options: KeptOutcomesOptions;
  /** Place of the last outcome learned from. */
  #at = 0;
  #savedAt = 0;
  /** Something was learned of a grade that was changed since. */
  #holdsChanged = false;
  #anewAtMs = Number.NEGATIVE_INFINITY;
  #learning: Promise<void> = Promise.resolve();

  private constructor(options: KeptOutcomesOptions) {
    this.#options = options;
    this.own = new OwnOutcomes(options.predictor);
  }

  /** Never rejects: without what was learned, the shipped predictor stands alone. */
  static async open(options: KeptOutcomesOptions): Promise<KeptOutcomes> {
    const kept = new KeptOutcomes(options);
    try {
      kept.#restore(await options.learned.get(learnedName));
      await kept.#learnNew();
    } catch (thrown) {
      options.log.warn({ cause: String(thrown) }, 'the outcomes of own requests could not be read');
    }
    return kept;
  }

  /** Resolves when they are stored, and when the next decision reckons with them. Rejects with `store_unavailable`. */
  async take(outcomes: readonly GradedOutcome[]): Promise<StoredCounts> {
    const counts = await this.#options.store.put(outcomes, { keptMax: outcomesKeptMax, learnedName });
    await this.#inTurn(async () => {
      if (counts.changed > 0) this.#forgetChanged();
      await this.#learnNew();
    });
    return counts;
  }

  stored(): Promise<number> {
    return this.#options.store.count();
  }

  /** Also learns what other processes have stored meanwhile. Never rejects. */
  async save(): Promise<void> {
    const { learned, clock, log } = this.#options;
    try {
      await this.#inTurn(async () => {
        if (this.#holdsChanged) this.#forget();
        await this.#learnNew();
        if (this.#at === this.#savedAt) return;
        const at = this.#at;
        await learned.put(learnedName, JSON.stringify({ at, own: this.own.state() }), clock.nowMs());
        this.#savedAt = at;
      });
    } catch (thrown) {
      log.warn({ cause: String(thrown) }, 'what own outcomes have taught could not be saved');
    }
  }

  #restore(value: string | undefined): void {
    if (value === undefined) return;
    const { at, own } = parsed(value);
    if (typeof at !== 'number' || !this.own.restore(own)) {
      this.#options.log.warn(
        {},
        'what own outcomes have taught is of another version or artefact: learned anew from the outcomes',
      );
      return;
    }
    this.#at = at;
    this.#savedAt = at;
  }

  /** Everything is learned anew, but seldom: whoever keeps changing grades must not keep the process busy. Until then both grades count. */
  #forgetChanged(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#holdsChanged = true;
    if (nowMs - this.#anewAtMs < anewEveryMs) return;
    this.#anewAtMs = nowMs;
    this.#forget();
  }

  #forget(): void {
    this.#holdsChanged = false;
    this.own.clear();
    this.#at = 0;
    this.#savedAt = 0;
  }

  /** One after the other: two that read the same page would learn it twice. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#learning.then(work);
    this.#learning = turn.catch(() => {});
    return turn;
  }

  async #learnNew(): Promise<void> {
    const { store, predictor } = this.#options;
    for (;;) {
      const page = await store.after(this.#at, pageRows);
      for (const { at, subject, score } of page) {
        const outcome = outcomeOf(subject, score, predictor.parameters.id);
        if (outcome !== undefined) this.own.learn(outcome);
        this.#at = at;
      }
      if (page.length < pageRows) return;
    }
  }
}

function parsed(value: string): { at?: unknown; own?: unknown } {
  try {
    const saved: unknown = JSON.parse(value);
    return isObject(saved) ? saved : {};
  } catch {
    return {};
  }
}
