import type { Estimate } from '../decision.ts';
import type { Prediction } from './predictor.ts';

/** Chances that thinking uses up the output limit before the answer is written, 0..1. */
export interface CutShares {
  candidate: number;
  reference: number;
}

/** An answer that is cut within its thoughts is no answer, however able the model: its quality is what is left of the chance to be right. */
export function cutPrediction(
  prediction: Prediction,
  reference: Prediction,
  { candidate, reference: cutReference }: CutShares,
): Prediction {
  if (candidate === 0 && cutReference === 0) return prediction;
  const effect = candidate * prediction.quality.mean - cutReference * reference.quality.mean;
  const { mean, low, high } = prediction.quality;
  const left = 1 - candidate;
  return {
    ...prediction,
    quality: { mean: left * mean, low: left * low, high: left * high },
    loss: moved(prediction.loss, effect),
    contributions: [
      {
        feature: 'output-limit',
        label: 'thinking may use up the output limit',
        value: Math.round(1000 * Math.max(candidate, cutReference)) / 1000,
        effect,
      },
      ...prediction.contributions,
    ],
  };
}

function moved({ mean, low, high }: Estimate, by: number): Estimate {
  const within = (value: number) => Math.max(-1, Math.min(1, value + by));
  return { mean: within(mean), low: within(low), high: within(high) };
}
