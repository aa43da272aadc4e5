import { LadderTest, type LadderTestOptions } from './ladder-test.ts';
import { fill } from './wealths.ts';

/** Labels that are imagined before there are any, so that the first few do not decide how far the judge is believed. */
const imaginedLabels = 20;
const imaginedSquare = 0.05;
const imaginedProduct = 0.03;

/** What people said of a pair that was drawn for it. */
export interface PersonsExcess {
  /** Of each rung, as a judge's. */
  excess: ArrayLike<number>;
}

interface RectifiedState {
  test: ReturnType<LadderTest['state']>;
  squares: number[];
  products: number[];
  residuals: number[];
  labels: number;
  least: number;
}

/**
 * A ladder test on a judge's grades that people correct: of pairs drawn with probability a, a label is known beside the grade, and what is tested is z = λ·grade + (drawn / a)·(label − λ·grade). Its mean is that of the labels
 * alone, whatever the judge says, so that a bad judge costs power and never validity; a good one makes it vary less (prediction-powered inference, Angelopoulos et al., Science 382, 2023; power-tuned, arXiv 2311.01453; with e-values,
 * arXiv 2502.04294). λ is set from the labels before, by least squares.
 *
 * Pairs come in the order of their requests; one that was drawn for a label waits, with all after it, until the label is there.
 */
export class RectifiedTest {
  readonly ladder: LadderTest;
  readonly #quality: number;
  readonly #squares: Float64Array;
  readonly #products: Float64Array;
  readonly #residuals: Float64Array;
  #labels = 0;
  #least: number;

  /** @param labelsLeast people are asked with at least this probability */
  constructor(options: LadderTestOptions, labelsLeast: number) {
    this.#least = labelsLeast;
    this.ladder = new LadderTest(options);
    this.#quality = options.quality;
    this.#squares = new Float64Array(options.rungs).fill(imaginedLabels * imaginedSquare);
    this.#products = new Float64Array(options.rungs).fill(imaginedLabels * imaginedProduct);
    this.#residuals = new Float64Array(options.rungs).fill(imaginedLabels * imaginedSquare);
    this.setLabelsLeast(labelsLeast);
  }

  /** Labels that were counted. */
  get labels(): number {
    return this.#labels;
  }

  /** How far the judge is believed at a rung, 0..1. */
  trust(rung: number): number {
    return Math.min(1, Math.max(0, this.#products[rung]! / this.#squares[rung]!));
  }

  /**
   * One pair.
   *
   * @param weight 0..1, fixed before its draw
   * @param judged excess of each rung by the judge, quality − 2..quality; those before `from` are known without a pair and not read
   * @param labelPropensity P(people are asked), at least the least that was said, at most 1, fixed before
   * @param person undefined where it was not drawn for a label
   * @param exact rungs whose grade is no judge's: it needs no correction
   * @returns the corrected excess of each rung
   */
  add(
    weight: number,
    judged: ArrayLike<number>,
    from: number,
    labelPropensity: number,
    person: PersonsExcess | undefined,
    exact?: ArrayLike<boolean>,
  ): Float64Array {
    if (!(labelPropensity >= this.#least && labelPropensity <= 1))
      throw new RangeError(`The probability of a label must be between ${this.#least} and 1.`);
    const { rungs } = this.ladder;
    const rectified = new Float64Array(rungs);
    for (let rung = from; rung < rungs; rung++) {
      if (exact?.[rung] === true) {
        rectified[rung] = judged[rung]!;
        continue;
      }
      const grade = this.trust(rung) * judged[rung]!;
      const correction = person === undefined ? 0 : (person.excess[rung]! - grade) / labelPropensity;
      rectified[rung] = grade + correction;
    }
    this.ladder.add(weight, rectified, from);
    if (person === undefined) return rectified;
    this.#labels += 1;
    for (let rung = from; rung < rungs; rung++) {
      if (exact?.[rung] === true) continue;
      this.#residuals[rung]! += (person.excess[rung]! - this.trust(rung) * judged[rung]!) ** 2;
      this.#squares[rung]! += judged[rung]! ** 2;
      this.#products[rung]! += judged[rung]! * person.excess[rung]!;
    }
    this.#stake();
    return rectified;
  }

  /** The most that a corrected excess of the rung can be now. */
  top(rung: number): number {
    const quality = this.#quality;
    const least = this.#least;
    return (quality + this.trust(rung) * (2 - quality) * (1 - least)) / least;
  }

  /** Mean square of what a label differs by from the judge as far as it is believed: what is left for people to say. */
  residual(rung: number): number {
    return this.#residuals[rung]! / (imaginedLabels + this.#labels);
  }

  /** From the next pair on, people are asked with at least this probability: 0 < least ≤ 1. */
  setLabelsLeast(least: number): void {
    if (!(least > 0 && least <= 1))
      throw new RangeError('The probability of a label must be above 0 and at most 1.');
    this.#least = least;
    this.#stake();
  }

  /** The most that a rectified excess can be: a label of the quality where the judge said the opposite. */
  #stake(): void {
    const tops = new Float64Array(this.ladder.rungs);
    for (let rung = 0; rung < tops.length; rung++) tops[rung] = this.top(rung);
    this.ladder.setTops(tops);
  }

  /** A request for which the first rungs call the reference. */
  addKnown(weight: number, rungs: number): void {
    this.ladder.addKnown(weight, rungs);
  }

  state(): RectifiedState {
    return {
      test: this.ladder.state(),
      squares: [...this.#squares],
      products: [...this.#products],
      residuals: [...this.#residuals],
      labels: this.#labels,
      least: this.#least,
    };
  }

  /** False where the value is no state of a test with as many rungs; the test is then not to be used. */
  restore(value: unknown): boolean {
    const { test, squares, products, residuals, labels, least } = (value ?? {}) as Partial<RectifiedState>;
    if (!this.ladder.restore(test) || !Number.isInteger(labels)) return false;
    if (!(least! > 0 && least! <= 1)) return false;
    try {
      fill('squares', this.#squares, squares!);
      fill('products', this.#products, products!);
      fill('residuals', this.#residuals, residuals!);
    } catch {
      return false;
    }
    this.#labels = labels!;
    this.setLabelsLeast(least!);
    return true;
  }
}
