/** Value at `x`; writes the gradient into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

const memoryMax = 8;
const halvingsMax = 25;
const armijo = 1e-4;

/**
 * Minimises a smooth convex function by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5) with backtracking.
 * Deterministic; stops when a step improves by less than `tolerance` of the value, or after `iterationsMax`.
 */
export function minimiseSmooth(
  objective: Objective,
  start: Float64Array,
  iterationsMax: number,
  tolerance = 1e-7,
): Float64Array {
  const size = start.length;
  let x = start.slice();
  let gradient = new Float64Array(size);
  let value = objective(x, gradient);
  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const direction = descent(gradient, steps);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      // Rounding has spoilt the memory: start again along the gradient.
      steps.length = 0;
      for (let i = 0; i < size; i++) direction[i] = -gradient[i]!;
      slope = dot(direction, gradient);
      if (slope === 0) return x;
    }
    let rate = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const nextGradient = new Float64Array(size);
    let next = x;
    let nextValue = value;
    let halvings = 0;
    for (; halvings < halvingsMax; halvings++, rate /= 2) {
      next = x.slice();
      for (let i = 0; i < size; i++) next[i]! += rate * direction[i]!;
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + armijo * rate * slope) break;
    }
    if (halvings === halvingsMax) return x;
    remember(steps, x, next, gradient, nextGradient);
    const gained = value - nextValue;
    x = next;
    gradient = nextGradient;
    value = nextValue;
    if (gained <= tolerance * (1 + Math.abs(value))) return x;
  }
  return x;
}

function descent(
  gradient: Float64Array,
  steps: { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array<ArrayBuffer> {
  const q = Float64Array.from(gradient);
  const alphas: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, rho } = steps[k]!;
    const alpha = rho * dot(s, q);
    alphas[k] = alpha;
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = steps.at(-1);
  const factor = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y));
  for (let i = 0; i < q.length; i++) q[i]! *= factor;
  for (let k = 0; k < steps.length; k++) {
    const { s, y, rho } = steps[k]!;
    const beta = rho * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += (alphas[k]! - beta) * s[i]!;
  }
  for (let i = 0; i < q.length; i++) q[i] = -q[i]!;
  return q;
}

function remember(
  steps: { s: Float64Array; y: Float64Array; rho: number }[],
  x: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
): void {
  const s = new Float64Array(x.length);
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    s[i] = next[i]! - x[i]!;
    y[i] = nextGradient[i]! - gradient[i]!;
  }
  const curvature = dot(s, y);
  if (curvature <= 1e-12) return;
  steps.push({ s, y, rho: 1 / curvature });
  if (steps.length > memoryMax) steps.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
