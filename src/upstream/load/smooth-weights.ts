export interface Weighted {
  id: string;
  weight: number;
}

/** How far one's turn may be put off, in rounds, after it was called out of turn. */
const arrearsMax = 2;

/**
 * Turns by weight, spread evenly instead of in runs (the smooth weighted round robin of nginx): each round everyone gains its weight, and who
 * has most goes and gives back the sum. A random start keeps several gateways from marching in step.
 */
export class SmoothWeights {
  private readonly standing = new Map<string, number>();
  private readonly random: () => number;

  /** @param random in [0, 1) */
  constructor(random: () => number) {
    this.random = random;
  }

  /** Everybody, whose turn it is first. `outOfTurn` goes first anyway, and its turn is over too. */
  next(entries: readonly Weighted[], outOfTurn?: string): string[] {
    let sum = 0;
    for (const { id, weight } of entries) {
      this.standing.set(id, (this.standing.get(id) ?? this.random() * weight) + weight);
      sum += weight;
    }
    const order = entries
      .map(({ id }) => id)
      .sort(
        (a, b) =>
          Number(b === outOfTurn) - Number(a === outOfTurn) || this.standing.get(b)! - this.standing.get(a)!,
      );
    const first = order[0];
    if (first !== undefined)
      this.standing.set(first, Math.max(this.standing.get(first)! - sum, -sum * arrearsMax));
    return order;
  }

  forget(id: string): void {
    this.standing.delete(id);
  }
}
