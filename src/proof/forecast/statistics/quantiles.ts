/** P(Z ≤ z) of the standard normal distribution; relative error below 1.2e-7 (Press et al., Numerical Recipes, `erfc`). */
export function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const series = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = 0.5 * t * Math.exp(-x * x + series);
  return z >= 0 ? 1 - tail : tail;
}

/** The z with P(Z ≤ z) = p, 0 < p < 1, by bisection: exact enough and never called in a loop that matters. */
export function normalQuantile(p: number): number {
  let [low, high] = [-10, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The t with P(T ≤ t) = p for `degrees` of freedom, at least 1: by bisection on the distribution, which is integrated by Simpson's rule after
 * x = √ν tan θ, where the density is a power of a cosine.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (degrees > 1000) return normalQuantile(p);
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  const whole = cosinePower(Math.PI / 2, degrees - 1);
  let [low, high] = [0, Math.PI / 2];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (0.5 + (0.5 * cosinePower(middle, degrees - 1)) / whole < p) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan((low + high) / 2);
}

/** ∫₀^to cos(θ)^power dθ */
function cosinePower(to: number, power: number): number {
  const steps = 400;
  const width = to / steps;
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    sum += weight * Math.max(0, Math.cos(step * width)) ** power;
  }
  return (sum * width) / 3;
}
