import type { Weights } from '../../router/index.ts';
import { type Design, structuralColumns } from './design.ts';

/** Log-loss of a graded score at a logit; its derivative is `logistic(logit) − score`. */
export function logLoss(logit: number, score: number): number {
  return Math.max(logit, 0) - logit * score + Math.log1p(Math.exp(-Math.abs(logit)));
}

/** Penalty on the way from `centre`; sets the gradient. */
export function ridge(
  x: Float64Array,
  gradient: Float64Array,
  centre: Float64Array | undefined,
  penalty: (index: number) => number,
): number {
  let value = 0;
  for (let i = 0; i < x.length; i++) {
    const away = x[i]! - (centre?.[i] ?? 0);
    const pull = penalty(i) * away;
    gradient[i] = pull;
    value += (pull * away) / 2;
  }
  return value;
}

/** The weights of one block of a solution. */
export function weightsOf(solution: Float64Array, offset: number, { columns }: Design): Weights {
  const middle = offset + structuralColumns;
  return {
    structural: Float32Array.from(solution.subarray(offset, middle)),
    embedding: Float32Array.from(solution.subarray(middle, offset + columns)),
  };
}
