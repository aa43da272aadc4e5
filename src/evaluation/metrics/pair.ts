/**
 * Metrics of a router between a cheap model W and a reference S, from recorded outcomes of both on the same prompts. They are
 * RouteLLM's (arXiv 2406.18665): prompts are sorted by the router's score, the top share c goes to S, r(c) is the mean
 * quality, PGR(c) = (r(c) − mean w) / (mean s − mean w), APGR its integral over c by trapezoids, CPT(x) the least c with PGR ≥ x.
 * Prompts of equal score have no order: inside such a group the curve is the expectation over orders, a straight line, so a constant
 * score is exactly the random mix.
 */
export interface PairSample {
  /** Scores of the cheap model and the reference, 0..1. */
  cheap: Float64Array;
  reference: Float64Array;
  cheapUsd: Float64Array;
  referenceUsd: Float64Array;
  /** The router's wish to use the reference; only the order counts. */
  routerScore: Float64Array;
}

export interface PairMetrics {
  /** Undefined when the two models' mean qualities are equal: there is no gap to recover. */
  apgr: number | undefined;
  cpt50: number | undefined;
  cpt80: number | undefined;
  /** 1 − cost / cost of always S, at the least cost whose quality is at least 95, 98, 100 % of S; undefined if out of reach. */
  save: { 95: number; 98: number; 100: number };
}

export const saveTargets = [95, 98, 100] as const;
export type SaveTarget = (typeof saveTargets)[number];

/** Row numbers by falling router score; ties stay in row order. */
export function orderByScore(routerScore: Float64Array): Int32Array {
  const order = Int32Array.from(routerScore, (_, i) => i);
  return order.sort((a, b) => routerScore[b]! - routerScore[a]! || a - b);
}

/**
 * Computes the metrics with a weight (a multiplicity) per row, as the bootstrap needs them; `order` comes from `orderByScore`.
 */
export function pairMetrics(sample: PairSample, order: Int32Array, weight?: Float64Array): PairMetrics {
  const { cheap, reference, cheapUsd, referenceUsd, routerScore } = sample;
  const n = order.length;
  let total = 0;
  let cheapSum = 0;
  let referenceSum = 0;
  let cost = 0;
  let referenceCost = 0;
  for (let i = 0; i < n; i++) {
    const w = weight === undefined ? 1 : weight[i]!;
    total += w;
    cheapSum += w * cheap[i]!;
    referenceSum += w * reference[i]!;
    cost += w * cheapUsd[i]!;
    referenceCost += w * referenceUsd[i]!;
  }
  const gap = referenceSum - cheapSum;
  const save = new SaveTracker(referenceSum, referenceCost);
  save.point(cheapSum, cost);
  let quality = cheapSum;
  let area = 0;
  let cpt50: number | undefined;
  let cpt80: number | undefined;
  let sent = 0;
  for (let at = 0; at < n; ) {
    // One group of equal scores is one straight segment of the curve.
    const score = routerScore[order[at]!]!;
    let groupRows = 0;
    let groupWeight = 0;
    let groupQuality = 0;
    let groupCost = 0;
    for (; at < n && routerScore[order[at]!]! === score; at++) {
      const row = order[at]!;
      const w = weight === undefined ? 1 : weight[row]!;
      groupRows += 1;
      groupWeight += w;
      groupQuality += w * (reference[row]! - cheap[row]!);
      groupCost += w * (referenceUsd[row]! - cheapUsd[row]!);
    }
    if (groupWeight === 0) continue;
    const from = quality;
    quality += groupQuality;
    area += (groupWeight * (from + quality)) / 2;
    if (gap !== 0) {
      // A group of one has no inside: its share is reached when it has been sent.
      const segment: Segment = {
        from: (from - cheapSum) / gap,
        to: (quality - cheapSum) / gap,
        sent: sent / total,
        share: groupWeight / total,
        divisible: groupRows > 1,
      };
      cpt50 ??= crossing(0.5, segment);
      cpt80 ??= crossing(0.8, segment);
    }
    if (groupRows > 1) save.segment(from, quality, cost, cost + groupCost);
    else save.point(quality, cost + groupCost);
    cost += groupCost;
    sent += groupWeight;
  }
  return {
    apgr: gap === 0 ? undefined : (area / total - cheapSum) / gap,
    cpt50,
    cpt80,
    save: { 95: save.at(95), 98: save.at(98), 100: save.at(100) },
  };
}

/** A piece of the PGR curve. */
interface Segment {
  from: number;
  to: number;
  /** Shares of all prompts: sent before it, and in it. */
  sent: number;
  share: number;
  divisible: boolean;
}

/** Sums of thousands of scores differ in their last bits with the order of adding. */
const rounding = 1e-9;

function crossing(level: number, { from, to, sent, share, divisible }: Segment): number | undefined {
  if (from >= level - rounding) return sent;
  if (to < level - rounding) return undefined;
  return divisible ? sent + (share * (level - from)) / (to - from) : sent + share;
}

/** Least cost at which the curve reaches a share of the reference's quality. */
class SaveTracker {
  readonly #referenceCost: number;
  readonly #needed: number[];
  readonly #least: number[];

  constructor(referenceSum: number, referenceCost: number) {
    this.#referenceCost = referenceCost;
    this.#needed = saveTargets.map((target) => (referenceSum * target) / 100 - rounding * (1 + referenceSum));
    this.#least = saveTargets.map(() => referenceCost);
  }

  point(quality: number, cost: number): void {
    for (let t = 0; t < saveTargets.length; t++) {
      if (quality >= this.#needed[t]! && cost < this.#least[t]!) this.#least[t] = cost;
    }
  }

  segment(fromQuality: number, toQuality: number, fromCost: number, toCost: number): void {
    this.point(toQuality, toCost);
    for (let t = 0; t < saveTargets.length; t++) {
      const needed = this.#needed[t]!;
      if (fromQuality >= needed || toQuality <= needed) continue;
      const cost = fromCost + ((toCost - fromCost) * (needed - fromQuality)) / (toQuality - fromQuality);
      if (cost < this.#least[t]!) this.#least[t] = cost;
    }
  }

  at(target: SaveTarget): number {
    const least = this.#least[saveTargets.indexOf(target)]!;
    return this.#referenceCost === 0 ? 0 : 1 - least / this.#referenceCost;
  }
}
