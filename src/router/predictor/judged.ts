import type { Contribution, Estimate } from '../decision.ts';
import { logistic, logit } from './parameters.ts';
import type { Prediction } from './predictor.ts';

/**
 * How far the highest or lowest rating moves the odds that a much weaker model is right, in logits: twofold. A judge that ranks right above wrong
 * answers three times in four (AUC .75) would, at its ends, justify more. An assumption, not a measurement, which is why it is small.
 */
const judgeLogitsMax = 0.7;

/** Logits between reference and candidate at which three quarters of that count; a model as able as the reference is not moved at all. */
const judgeGap = 1;

/** Where a quality is read as certain, no rating could move it. */
const qualityMargin = 0.02;

/**
 * A candidate's prediction in the light of a judge's rating of how well a small model would answer, 0..1 with 0.5 for the usual ask. The gap to the
 * reference widens or closes by a bounded number of logits; a weaker model never becomes the better one by it, and no interval becomes narrower.
 *
 * @param trust 0..1: how far the assumption still stands in for what the route's own outcomes have taught of its judge
 */
export function judged(
  prediction: Prediction,
  reference: Pick<Prediction, 'ability'>,
  rating: number,
  trust = 1,
): Prediction {
  const gap = Math.max(0, reference.ability.value - prediction.ability.value);
  const moved = judgeLogitsMax * trust * (2 * rating - 1) * Math.tanh(gap / judgeGap);
  if (moved === 0) return prediction;
  const { quality, loss } = prediction;
  const before = Math.max(qualityMargin, Math.min(1 - qualityMargin, quality.mean));
  const rise = logistic(logit(before) + moved) - before;
  const most = Math.max(0, loss.mean);
  const effect = -Math.min(rise, most);
  return {
    ...prediction,
    quality: shifted(quality, -effect, 0, 1),
    loss: shifted(loss, effect, -1, 1),
    contributions: withContribution(prediction.contributions, {
      feature: 'judge',
      label: 'the judge’s rating',
      value: Math.round(rating * 1000) / 1000,
      effect,
    }),
  };
}

function shifted({ mean, low, high }: Estimate, by: number, least: number, most: number): Estimate {
  const within = (value: number): number => Math.max(least, Math.min(most, value + by));
  return { mean: within(mean), low: within(low), high: within(high) };
}

/** Where its size puts it, before the sum of the smaller parts. */
export function withContribution(contributions: Contribution[], own: Contribution): Contribution[] {
  const at = contributions.findIndex(
    ({ feature, effect }) => feature === 'others' || Math.abs(effect) < Math.abs(own.effect),
  );
  return at === -1 ? [...contributions, own] : contributions.toSpliced(at, 0, own);
}
