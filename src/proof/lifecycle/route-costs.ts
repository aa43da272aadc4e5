import { type Decision, type LadderSteps, stepAt } from '../../router/index.ts';
import { nanoPerUsd } from '../../std/index.ts';

/** What the requests of a policy are expected to cost on each rung, beside the reference: sums of USD over requests whose prices are known. */
export class RouteCosts {
  #requests = 0;
  #referenceUsd = 0;
  readonly #rungsUsd: Float64Array;
  readonly #cheap: Float64Array;

  constructor(rungs: number) {
    this.#rungsUsd = new Float64Array(rungs);
    this.#cheap = new Float64Array(rungs);
  }

  get requests(): number {
    return this.#requests;
  }

  add({ candidates, reference }: Decision, ladder: LadderSteps): void {
    const usd = new Map(
      candidates.map(({ candidate, cost }) => [candidate, cost && cost.totalNano / nanoPerUsd]),
    );
    const dear = usd.get(reference);
    if (dear === undefined) return;
    this.#requests += 1;
    this.#referenceUsd += dear;
    for (let rung = 0; rung < this.#rungsUsd.length; rung++) {
      const candidate = stepAt(ladder, rung) ?? reference;
      this.#rungsUsd[rung]! += usd.get(candidate) ?? dear;
      if (candidate !== reference) this.#cheap[rung]! += 1;
    }
  }

  /** Share of the reference's cost that the rung saves, 0..1; undefined before the first request. */
  savedShare(rung: number): number | undefined {
    const cost = this.#rungsUsd[rung];
    return cost === undefined || this.#referenceUsd <= 0 ? undefined : 1 - cost / this.#referenceUsd;
  }

  /** Share of requests that the rung sends to a cheaper candidate, 0..1. */
  cheapShare(rung: number): number | undefined {
    const cheap = this.#cheap[rung];
    return cheap === undefined || this.#requests === 0 ? undefined : cheap / this.#requests;
  }

  state(): unknown {
    return {
      requests: this.#requests,
      referenceUsd: this.#referenceUsd,
      rungsUsd: [...this.#rungsUsd],
      cheap: [...this.#cheap],
    };
  }

  /** False, and nothing is changed, where the value is no state of as many rungs. */
  restore(value: unknown): boolean {
    const { requests, referenceUsd, rungsUsd, cheap } = (value ?? {}) as { [name: string]: unknown };
    if (typeof requests !== 'number' || typeof referenceUsd !== 'number') return false;
    if (!isNumbers(rungsUsd, this.#rungsUsd.length) || !isNumbers(cheap, this.#cheap.length)) return false;
    this.#requests = requests;
    this.#referenceUsd = referenceUsd;
    this.#rungsUsd.set(rungsUsd);
    this.#cheap.set(cheap);
    return true;
  }
}

const isNumbers = (value: unknown, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every((one) => Number.isFinite(one));
