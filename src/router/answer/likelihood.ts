import type { AcceptanceParameters } from './acceptance.ts';
import { chancesOf, jointWith } from './joint.ts';
import type { AnswerComparison } from './terms.ts';

/** An ask of which it is known who was right: what the parameters are fitted on. */
export interface ScoredAsk {
  comparison: AnswerComparison;
  models: readonly { prior: number; right: boolean; group: number | undefined }[];
}

/**
 * The log likelihood of recorded asks under parameters: who is right, and whose answers coincide. An answer without a group is a faulty one. Where models
 * of one group are not scored alike the larger part decides.
 */
export function acceptanceLikelihood(
  asks: readonly ScoredAsk[],
): (parameters: AcceptanceParameters) => number {
  const prepared = asks.map(({ comparison, models }) => ({
    comparison,
    priors: models.map((model) => model.prior),
    known: recordedOf(models),
  }));
  return (parameters) => {
    let sum = 0;
    for (const { comparison, priors, known } of prepared) {
      const members = priors.map((prior) => chancesOf(prior, parameters));
      sum += Math.log(Math.max(likelihoodMin, jointWith(members, comparison, parameters, known)));
    }
    return sum;
  };
}

/** What the model holds impossible may still be a slip of the scorer. */
const likelihoodMin = 1e-9;

function recordedOf(models: ScoredAsk['models']) {
  const numbers = new Map<number, number>();
  const groups = models.map(() => 0);
  const votes = models.map(() => 0);
  models.forEach(({ group, right }, m) => {
    if (group === undefined) return;
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    groups[number]! |= 1 << m;
    votes[number]! += right ? 1 : -1;
  });
  let rightGroups = 0;
  for (let g = 0; g < numbers.size; g++) if (votes[g]! >= 0) rightGroups |= 1 << g;
  return {
    right: models.map(({ group, right }) =>
      group === undefined ? right : (rightGroups & (1 << numbers.get(group)!)) !== 0,
    ),
    faulty: models.map(({ group }) => group === undefined),
    groups,
    count: numbers.size,
    rightGroups,
  };
}
