import { createRandom } from '../metrics/random.ts';

const oversampling = 8;
const rounds = 2;

/** Row `i` has the entries from `start[i]` up to `start[i + 1]`. */
export interface Sparse {
  rows: number;
  columns: number;
  start: Int32Array;
  bucket: Int32Array;
  value: Float32Array;
}

/** Tall matrices are kept row by row: `width` numbers a row. */
export interface Tall {
  height: number;
  width: number;
  data: Float64Array;
}

const tall = (height: number, width: number): Tall => ({
  height,
  width,
  data: new Float64Array(height * width),
});

/**
 * The leading right singular vectors, by randomised subspace iteration (Halko, Martinsson and Tropp, arXiv 0909.4061). Deterministic.
 */
export function leadingVectors(matrix: Sparse, count: number): Tall {
  const width = count + oversampling;
  const random = createRandom(1);
  let right = tall(matrix.columns, width);
  for (let i = 0; i < right.data.length; i++) right.data[i] = random() - 0.5;
  for (let round = 0; round < rounds; round++) {
    const left = orthonormal(times(matrix, right));
    right = orthonormal(timesTransposed(matrix, left));
  }
  const image = times(matrix, right);
  const { vectors, values } = eigen(gram(image), width);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, count);
  const basis = tall(matrix.columns, count);
  for (let i = 0; i < matrix.columns; i++) {
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += right.data[i * width + j]! * vectors[j * width + order[k]!]!;
      basis.data[i * count + k] = sum;
    }
  }
  return basis;
}

function times(matrix: Sparse, right: Tall): Tall {
  const { width } = right;
  const product = tall(matrix.rows, width);
  for (let i = 0; i < matrix.rows; i++) {
    const into = i * width;
    for (let k = matrix.start[i]!; k < matrix.start[i + 1]!; k++) {
      const value = matrix.value[k]!;
      const from = matrix.bucket[k]! * width;
      for (let j = 0; j < width; j++) product.data[into + j]! += value * right.data[from + j]!;
    }
  }
  return product;
}

function timesTransposed(matrix: Sparse, left: Tall): Tall {
  const { width } = left;
  const product = tall(matrix.columns, width);
  for (let i = 0; i < matrix.rows; i++) {
    const from = i * width;
    for (let k = matrix.start[i]!; k < matrix.start[i + 1]!; k++) {
      const value = matrix.value[k]!;
      const into = matrix.bucket[k]! * width;
      for (let j = 0; j < width; j++) product.data[into + j]! += value * left.data[from + j]!;
    }
  }
  return product;
}

/**
 * Orthonormal columns by Cholesky's factor of the Gram matrix, twice for accuracy: rows are read in order, which a column by
 * column method does not do. Columns that vanish become zero.
 */
function orthonormal(matrix: Tall): Tall {
  for (let pass = 0; pass < 2; pass++) divideByFactor(matrix, factorOf(gram(matrix), matrix.width));
  return matrix;
}

/** Lower Cholesky factor; a column that depends on those before it gets a zero on the diagonal. */
function factorOf(gramian: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = gramian[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * size + k]! * factor[j * size + k]!;
      if (i === j) factor[i * size + i] = sum > 1e-12 * gramian[i * size + i]! ? Math.sqrt(sum) : 0;
      else factor[i * size + j] = factor[j * size + j] === 0 ? 0 : sum / factor[j * size + j]!;
    }
  }
  return factor;
}

/** `rows × factor⁻ᵀ`, row by row in place. */
function divideByFactor({ height, width, data }: Tall, factor: Float64Array): void {
  for (let i = 0; i < height; i++) {
    const row = i * width;
    for (let j = 0; j < width; j++) {
      const diagonal = factor[j * width + j]!;
      let sum = data[row + j]!;
      for (let k = 0; k < j; k++) sum -= factor[j * width + k]! * data[row + k]!;
      data[row + j] = diagonal === 0 ? 0 : sum / diagonal;
    }
  }
}

function gram({ height, width, data }: Tall): Float64Array {
  const product = new Float64Array(width * width);
  for (let i = 0; i < height; i++) {
    const from = i * width;
    for (let a = 0; a < width; a++) {
      const value = data[from + a]!;
      for (let b = 0; b < width; b++) product[a * width + b]! += value * data[from + b]!;
    }
  }
  return product;
}

const sweepsMax = 30;

/** Eigenvalues and, column by column, eigenvectors of a small symmetric matrix by Jacobi rotations. */
function eigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += a[p * size + q]! ** 2;
    if (off < 1e-20) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, size, p, q);
  }
  return {
    values: Float64Array.from({ length: size }, (_, i) => a[i * size + i]!),
    vectors,
  };
}

function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q]!;
  if (Math.abs(apq) < 1e-300) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const kp = a[k * size + p]!;
    const kq = a[k * size + q]!;
    a[k * size + p] = c * kp - s * kq;
    a[k * size + q] = s * kp + c * kq;
  }
  for (let k = 0; k < size; k++) {
    const pk = a[p * size + k]!;
    const qk = a[q * size + k]!;
    a[p * size + k] = c * pk - s * qk;
    a[q * size + k] = s * pk + c * qk;
  }
  for (let k = 0; k < size; k++) {
    const kp = vectors[k * size + p]!;
    const kq = vectors[k * size + q]!;
    vectors[k * size + p] = c * kp - s * kq;
    vectors[k * size + q] = s * kp + c * kq;
  }
}
