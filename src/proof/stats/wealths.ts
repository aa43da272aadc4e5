/** Fractions of the greatest safe bet that are always among the experts. */
const fixedFractions = [0.05, 0.1, 0.2, 0.35, 0.5, 0.7];
/** Bets that follow the mean and variance seen so far, at most this fraction. */
const followingMax = 0.8;
/** Rows that the following bet imagines before it has seen any, so that the first few do not drive it. */
const imaginedRows = 30;
const imaginedVariance = 0.03;
const experts = fixedFractions.length + 1;

/** Where a mean has no bound yet. */
export interface WealthsState {
  weights: number[];
  logs: number[];
  peaks: number[];
  rows: number[];
  sums: number[];
  squares: number[];
}

/**
 * One capital per rung and shift, each betting that the rung's mean excess is below the shift. If it is not, the capital is a supermartingale from 1 and ever
 * reaches 1 / δ with a probability of at most δ, whenever one looks (Ville). After Waudby-Smith and Ramdas, arXiv 2010.09686.
 *
 * The fraction bet is the experts' mean, weighted by what each would own by now, so that it depends on the past alone and the capital is a universal portfolio of
 * them. It is the same fraction of the greatest safe bet for every shift: then the capital rises with the shift on every path, and the shifts that are rejected are
 * always all those above a bound.
 */
export class Wealths {
  readonly #shifts: readonly number[];
  readonly #weights: Float64Array;
  readonly #logs: Float64Array;
  readonly #peaks: Float64Array;
  readonly #rows: Float64Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #fractions = Float64Array.of(...fixedFractions, 0);

  /** `shifts` rise. */
  constructor(rungs: number, shifts: readonly number[]) {
    this.#shifts = shifts;
    this.#weights = new Float64Array(rungs * experts).fill(1 / experts);
    this.#logs = new Float64Array(rungs * shifts.length);
    this.#peaks = new Float64Array(rungs * shifts.length);
    this.#rows = new Float64Array(rungs).fill(imaginedRows);
    this.#sums = new Float64Array(rungs);
    this.#squares = new Float64Array(rungs).fill(imaginedRows * imaginedVariance);
  }

  /**
   * Plays `times` rounds of one outcome: `excess` is at most `top`, which was known before; `weight` is 0..1 and at most as much of the excess is at stake. All
   * rounds are played with the fraction that was right before the first.
   */
  play(rung: number, weight: number, excess: number, top: number, times = 1): void {
    const fractions = this.#fractions;
    const weights = this.#weights;
    const from = rung * experts;
    fractions[experts - 1] = this.#following(rung);
    let bet = 0;
    for (let k = 0; k < experts; k++) bet += weights[from + k]! * fractions[k]!;
    this.#bet(rung, bet, weight, excess, top, times);
    const outcome = (weight * excess) / top;
    let total = 0;
    for (let k = 0; k < experts; k++) {
      const kept = 1 - fractions[k]! * outcome;
      const owned = weights[from + k]! * (times === 1 ? kept : kept ** times);
      weights[from + k] = owned;
      total += owned;
    }
    for (let k = 0; k < experts; k++) weights[from + k]! /= total;
    this.#rows[rung]! += times;
    this.#sums[rung]! += times * outcome;
    this.#squares[rung]! += times * outcome * outcome;
  }

  #bet(rung: number, bet: number, weight: number, excess: number, top: number, times: number): void {
    const shifts = this.#shifts;
    for (let s = 0, at = rung * shifts.length; s < shifts.length; s++, at++) {
      const shift = shifts[s]!;
      const log = this.#logs[at]! + times * Math.log1p((-bet * weight * (excess - shift)) / (top - shift));
      this.#logs[at] = log;
      if (log > this.#peaks[at]!) this.#peaks[at] = log;
    }
  }

  /** Kelly's fraction for the mean and variance so far: mean / (variance + mean²) of what is won. */
  #following(rung: number): number {
    const rows = this.#rows[rung]!;
    const mean = this.#sums[rung]! / rows;
    if (mean >= 0) return 0;
    return Math.min(followingMax, (-mean * rows) / this.#squares[rung]!);
  }

  /** Log of the most that this capital ever was. */
  peak(rung: number, shift: number): number {
    return this.#peaks[rung * this.#shifts.length + shift]!;
  }

  /** Log of what this capital is now. */
  log(rung: number, shift: number): number {
    return this.#logs[rung * this.#shifts.length + shift]!;
  }

  /** Least shift that is rejected at `delta`, with all above it; undefined if none is. */
  bound(rung: number, delta: number): number | undefined {
    const needed = Math.log(1 / delta);
    let bound: number | undefined;
    for (let s = this.#shifts.length - 1; s >= 0 && this.peak(rung, s) >= needed; s--)
      bound = this.#shifts[s];
    return bound;
  }

  state(): WealthsState {
    return {
      weights: [...this.#weights],
      logs: [...this.#logs],
      peaks: [...this.#peaks],
      rows: [...this.#rows],
      sums: [...this.#sums],
      squares: [...this.#squares],
    };
  }

  restore(state: WealthsState): void {
    fill('weights', this.#weights, state.weights);
    fill('logs', this.#logs, state.logs);
    fill('peaks', this.#peaks, state.peaks);
    fill('rows', this.#rows, state.rows);
    fill('sums', this.#sums, state.sums);
    fill('squares', this.#squares, state.squares);
  }
}

/** Throws RangeError unless the stored numbers are finite and as many as the test has. */
export function fill(name: string, into: Float64Array, from: readonly number[]): void {
  if (!Array.isArray(from) || from.length !== into.length || !from.every(Number.isFinite)) {
    throw new RangeError(
      `The stored ${name} must be ${into.length} finite numbers, of a test with the same rungs.`,
    );
  }
  into.set(from);
}
