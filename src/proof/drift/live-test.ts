export interface LiveTestOptions {
  /** To keep, 0.5..1. No excess is above it, none below quality − 2. */
  quality: number;
  /** Chance, at most, of ever raising an alarm while the mean excess is not above 0. */
  delta: number;
}

interface LiveTestState {
  units: number;
  blocks: number;
  cash: number;
  capitals: number[];
  peak: number;
}

/** Fractions of the greatest safe bet; small ones see small changes, great ones great changes soon. */
const fractions = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7];
/** Units between two times at which the bets are begun anew. */
const blockUnits = 20;
/** Above the sum of 1 / (k ln² k) over all k from 2, 2.1097: what is spent on all beginnings together is at most 1. */
const beginningsSum = 2.11;

/**
 * Watches whether a certified rung still keeps what was certified: a capital that bets on «its mean excess is above 0» and raises an alarm at 1/δ. While it is not above 0 there is an alarm, ever, with a probability of at
 * most δ (Ville), however long the route runs and however often one looks.
 *
 * A capital that lost all through a long good stretch would see a change late. So a part of the money is kept back and bet from ever new beginnings on, 1 / (k ln² k) of it at the k-th (as in the e-detectors of Shin, Ramdas
 * and Rinaldo, arXiv 2203.03532, but with a false-alarm probability instead of a rate). All beginnings bet alike, so that their capitals are kept as one sum a bet.
 */
export class LiveTest {
  readonly #delta: number;
  readonly #known: number;
  readonly #bets: readonly number[];
  readonly #capitals = new Float64Array(fractions.length);
  #units = 0;
  #blocks = 0;
  #cash = 1;
  #peak = 0;

  constructor({ quality, delta }: LiveTestOptions) {
    this.#delta = delta;
    this.#known = quality - 1;
    this.#bets = fractions.map((fraction) => fraction / (2 - quality));
  }

  /**
   * One drawn unit.
   *
   * @param weight above 0, at most 1, fixed before the draw
   * @param excess at the certified rung; above 0 is worse than allowed
   */
  add(weight: number, excess: number): void {
    if (this.#units % blockUnits === 0) this.#begin();
    this.#units += 1;
    let total = this.#cash;
    for (let i = 0; i < this.#bets.length; i++) {
      this.#capitals[i]! *= 1 + this.#bets[i]! * weight * excess;
      total += this.#capitals[i]!;
    }
    if (total > this.#peak) this.#peak = total;
  }

  /** A request that the rung sent to the reference; `scale` as that of drawn ones now. */
  addKnown(weight: number, scale = 1): void {
    this.add(weight, scale * this.#known);
  }

  get alarmed(): boolean {
    return this.#peak >= 1 / this.#delta;
  }

  /** How far towards an alarm the capital is now, 0..1, by its logarithm. */
  get level(): number {
    const total = this.#capitals.reduce((sum, one) => sum + one, this.#cash);
    return Math.min(1, Math.max(0, Math.log(total) / Math.log(1 / this.#delta)));
  }

  state(): LiveTestState {
    return {
      units: this.#units,
      blocks: this.#blocks,
      cash: this.#cash,
      capitals: [...this.#capitals],
      peak: this.#peak,
    };
  }

  /** False, and nothing is changed, where the value is no such state. */
  restore(value: unknown): boolean {
    const { units, blocks, cash, capitals, peak } = (value ?? {}) as Partial<LiveTestState>;
    const numbers = [units, blocks, cash, peak, ...(Array.isArray(capitals) ? capitals : [])];
    if (numbers.length !== 4 + fractions.length || !numbers.every(isAmount)) return false;
    this.#units = units!;
    this.#blocks = blocks!;
    this.#cash = cash!;
    this.#capitals.set(capitals!);
    this.#peak = peak!;
    return true;
  }

  #begin(): void {
    this.#blocks += 1;
    const k = this.#blocks + 1;
    const part = Math.min(this.#cash, 1 / (beginningsSum * k * Math.log(k) ** 2));
    this.#cash -= part;
    for (let i = 0; i < this.#capitals.length; i++) this.#capitals[i]! += part / this.#capitals.length;
  }
}

const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
