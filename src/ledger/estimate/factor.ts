/** Observations older than about so many count for little, so that a changed upstream is learned again. */
const memory = 64;

/** No answer or prompt is longer, in tokens or in anything that goes with them. */
export const plausibleMax = 1e8;
/** Beyond this, one way or the other, y is not about x: hidden reasoning, images, an upstream that counts wrongly. */
const ratioMax = 50;

/** What is expected before anything was seen, worth as much as pairs whose x sum to `weight`. */
export interface Prior {
  factor: number;
  weight: number;
}

/**
 * Learns y ≈ factor × x from pairs. The factor is the ratio of the sums, so long answers weigh more than short ones, whose
 * rounding and constant extras say little about the rate.
 */
export class Factor {
  readonly #prior: Prior | undefined;
  #observations = 0;
  /** Sum of x, which is also the weight of each ratio. */
  #weight = 0;
  #mean = 0;
  /** Weighted sum of squared deviations of the ratios from their mean. */
  #deviation = 0;

  constructor(prior?: Prior) {
    this.#prior = prior;
  }

  get observations(): number {
    return this.#observations;
  }

  /** Undefined before the first observation. */
  get value(): number | undefined {
    if (this.#observations === 0) return undefined;
    const { factor, weight } = this.#prior ?? { factor: 0, weight: 0 };
    return (this.#mean * this.#weight + factor * weight) / (this.#weight + weight);
  }

  /** Variance of the ratio over its squared mean; infinite until there are two to compare. */
  get relativeVariance(): number {
    if (this.#observations < 2 || this.#mean === 0) return Number.POSITIVE_INFINITY;
    return this.#deviation / this.#weight / this.#mean ** 2;
  }

  /** Ignores pairs that have no plausible ratio: one absurd report would spoil every estimate after it. */
  observe(x: number, y: number): void {
    if (!isPlausible(x) || !isPlausible(y)) return;
    const ratio = y / x;
    if (ratio > ratioMax || ratio < 1 / ratioMax) return;
    const kept = 1 - 1 / memory;
    this.#observations += 1;
    this.#weight = this.#weight * kept + x;
    this.#deviation *= kept;
    const step = ratio - this.#mean;
    this.#mean += (step * x) / this.#weight;
    this.#deviation += x * step * (ratio - this.#mean);
  }
}

/** Whether something was counted, and not more than there can be. False for what is no number. */
export function isPlausible(count: number): boolean {
  return count > 0 && count <= plausibleMax;
}
