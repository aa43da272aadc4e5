/** How one model's answer to one request turned out, as somebody graded it, with what it takes to learn from it. */
export interface GradedOutcome {
  requestId: string;
  /** As the router learns of it: a model's name, with its effort preset where there is one. */
  model: string;
  /** Who graded it. One grade stands for each request, model and source. */
  source: string;
  /** 0..1. */
  score: number;
  atMs: number;
  /** What the decision was made of, as JSON; no text of the request. */
  subject: string;
}

export interface StoredOutcome extends GradedOutcome {
  /** Grows with each that is stored. */
  at: number;
}

export interface StoredCounts {
  added: number;
  /** The same grade was there. */
  unchanged: number;
  /** Another grade was there, which the new one stands in for. */
  changed: number;
}

/** Where graded outcomes are kept, the newest of them. Calls reject with `store_unavailable`. */
export interface OutcomeStore {
  /**
   * Stores all or nothing, then drops the oldest beyond `keptMax`. Where a grade is changed, what was learned under `learnedName` is dropped with it: it holds
   * the grade that stands no more.
   */
  put(
    outcomes: readonly GradedOutcome[],
    options: { keptMax: number; learnedName: string },
  ): Promise<StoredCounts>;
  /** Those stored after this place, oldest first. */
  after(at: number, limit: number): Promise<StoredOutcome[]>;
  count(): Promise<number>;
}
