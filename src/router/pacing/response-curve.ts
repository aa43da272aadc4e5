/** One way of answering a request, as the decision weighs it. */
export interface PacedOption {
  /** The candidate, or a name of the plan. */
  id: string;
  /** Expected cost in nano-USD. */
  costNano: number;
  /** The cost that candidates are compared at, where that is another one: a warm cache counts for later calls too. */
  comparedNano?: number | undefined;
  /** What it is likely to cost, after what answers of it have cost so far. */
  likelyNano: number;
  /** Expected loss against the reference, 0..1. */
  loss: number;
}

/** Prices of quality that are tried, USD per whole answer: from below any price of a token to above any answer. */
const lambdaMinUsd = 1e-7;
const decades = 11;
const perDecade = 8;
const points = decades * perDecade + 1;

/** Requests that the curve remembers: what 1,000 requests cost on average is known to a few per cent even where costs are heavy-tailed. */
const rememberedRequests = 1_000;

export interface CurveMemory {
  weight: number;
  cheapest: number;
  spend: number[];
}

/**
 * What a request costs on average at each price of quality: for every request that is decided the curve finds out what would have been
 * chosen at other prices too. That makes the price that spends a given amount something to look up, not something to search
 * for with the money.
 */
export class ResponseCurve {
  /** Decayed number of requests and sums of nano-USD, all with the same weights. */
  private weight = 0;
  private cheapest = 0;
  private readonly spend = new Float64Array(points);

  constructor(memory?: CurveMemory) {
    if (memory?.spend.length !== points) return;
    this.weight = memory.weight;
    this.cheapest = memory.cheapest;
    this.spend.set(memory.spend);
  }

  get known(): boolean {
    return this.weight > 0;
  }

  /** Mean likely cost of a request where quality is worth nothing. */
  get cheapestNano(): number {
    return this.weight === 0 ? 0 : this.cheapest / this.weight;
  }

  /** Mean likely cost of a request where quality is worth anything. */
  get dearestNano(): number {
    return this.weight === 0 ? 0 : this.spend[points - 1]! / this.weight;
  }

  note(options: readonly PacedOption[]): void {
    if (options.length === 0) return;
    const keep = 1 - 1 / rememberedRequests;
    this.weight = this.weight * keep + 1;
    this.cheapest = this.cheapest * keep + bestAt(options, 0).likelyNano;
    for (let i = 0; i < points; i++) {
      this.spend[i] = this.spend[i]! * keep + bestAt(options, lambdaAt(i)).likelyNano;
    }
  }

  /** Mean likely cost of a request at a price of quality; between the points of the curve in proportion. */
  spendAt(lambdaUsd: number): number {
    if (this.weight === 0) return 0;
    if (lambdaUsd <= 0) return this.cheapestNano;
    const at = Math.log10(lambdaUsd / lambdaMinUsd) * perDecade;
    if (at <= 0) return this.spend[0]! / this.weight;
    if (at >= points - 1) return this.dearestNano;
    const below = Math.floor(at);
    const part = at - below;
    return (this.spend[below]! * (1 - part) + this.spend[below + 1]! * part) / this.weight;
  }

  /** The least price of quality at which a request costs so much on average; 0 where even the cheapest way costs more. */
  lambdaFor(spendNano: number): number {
    const wanted = spendNano * this.weight;
    if (wanted <= this.cheapest) return 0;
    let before = this.cheapest;
    for (let i = 0; i < points; i++) {
      const here = this.spend[i]!;
      if (here >= wanted) {
        if (i === 0 || here <= before) return lambdaAt(i);
        const part = Math.max(0, Math.min(1, (wanted - before) / (here - before)));
        return lambdaAt(i - 1 + part);
      }
      before = here;
    }
    // More than can be spent: nothing has to be saved, whatever a decision weighs beside what the curve knows.
    return lambdaAt(points - 1);
  }

  memory(): CurveMemory {
    return { weight: this.weight, cheapest: this.cheapest, spend: [...this.spend] };
  }
}

function lambdaAt(point: number): number {
  return lambdaMinUsd * 10 ** (point / perDecade);
}

/** What a decision at this price takes: least expected cost + λ × loss. */
export function bestAt(options: readonly PacedOption[], lambdaUsd: number): PacedOption {
  const lambdaNano = lambdaUsd * 1e9;
  let best = options[0]!;
  let least = (best.comparedNano ?? best.costNano) + lambdaNano * best.loss;
  for (let i = 1; i < options.length; i++) {
    const option = options[i]!;
    const value = (option.comparedNano ?? option.costNano) + lambdaNano * option.loss;
    if (value < least) {
      best = option;
      least = value;
    }
  }
  return best;
}
