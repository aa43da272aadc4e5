/** Share of a stratum over the mean share, at least and at most: weights are at least a quarter then, so that no pair counts for next to nothing. */
const factorMin = 0.5;
const factorMax = 2;
/** Pairs of the whole route that each stratum imagines before it has its own. */
const imaginedPairs = 20;
const imaginedSquare = 0.05;
const strataMax = 200;
/** A billionth of a dollar is the smallest that is counted. */
const usdMin = 1e-9;

interface Stratum {
  requests: number;
  pairs: number;
  /** Sum over its pairs of the squared loss, 0..1 each. */
  squares: number;
  costUsd: number;
}

export interface DrawShare {
  /** P(drawn) of the request's stratum now. */
  propensity: number;
  /** The smallest of any stratum now. */
  least: number;
}

/**
 * How large a share of each kind of request is drawn: in proportion to √(mean squared loss / cost of a pair), where a dollar teaches most (Neyman, JRSS 97, 1934), within bounds and
 * with the mean that is asked for. Shares rest on the past alone, so that the tests hold whatever they are.
 */
export class StratumShares {
  readonly #strata = new Map<string, Stratum>();
  readonly #all: Stratum = { requests: 0, pairs: 0, squares: 0, costUsd: 0 };

  /** A request that could be drawn. */
  seen(stratum: string): void {
    this.#all.requests += 1;
    const known = this.#of(stratum);
    if (known !== undefined) known.requests += 1;
  }

  /**
   * One was drawn and graded.
   *
   * @param square of its loss, 0..1
   */
  paired(stratum: string, square: number, costUsd: number): void {
    for (const one of [this.#all, this.#of(stratum)]) {
      if (one === undefined) continue;
      one.pairs += 1;
      one.squares += Math.min(1, square);
      one.costUsd += costUsd;
    }
  }

  /**
   * @param mean share of all requests to draw, above 0, at most 1
   * @param floor that no share goes below
   */
  share(stratum: string, mean: number, floor: number): DrawShare {
    const worth = (one: Stratum | undefined): number => this.#worth(one);
    const usual = worth(undefined);
    let norm = 0;
    let requests = 0;
    for (const one of this.#strata.values()) {
      norm += one.requests * worth(one);
      requests += one.requests;
    }
    norm = requests === 0 ? usual : norm / requests;
    const shareOf = (one: Stratum | undefined): number => {
      const factor = Math.min(factorMax, Math.max(factorMin, worth(one) / norm));
      return Math.min(1, Math.max(floor, mean * factor));
    };
    // Strata that were never seen are drawn as usual, so theirs may be the least too.
    let least = shareOf(undefined);
    for (const one of this.#strata.values()) least = Math.min(least, shareOf(one));
    return { propensity: shareOf(this.#strata.get(stratum)), least };
  }

  /** What a pair has cost so far in the mean; undefined before the first. */
  get pairUsd(): number | undefined {
    return this.#all.pairs === 0 ? undefined : this.#all.costUsd / this.#all.pairs;
  }

  state(): unknown {
    return { strata: [...this.#strata], all: this.#all };
  }

  /** False, and nothing is changed, where the value is no such state. */
  restore(value: unknown): boolean {
    const { strata, all } = (value ?? {}) as { strata?: unknown; all?: unknown };
    if (!Array.isArray(strata) || strata.length > strataMax || !isStratum(all)) return false;
    for (const row of strata as unknown[])
      if (!Array.isArray(row) || typeof row[0] !== 'string' || !isStratum(row[1])) return false;
    this.#strata.clear();
    for (const [name, stratum] of strata as [string, Stratum][]) this.#strata.set(name, { ...stratum });
    Object.assign(this.#all, all);
    return true;
  }

  #worth(one: Stratum | undefined): number {
    const { pairs, squares, costUsd } = this.#all;
    const square = (imaginedPairs * imaginedSquare + squares) / (imaginedPairs + pairs);
    const cost = pairs === 0 ? 0 : costUsd / pairs;
    if (one === undefined) return worthOf(square, cost);
    const weight = imaginedPairs + one.pairs;
    return worthOf(
      (imaginedPairs * square + one.squares) / weight,
      (imaginedPairs * cost + one.costUsd) / weight,
    );
  }

  #of(name: string): Stratum | undefined {
    let stratum = this.#strata.get(name);
    if (stratum === undefined && this.#strata.size < strataMax) {
      stratum = { requests: 0, pairs: 0, squares: 0, costUsd: 0 };
      this.#strata.set(name, stratum);
    }
    return stratum;
  }
}

/** Pairs that cost nothing, as of models of one's own, are all as dear. */
const worthOf = (square: number, costUsd: number): number => Math.sqrt(square / Math.max(costUsd, usdMin));

function isStratum(value: unknown): value is Stratum {
  const { requests, pairs, squares, costUsd } = (value ?? {}) as { [name: string]: unknown };
  return [requests, pairs, squares, costUsd].every((one) => Number.isFinite(one) && Number(one) >= 0);
}
