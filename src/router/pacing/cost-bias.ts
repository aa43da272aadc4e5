/** Answers over which the ratio is taken, and how many answers as expected it starts from. */
const rememberedAnswers = 500;
const startAnswers = 5;
const optionsMax = 64;
/** An estimate that is further off than this is not one. */
const ratioMax = 100;

export interface BiasMemory {
  options: [id: string, actual: number, expected: number][];
}

/** How much more answers cost than was expected, for each way of answering: a model that talks more than it was taken to is dear in a way its price does not say. */
export class CostBias {
  /** Decayed sums in nano-USD; the least recently settled first. */
  private readonly sums = new Map<string, { actual: number; expected: number }>();

  constructor(memory?: BiasMemory) {
    for (const [id, actual, expected] of memory?.options ?? []) this.sums.set(id, { actual, expected });
  }

  of(id: string): number {
    const sums = this.sums.get(id);
    if (sums === undefined || sums.expected <= 0) return 1;
    return Math.max(1 / ratioMax, Math.min(ratioMax, sums.actual / sums.expected));
  }

  note(id: string, expectedNano: number, actualNano: number): void {
    const start = { actual: startAnswers * expectedNano, expected: startAnswers * expectedNano };
    const { actual, expected } = this.sums.get(id) ?? start;
    const keep = 1 - 1 / rememberedAnswers;
    this.sums.delete(id);
    this.sums.set(id, { actual: actual * keep + actualNano, expected: expected * keep + expectedNano });
    if (this.sums.size <= optionsMax) return;
    const oldest = this.sums.keys().next().value;
    if (oldest !== undefined) this.sums.delete(oldest);
  }

  memory(): BiasMemory {
    return { options: [...this.sums].map(([id, { actual, expected }]) => [id, actual, expected]) };
  }
}
