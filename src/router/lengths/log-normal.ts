/** Mathematics of log-normal lengths: `location` and `spread` are the mean and the standard deviation of the logarithm. */

const sqrtTwoPi = Math.sqrt(2 * Math.PI);

/** Density of the standard normal distribution. */
function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / sqrtTwoPi;
}

/** P(Z ≤ z); absolute error below 1e-7 (Abramowitz and Stegun, 26.2.17). */
function normalBelow(z: number): number {
  if (z < 0) return 1 - normalBelow(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - normalDensity(z) * series;
}

/** Beyond this the quotient of density and tail loses its digits; its asymptote takes over. */
const tailFrom = 5;

/** Density at z over P(Z > z): how fast what has lasted until z ends there. */
export function hazard(z: number): number {
  if (z > tailFrom) return z + 1 / z - 2 / z ** 3;
  return normalDensity(z) / (1 - normalBelow(z));
}

export function logNormalMean(location: number, spread: number): number {
  return Math.exp(location + (spread * spread) / 2);
}

/** E[min(Y, cap)]: what is expected of answers that are cut at `cap`. */
export function cappedMean(location: number, spread: number, cap: number): number {
  const z = (Math.log(cap) - location) / spread;
  const below = logNormalMean(location, spread) * normalBelow(z - spread);
  return Math.min(cap, below + cap * (1 - normalBelow(z)));
}

/** P(Y > at). */
export function shareAbove(location: number, spread: number, at: number): number {
  return normalBelow((location - Math.log(at)) / spread);
}

/** E[Y | Y > at]: how long what was cut at `at` would have become. */
export function meanBeyond(location: number, spread: number, at: number): number {
  const z = (Math.log(at) - location) / spread;
  // Far out in the tail both parts vanish; the excess there is about at × spread / z.
  if (z > tailFrom) return at * (1 + spread / z);
  const beyond = (logNormalMean(location, spread) * normalBelow(spread - z)) / normalBelow(-z);
  return Math.max(at, beyond);
}
