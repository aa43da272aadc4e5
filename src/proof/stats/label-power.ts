/** Logarithms of capital that adaptive bets lose against the best fixed one, about. */
const bettingCost = 1.5;

export interface LabelPower {
  /** Of the test's error. */
  delta: number;
  /** To keep, 0.5..1. */
  quality: number;
  /** Mean square of what people's labels differ by from the judge as far as it is believed. */
  residual: number;
}

/**
 * Labels that a test takes, about, when the true mean loss is `margin` below what is allowed: a capital that bets on a mean −μ of variance σ² and top b grows by about μ²/(2σ²), and no faster than μ/(2b) allows; with labels drawn with probability a both σ² and b
 * grow as 1/a, so that a falls out. The simulation beside it is `bench:proof`.
 */
export function labelsNeeded(margin: number, { delta, quality, residual }: LabelPower): number {
  if (!(margin > 0)) return Number.POSITIVE_INFINITY;
  const needed = Math.log(1 / delta) + bettingCost;
  return Math.ceil(needed * ((2 * residual) / margin ** 2 + (2 * quality) / margin));
}

/** The smallest mean loss that so many labels can be expected to certify of a candidate that loses nothing, 0..1. */
export function smallestLoss(labels: number, power: Omit<LabelPower, 'quality'>): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (labelsNeeded(middle, { ...power, quality: 1 - middle }) <= labels) high = middle;
    else low = middle;
  }
  return high;
}
