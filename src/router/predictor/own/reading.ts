import type { Contribution, Estimate } from '../../decision.ts';
import type { PredictedModel } from '../ability.ts';
import { withContribution } from '../judged.ts';
import { type Calibration, logistic, logit, modelKey } from '../parameters.ts';
import type { Prediction } from '../predictor.ts';

/** What an installation's own outcomes say of one model and one ask. */
export interface OwnModelReading {
  /** Added to the logit of the shipped prediction. */
  logits: number;
  /** Variance of `logits`, and what it was before any outcome. */
  variance: number;
  priorVariance: number;
  /**
   * What is added for each logit by which the shipped prediction sees the model above the reference: at −1 the gap says nothing here. The reading is taken
   * before the prediction is made, so its parts are put together when both are there.
   */
  perGap: { logits: number; covariance: number; variance: number; priorVariance: number };
  /** Outcomes of this model, and those of the ask's kind of work and language among them. */
  rows: number;
  cellRows: number;
  /** Outcomes that a judge's rating was learned from. */
  judgeRows: number;
}

/** By `ownKey`; models without outcomes are absent. Plain numbers, so that a decision can be made again from it. */
export type OwnReading = { readonly [model: string]: OwnModelReading };

/** Under which name outcomes of a model are learned from: thinking more or less makes it another model. */
export function ownKey({ id, effort }: Pick<PredictedModel, 'id' | 'effort'>): string {
  return effort === undefined ? modelKey(id) : `${modelKey(id)}#${effort}`;
}

/** Nothing is as certain as the ends of the scale say, and there no outcome could move the estimate. */
const qualityMargin = 0.02;
const inside = (quality: number) => Math.max(qualityMargin, Math.min(1 - qualityMargin, quality));

/**
 * The quality that own outcomes are learned against, of a model beside this reference: what the shipped predictor says with everything that it reckons with,
 * as the length of the ask. Learning and estimating must mean the same by it.
 */
export function shippedQuality({ quality, loss }: Prediction, reference: Prediction): number {
  return inside(loss.mean === 0 ? quality.mean : reference.quality.mean - loss.mean);
}

/** Predictions of models beside the first, which is the reference, in the light of own outcomes. */
export function withOwn(
  predictions: readonly Prediction[],
  models: readonly PredictedModel[],
  own: OwnReading,
  calibration: Calibration,
): Prediction[] {
  const shippedReference = predictions[0]!;
  const key = ownKey(models[0]!);
  const reference = sideOf(shippedReference, shippedReference, own[key]);
  return predictions.map((prediction, i) => {
    const name = ownKey(models[i]!);
    if (name === key) return alone(prediction, reference, calibration);
    return beside(reference, prediction, sideOf(prediction, shippedReference, own[name]), calibration);
  });
}

interface Side {
  /** The quality of the shipped prediction, and the same within what can be learned against. */
  shown: number;
  shipped: number;
  quality: number;
  reading: OwnModelReading | undefined;
  /** Of the logit, after the outcomes and before them. */
  variance: number;
  priorVariance: number;
}

function sideOf(prediction: Prediction, reference: Prediction, reading: OwnModelReading | undefined): Side {
  const shipped = shippedQuality(prediction, reference);
  if (reading === undefined) {
    return {
      shown: prediction.quality.mean,
      shipped,
      quality: shipped,
      reading,
      variance: unlearnedVariance,
      priorVariance: unlearnedVariance,
    };
  }
  const { perGap } = reading;
  const gap = logit(shipped) - logit(shippedQuality(reference, reference));
  return {
    shown: prediction.quality.mean,
    shipped,
    quality: logistic(logit(shipped) + reading.logits + perGap.logits * gap),
    reading,
    variance: Math.max(0, reading.variance + 2 * gap * perGap.covariance + gap * gap * perGap.variance),
    priorVariance: reading.priorVariance + gap * gap * perGap.priorVariance,
  };
}

function alone(prediction: Prediction, side: Side, { within, qualityFactor }: Calibration): Prediction {
  if (side.reading === undefined) return prediction;
  const centre = movedQuality(side);
  const quality = narrowed(prediction.quality, centre, [side], { within, factor: qualityFactor }, 0);
  return { ...prediction, ...evidenceOf(prediction, side.reading), quality };
}

function beside(
  reference: Side,
  prediction: Prediction,
  side: Side,
  { within, lossFactor, qualityFactor }: Calibration,
): Prediction {
  const sides = [reference, side];
  if (sides.every(({ reading }) => reading === undefined)) return prediction;
  // What the shipped loss says beyond the ends of the scale counts as long as next to nothing else is known.
  const beyond = prediction.loss.mean - (reference.shipped - side.shipped);
  const rows = sides.reduce((sum, { reading }) => sum + (reading?.rows ?? 0), 0);
  const loss = reference.quality - side.quality + (beyond * beyondHalfRows) / (beyondHalfRows + rows);
  const quality = movedQuality(reference) - loss;
  const effect = loss - prediction.loss.mean;
  return {
    ...prediction,
    ...(side.reading !== undefined && evidenceOf(prediction, side.reading)),
    quality: narrowed(prediction.quality, quality, [side], { within, factor: qualityFactor }, 0),
    loss: narrowed(prediction.loss, loss, sides, { within, factor: lossFactor }, -1),
    contributions: withContribution(
      prediction.contributions,
      ownContribution(side.reading?.rows ?? 0, effect),
    ),
  };
}

/** Outcomes at which half of that is left; on recorded sets it only did harm. */
const beyondHalfRows = 10;

/** As it was shown, moved by what was learned. */
const movedQuality = ({ shown, quality, shipped }: Side) =>
  Math.max(0, Math.min(1, shown + quality - shipped));

/**
 * The estimate moved, and its interval as wide as its variance is after the outcomes: they add information to what was known of how far the shipped
 * prediction may be off. `within` is what no number of rows removed on the training sets.
 */
function narrowed(
  { mean, low, high }: Estimate,
  moved: number,
  sides: readonly Side[],
  { within, factor }: { within: number; factor: number },
  least: number,
): Estimate {
  const half = Math.max(mean - low, high - mean);
  const before = (half / factor) ** 2 - within ** 2;
  const centre = Math.max(least, Math.min(1, moved));
  const width =
    before <= 0 ? half : factor * Math.sqrt(within ** 2 + 1 / (1 / before + informationOf(sides)));
  return { mean: centre, low: Math.max(least, centre - width), high: Math.min(1, centre + width) };
}

/** What outcomes tell of the sum of these models' errors, as 1 / variance in quality. */
function informationOf(sides: readonly Side[]): number {
  let now = 0;
  let before = 0;
  for (const { quality, variance, priorVariance } of sides) {
    const slope = quality * (1 - quality);
    now += slope ** 2 * variance;
    before += slope ** 2 * priorVariance;
  }
  return now <= 0 ? 0 : Math.max(0, 1 / now - 1 / before);
}

/** Of a model without outcomes, about as wide as the prior of one that has them. */
const unlearnedVariance = 0.8;

function evidenceOf(
  prediction: Prediction,
  reading: OwnModelReading,
): Pick<Prediction, 'evidence' | 'evidenceCell'> {
  const { rows, cellRows } = reading;
  const outcomes = cellRows === 1 ? 'outcome' : 'outcomes';
  const all = rows === cellRows ? '' : ` (${rows} of all kinds of work)`;
  return {
    evidence: prediction.evidence + cellRows,
    evidenceCell: `${prediction.evidenceCell}; ${cellRows} own ${outcomes} of this model${all}`,
  };
}

function ownContribution(rows: number, effect: number): Contribution {
  return { feature: 'own-outcomes', label: 'your own outcomes', value: rows, effect };
}

/** Outcomes with a rating at which the assumption about judges counts half. */
const judgeHalfRows = 100;

/** How far the assumption about judges stands in for what outcomes have taught of this model's ratings. */
export function judgeTrust(model: PredictedModel, own: OwnReading | undefined): number {
  return judgeHalfRows / (judgeHalfRows + (own?.[ownKey(model)]?.judgeRows ?? 0));
}
