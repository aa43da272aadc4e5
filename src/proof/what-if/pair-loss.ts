import type { Decision } from '../../router/index.ts';
import type { Pair } from '../pairs/pair.ts';

/**
 * What the decision would have lost on the pair's request, as its grades say: 0 at the reference; undefined where the pair has no graded answer of whoever would have answered. Of a cascade it is that of its
 * first answer, unless that has faults and would have been replaced.
 */
export function pairLoss(pair: Pair, { cascade, plan }: Decision): number | undefined {
  if (cascade?.plan.kind === 'vote') return undefined;
  const called = cascade?.plan.kind === 'check' ? cascade.plan.first : plan[0];
  if (called === pair.reference) return 0;
  const answer = pair.answers.find(({ candidate }) => candidate === called);
  if (answer === undefined) return undefined;
  if (answer.outcome === 'failed' || answer.faults.length > 0) return 0;
  return answer.loss;
}
