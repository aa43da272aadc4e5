/** What one way of answering a request is expected to cost and to lose, as the router estimated it. */
export interface ForecastOption {
  /** Index among the candidates of the forecast. */
  candidate: number;
  /** Expected loss against the reference, −1..1. */
  loss: number;
  /** Half of the 95 % interval of that expectation. */
  lossHalf: number;
  /** P(right), 0..1. */
  quality: number;
  usd: number;
  /** What the decision expected to save against the reference: who is called follows from this, what is saved from `usd`. */
  savedUsd: number;
}

/** One request of the log, in numbers: what estimating needs, and no text. */
export interface ForecastRow {
  /** Of the reference's answer: as the log tells it, else as expected. */
  referenceUsd: number;
  /** P(right) of the reference, 0..1. */
  referenceQuality: number;
  /** Whether the log tells what the reference's answer cost, so that nothing about it is a guess. */
  referenceKnown: boolean;
  /** Requests of one session depend on each other. */
  session: string;
  /** Those with a known price; the reference is not among them. */
  options: ForecastOption[];
}

/** The mean with an interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** One point of the ladder: what the next traffic saves and keeps under it. */
export interface RungForecast {
  rung: number;
  /** Expected loss that a saved USD may cost (1 / λ). */
  allowance: number;
  /** Share of requests that go to a cheaper candidate. */
  cheapShare: number;
  /** Share of the reference's cost. */
  saving: Interval;
  /** Quality retained: 1 − mean loss per request against the reference. */
  quality: Interval;
}
