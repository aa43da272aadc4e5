import type { Model } from '../../catalog/index.ts';
import { abilityOf } from './ability.ts';
import type { Predictor } from './predictor.ts';

/** Models by expected ability on an average ask, ablest first; one about which nothing is known stands in the middle of the field. */
export function abilityRank(predictor: Predictor, models: Model[]): Model[] {
  const abilities = new Map(models.map((model) => [model, abilityOf(model, predictor.parameters).value]));
  return [...abilities.keys()].sort(
    (a, b) => abilities.get(b)! - abilities.get(a)! || (a.id < b.id ? -1 : 1),
  );
}
