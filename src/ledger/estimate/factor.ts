/** Observations older than about so many count for little, so that a changed upstream is learned again. */
const memory = 64;

/**
 * Learns y ≈ factor × x from pairs. The factor is the ratio of the sums, so long answers weigh more than short ones, whose
 * rounding and constant extras say little about the rate.
 */
export class Factor {
  #observations = 0;
  /** Sum of x, which is also the weight of each ratio. */
  #weight = 0;
  #mean = 0;
  /** Weighted sum of squared deviations of the ratios from their mean. */
  #deviation = 0;

  get observations(): number {
    return this.#observations;
  }

  /** Undefined before the first observation. */
  get value(): number | undefined {
    return this.#observations === 0 ? undefined : this.#mean;
  }

  /** Variance of the ratio over its squared mean; infinite until there are two to compare. */
  get relativeVariance(): number {
    if (this.#observations < 2 || this.#mean === 0) return Number.POSITIVE_INFINITY;
    return this.#deviation / this.#weight / this.#mean ** 2;
  }

  /** Ignores pairs that have no ratio. */
  observe(x: number, y: number): void {
    if (!(x > 0) || !(y > 0)) return;
    const kept = 1 - 1 / memory;
    const ratio = y / x;
    this.#observations += 1;
    this.#weight = this.#weight * kept + x;
    this.#deviation *= kept;
    const step = ratio - this.#mean;
    this.#mean += (step * x) / this.#weight;
    this.#deviation += x * step * (ratio - this.#mean);
  }
}
