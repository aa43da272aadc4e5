/** A symmetric positive definite system `A x = b`, with A given by what it does to a vector. */
export interface LinearSystem {
  right: Float64Array;
  /** Diagonal of A, for scaling. */
  diagonal: Float64Array;
  multiply: (x: Float64Array) => Float64Array;
}

/**
 * Conjugate gradients with diagonal scaling. Deterministic; stops when the residual has fallen by `tolerance` or after
 * `iterationsMax`, which here is a mild regulariser and not an error.
 */
export function solve(system: LinearSystem, iterationsMax: number, tolerance = 1e-6): Float64Array {
  const { right, diagonal, multiply } = system;
  const size = right.length;
  const x = new Float64Array(size);
  const residual = right.slice();
  const scaled = new Float64Array(size);
  const direction = new Float64Array(size);
  let rho = 0;
  for (let i = 0; i < size; i++) {
    scaled[i] = residual[i]! / diagonal[i]!;
    direction[i] = scaled[i]!;
    rho += residual[i]! * scaled[i]!;
  }
  const enough = rho * tolerance;
  for (let step = 0; step < iterationsMax && rho > enough; step++) {
    const image = multiply(direction);
    let curvature = 0;
    for (let i = 0; i < size; i++) curvature += direction[i]! * image[i]!;
    const along = rho / curvature;
    let next = 0;
    for (let i = 0; i < size; i++) {
      x[i]! += along * direction[i]!;
      residual[i]! -= along * image[i]!;
      scaled[i] = residual[i]! / diagonal[i]!;
      next += residual[i]! * scaled[i]!;
    }
    const keep = next / rho;
    rho = next;
    for (let i = 0; i < size; i++) direction[i] = scaled[i]! + keep * direction[i]!;
  }
  return x;
}
