/**
 * Minimises a smooth function of a few variables: BFGS with derivatives by differences and a backtracking step. Deterministic; ends when a step gains
 * next to nothing or after `iterationsMax`.
 */
export function minimise(
  objective: (x: Float64Array) => number,
  start: Float64Array,
  iterationsMax: number,
): Float64Array {
  const size = start.length;
  let x: Float64Array = start.slice();
  let value = objective(x);
  let gradient = gradientAt(objective, x, value);
  let inverse = identity(size, Math.hypot(...gradient));
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    let direction: Float64Array = times(inverse, gradient).map((part) => -part);
    if (dot(direction, gradient) >= 0) {
      inverse = identity(size, Math.hypot(...gradient));
      direction = times(inverse, gradient).map((part) => -part);
    }
    const next = step(objective, x, value, direction, dot(direction, gradient));
    if (next === undefined) break;
    const newGradient = gradientAt(objective, next.x, next.value);
    inverse = updated(inverse, minus(next.x, x), minus(newGradient, gradient));
    const gained = value - next.value;
    ({ x, value } = next);
    gradient = newGradient;
    if (gained < gainMin * (1 + Math.abs(value))) break;
  }
  return x;
}

const gainMin = 1e-5;
const difference = 1e-5;
const halvingsMax = 25;
/** A step must gain this share of what its slope promises. */
const sufficient = 1e-4;

function gradientAt(objective: (x: Float64Array) => number, x: Float64Array, value: number): Float64Array {
  return x.map((_, i) => {
    const moved = x.slice();
    moved[i]! += difference;
    return (objective(moved) - value) / difference;
  });
}

function step(
  objective: (x: Float64Array) => number,
  x: Float64Array,
  value: number,
  direction: Float64Array,
  slope: number,
): { x: Float64Array; value: number } | undefined {
  let length = 1;
  for (let halving = 0; halving < halvingsMax; halving++, length /= 2) {
    const moved = x.map((part, i) => part + length * direction[i]!);
    const there = objective(moved);
    if (there <= value + sufficient * length * slope) return { x: moved, value: there };
  }
  return undefined;
}

/** A first step of length one along the gradient, whatever its scale. */
function identity(size: number, scale: number): Float64Array[] {
  const diagonal = 1 / Math.max(1, scale);
  return Array.from({ length: size }, (_, i) => new Float64Array(size).fill(diagonal, i, i + 1));
}

function updated(inverse: Float64Array[], moved: Float64Array, turned: Float64Array): Float64Array[] {
  const curvature = dot(moved, turned);
  // Without curvature along the step there is nothing to learn from it.
  if (curvature <= 1e-12) return inverse;
  const image = times(inverse, turned);
  const factor = (1 + dot(turned, image) / curvature) / curvature;
  return inverse.map((row, i) =>
    row.map(
      (part, j) =>
        part + factor * moved[i]! * moved[j]! - (image[i]! * moved[j]! + moved[i]! * image[j]!) / curvature,
    ),
  );
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, part, i) => sum + part * b[i]!, 0);
const minus = (a: Float64Array, b: Float64Array) => a.map((part, i) => part - b[i]!);
const times = (matrix: Float64Array[], x: Float64Array) => Float64Array.from(matrix, (row) => dot(row, x));
