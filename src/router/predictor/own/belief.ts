/**
 * A Gaussian belief about the weights of a linear score, with every covariance: labels are few and features overlap, so that what one label says of one
 * weight says something of many others. The lower triangle is packed row by row, so that a weight can be added at the end.
 */
export interface Belief {
  mean: Float64Array;
  covariance: Float64Array;
  /** Variances before anything was learned; weights are independent then. */
  prior: Float64Array;
}

export const packedLength = (size: number) => (size * (size + 1)) / 2;

/** Index of a weight's own variance. */
const diagonal = (i: number) => packedLength(i + 1) - 1;

export function newBelief(prior: Float64Array): Belief {
  const covariance = new Float64Array(packedLength(prior.length));
  prior.forEach((variance, i) => {
    covariance[diagonal(i)] = variance;
  });
  return { mean: new Float64Array(prior.length), covariance, prior };
}

/** Adds weights of which nothing is known yet. */
export function grow(belief: Belief, more: Float64Array): void {
  const before = belief.prior.length;
  const prior = extended(belief.prior, before + more.length);
  prior.set(more, before);
  belief.prior = prior;
  belief.mean = extended(belief.mean, prior.length);
  belief.covariance = extended(belief.covariance, packedLength(prior.length));
  more.forEach((variance, i) => {
    belief.covariance[diagonal(before + i)] = variance;
  });
}

function extended(values: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}

export function scoreOf({ mean }: Belief, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += mean[i]! * x[i]!;
  return sum;
}

/** Variance of the score at `x`. */
export function varianceOf({ covariance }: Belief, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    let at = packedLength(i);
    let row = 0;
    for (let j = 0; j < i; j++, at++) row += covariance[at]! * x[j]!;
    sum += x[i]! * (2 * row + covariance[at]! * x[i]!);
  }
  return Math.max(0, sum);
}

/** Covariance of one weight with the score at `x`. */
export function covarianceOf({ covariance }: Belief, i: number, x: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++)
    sum += covariance[j <= i ? packedLength(i) + j : packedLength(j) + i]! * x[j]!;
  return sum;
}

/** Variance of the score at `x` before anything was learned. */
export function priorVarianceOf({ prior }: Belief, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += prior[i]! * x[i]! * x[i]!;
  return sum;
}

/** One observation of the score at `x`: the mean goes `step` times the covariance with the score, and `shrink` times that covariance's outer product is known now. */
export function learn(belief: Belief, x: Float64Array, step: number, shrink: number): void {
  const { mean, covariance } = belief;
  const along = new Float64Array(x.length);
  for (let i = 0, at = 0; i < x.length; i++) {
    let row = 0;
    for (let j = 0; j < i; j++, at++) {
      row += covariance[at]! * x[j]!;
      along[j]! += covariance[at]! * x[i]!;
    }
    along[i]! += row + covariance[at++]! * x[i]!;
  }
  for (let i = 0, at = 0; i < along.length; i++) {
    mean[i]! += step * along[i]!;
    const row = shrink * along[i]!;
    for (let j = 0; j <= i; j++, at++) covariance[at]! -= row * along[j]!;
  }
}

/**
 * Takes away a share of what was learned, not of the prior: information decays to first order, so that directions of which little is known drift back to where
 * they began. It costs the cube of the size; do it now and then.
 */
export function forget({ mean, covariance, prior }: Belief, share: number): void {
  const size = prior.length;
  const rows = Array.from({ length: size }, (_, i) =>
    Float64Array.from(
      { length: size },
      (_, j) => covariance[j <= i ? packedLength(i) + j : packedLength(j) + i]!,
    ),
  );
  // Per unit of the prior's spread.
  const weighed = rows.map((row) => row.map((value, k) => value / prior[k]!));
  const pull = weighed.map((row) => row.reduce((sum, value, k) => sum + value * mean[k]!, 0));
  for (let i = 0, at = 0; i < size; i++) {
    mean[i]! -= share * pull[i]!;
    const left = weighed[i]!;
    for (let j = 0; j <= i; j++, at++) {
      const right = rows[j]!;
      let known = 0;
      for (let k = 0; k < size; k++) known += left[k]! * right[k]!;
      covariance[at]! += share * (covariance[at]! - known);
    }
  }
}
