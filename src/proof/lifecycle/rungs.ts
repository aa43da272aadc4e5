/** Rungs of a ladder. */
export const rungsOfLadder = 20;
/** With fewer requests seen their quantiles are chance. */
const flipsMin = 50;
const flipsKeptMax = 2000;
const digits = 4;

/**
 * Where the requests of a route flip from the reference to something cheaper, as a bounded uniform sample (reservoir sampling, Vitter 1985, algorithm R): what rungs are laid
 * by. A request that nobody cheaper can serve never flips.
 */
export class FlipSample {
  #seen = 0;
  readonly #flips: number[] = [];
  readonly #random: () => number;

  /** @param random in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  get seen(): number {
    return this.#seen;
  }

  add(flip: number | undefined): void {
    this.#seen += 1;
    const value = flip ?? Number.POSITIVE_INFINITY;
    if (this.#flips.length < flipsKeptMax) {
      this.#flips.push(value);
      return;
    }
    const at = Math.floor(this.#random() * this.#seen);
    if (at < flipsKeptMax) this.#flips[at] = value;
  }

  /**
   * Allowances at which one more twentieth of the requests goes cheap on each rung, rising, without repeats; undefined with too few requests, and where none could go
   * cheap.
   */
  allowances(): number[] | undefined {
    if (this.#flips.length < flipsMin) return undefined;
    const sorted = [...this.#flips].sort((a, b) => a - b);
    const rungs: number[] = [];
    for (let rung = 1; rung <= rungsOfLadder; rung++) {
      const flip = sorted[Math.ceil((rung / rungsOfLadder) * sorted.length) - 1]!;
      if (!Number.isFinite(flip)) break;
      const allowance = justAbove(flip);
      if (allowance > (rungs.at(-1) ?? Number.NEGATIVE_INFINITY)) rungs.push(allowance);
    }
    return rungs.length === 0 ? undefined : rungs;
  }

  state(): unknown {
    return { seen: this.#seen, flips: this.#flips.map((flip) => (Number.isFinite(flip) ? flip : null)) };
  }

  /** False, and nothing is changed, where the value is no such state. */
  restore(value: unknown): boolean {
    const { seen, flips } = (value ?? {}) as { seen?: unknown; flips?: unknown };
    if (typeof seen !== 'number' || !Array.isArray(flips) || flips.length > flipsKeptMax) return false;
    const read = flips.map((flip) => (flip === null ? Number.POSITIVE_INFINITY : Number(flip)));
    if (read.some(Number.isNaN)) return false;
    this.#seen = seen;
    this.#flips.splice(0, this.#flips.length, ...read);
    return true;
  }
}

/** Short to store, and never below the flip itself: the request that it came from is to be on the rung. */
function justAbove(flip: number): number {
  if (flip === 0) return 1e-9;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(flip))) - digits + 1);
  return Number((Math.ceil(flip / step) * step).toPrecision(digits + 2));
}
