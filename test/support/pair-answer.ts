import type { PairAnswer } from '../../src/proof/pairs/pair.ts';

/** An answer of a pair that nobody has graded, but for what is said. */
export const pairAnswer = (candidate: string, more: Partial<PairAnswer> = {}): PairAnswer => ({
  candidate,
  deployment: candidate,
  model: candidate,
  served: false,
  outcome: 'answered',
  costNano: 1,
  outputTokens: 1,
  faults: [],
  loss: undefined,
  grade: undefined,
  ...more,
});
