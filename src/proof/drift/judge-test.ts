import { LiveTest } from './live-test.ts';

/** Errors are told apart to a tenth. */
const binsPerUnit = 10;
const errorMax = 2;
const bins = 2 * errorMax * binsPerUnit + 1;
/** A test that asks whether a mean is above 0, of numbers from −1 to 1. */
const evenQuality = 1;

export interface JudgeTestOptions {
  /** Chance, at most, of ever raising an alarm while the judge errs as it always did. */
  delta: number;
  /** In [0, 1). */
  random(): number;
}

/**
 * Watches whether a judge still errs as it did: a vendor may change the model behind a name. As long as it does, the rank of the newest error (judge − person) among all so far is uniform whatever the errors are like, so that nothing has to be known of
 * them; capitals bet that ranks are higher than that, and lower (conformal test martingales, Vovk, Nouretdinov and Gammerman, ICML 2003). Ties are broken by chance.
 */
export class JudgeTest {
  readonly #random: () => number;
  readonly #counts = new Float64Array(bins);
  readonly #higher: LiveTest;
  readonly #lower: LiveTest;

  constructor({ delta, random }: JudgeTestOptions) {
    this.#random = random;
    const half = { quality: evenQuality, delta: delta / 2 };
    this.#higher = new LiveTest(half);
    this.#lower = new LiveTest(half);
  }

  /** The next pair that both have graded: losses, −1..1. */
  add(judged: number, person: number): void {
    const error = Math.min(errorMax, Math.max(-errorMax, judged - person));
    const bin = Math.round((error + errorMax) * binsPerUnit);
    this.#counts[bin]! += 1;
    let below = 0;
    let all = 0;
    for (let i = 0; i < bins; i++) {
      const count = this.#counts[i]!;
      if (i < bin) below += count;
      all += count;
    }
    const rank = (below + this.#random() * this.#counts[bin]!) / all;
    this.#higher.add(1, 2 * rank - 1);
    this.#lower.add(1, 1 - 2 * rank);
  }

  get alarmed(): boolean {
    return this.#higher.alarmed || this.#lower.alarmed;
  }

  state(): unknown {
    return { counts: [...this.#counts], higher: this.#higher.state(), lower: this.#lower.state() };
  }

  /** False where the value is no such state; the test is then not to be used. */
  restore(value: unknown): boolean {
    const { counts, higher, lower } = (value ?? {}) as { [name: string]: unknown };
    if (!Array.isArray(counts) || counts.length !== bins || !counts.every(isCount)) return false;
    if (!this.#higher.restore(higher) || !this.#lower.restore(lower)) return false;
    this.#counts.set(counts);
    return true;
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
