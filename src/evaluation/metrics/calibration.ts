/** How far predicted scores are from recorded ones. */
export interface CalibrationError {
  n: number;
  /** Expected calibration error over bins of equal size. */
  ece: number;
  brier: number;
  /** Brier score of predicting the mean for all. */
  constant: number;
}

const bins = 10;

/** Predictions are bounded to 0..1 first, as any probability that is shown is. */
export function calibrationError(predicted: Float64Array, recorded: Float64Array): CalibrationError {
  const n = predicted.length;
  const bounded = predicted.map((value) => Math.max(0, Math.min(1, value)));
  const order = Int32Array.from(bounded, (_, i) => i).sort((a, b) => bounded[a]! - bounded[b]! || a - b);
  let ece = 0;
  for (let bin = 0; bin < bins; bin++) {
    const from = Math.floor((bin * n) / bins);
    const to = Math.floor(((bin + 1) * n) / bins);
    let off = 0;
    for (let at = from; at < to; at++) off += recorded[order[at]!]! - bounded[order[at]!]!;
    ece += Math.abs(off) / n;
  }
  const mean = recorded.reduce((sum, value) => sum + value, 0) / n;
  const squares = (of: (i: number) => number) =>
    recorded.reduce((sum, value, i) => sum + (value - of(i)) ** 2, 0) / n;
  return { n, ece, brier: squares((i) => bounded[i]!), constant: squares(() => mean) };
}
