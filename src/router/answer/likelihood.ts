import type { AcceptanceParameters } from './acceptance.ts';
import { emptyTable, fillTable, jointWith, type Standing } from './joint.ts';
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
    ...recordedOf(models),
  }));
  const tables = new Map<number, ReturnType<typeof emptyTable>>();
  return (parameters) => {
    let sum = 0;
    for (const { comparison, priors, known, rightGroups, rightMembers } of prepared) {
      const table = tables.get(priors.length) ?? emptyTable(priors.length, true);
      tables.set(priors.length, table);
      fillTable(table, priors, comparison, parameters);
      sum += Math.log(Math.max(likelihoodMin, jointWith(table, known, rightGroups, rightMembers)));
    }
    return sum;
  };
}

/** What the model holds impossible may still be a slip of the scorer. */
const likelihoodMin = 1e-9;

function recordedOf(models: ScoredAsk['models']) {
  const numbers = new Map<number, number>();
  const groups = new Int32Array(models.length);
  const rights = new Int32Array(models.length);
  let rightMembers = 0;
  const standings = models.map(({ group, right }, m): Standing | undefined => {
    if (right) rightMembers |= 1 << m;
    if (group === undefined) return 'faulty';
    const number = numbers.get(group) ?? numbers.size;
    numbers.set(group, number);
    groups[number]! |= 1 << m;
    rights[number]! += right ? 1 : -1;
    return undefined;
  });
  let rightGroups = 0;
  for (let g = 0; g < numbers.size; g++) if (rights[g]! >= 0) rightGroups |= 1 << g;
  return { known: { standings, groups, count: numbers.size }, rightGroups, rightMembers };
}
