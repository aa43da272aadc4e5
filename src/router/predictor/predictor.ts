import type { Model } from '../../catalog/index.ts';
import type { Contribution, Estimate, Language, TaskFamily } from '../decision.ts';
import { structuralIds, structuralLabels } from '../features/structural.ts';
import type { AskVector } from '../features/vector.ts';
import { type Ability, abilityOf } from './ability.ts';
import { cellKey, logistic, type PredictorParameters } from './parameters.ts';
import { addParts, noParts, type Parts, partsOf, prepareAsk, type ScoredAsk, sumOf } from './score.ts';

export interface PredictionRequest {
  vector: AskVector;
  task: TaskFamily;
  language: Language;
}

export interface Prediction {
  quality: Estimate;
  /** Against the reference; exactly 0 for the reference itself. */
  loss: Estimate;
  evidence: number;
  evidenceCell: string;
  contributions: Contribution[];
  ability: Ability;
}

export type PredictedModel = Pick<Model, 'id' | 'aliases' | 'scores'>;

export interface Predictor {
  readonly parameters: PredictorParameters;
  /** One prediction per model, in order. Pure: same arguments, same numbers. */
  predict(request: PredictionRequest, reference: PredictedModel, models: PredictedModel[]): Prediction[];
}

const contributionsMax = 5;

/**
 * Families whose outcomes are easy to get right and for which there is no row yet. The pooled estimate comes from examination
 * questions, where models fail and differ more than on a sentence to translate, so both are scaled down. An assumption, not a
 * measurement: it fades with the first rows of such a cell, and the interval is not scaled.
 */
const untestedEasyFactor: Partial<Record<TaskFamily, number>> = {
  translate: 0.5,
  extraction: 0.5,
  rewrite: 0.5,
  summarise: 0.5,
  utility: 0.5,
};

interface Scored {
  ability: Ability;
  /** Expected share right on the common scale, which the pooled weights know the model by. */
  share: number;
  parts: Parts;
  quality: number;
  /** How much the quality moves per logit of ability, for this ask. */
  slope: number;
}

export function createPredictor(parameters: PredictorParameters): Predictor {
  // Catalogue models live as long as a catalogue; looking their names up again for each request would cost more than the score.
  const abilities = new WeakMap<PredictedModel, Ability>();
  const abilityFor = (model: PredictedModel): Ability => {
    let ability = abilities.get(model);
    if (ability === undefined) {
      ability = abilityOf(model, parameters);
      abilities.set(model, ability);
    }
    return ability;
  };
  return {
    parameters,
    predict(request, reference, models) {
      const ask = prepareAsk(request.vector, parameters, parameters.languages.get(request.language) ?? 0);
      const trust = trustOf(parameters.cells.get(cellKey(request.task, request.language)) ?? 0);
      const pooled = parameters.pooled.map((weights) => {
        const parts = noParts();
        addParts(parts, partsOf(weights, ask), 1, trust);
        return parts;
      });
      const sums = pooled.map(sumOf);
      const score = (model: PredictedModel) =>
        scoreModel(parameters, request, ask, { parts: pooled, sums }, abilityFor(model));
      const referenceScored = score(reference);
      return models.map((model) =>
        model.id === reference.id
          ? predictionOf(parameters, request, referenceScored, undefined)
          : predictionOf(parameters, request, score(model), referenceScored),
      );
    },
  };
}

/** Rows of a kind of work at which half of what an ask looks like is believed; before that it is read as an average ask. */
const trustHalfRows = 50;
const trustOf = (rows: number) => rows / (rows + trustHalfRows);

/** What the pooled blocks say about an ask, whatever the model: computed once per request. */
interface Pooled {
  parts: Parts[];
  sums: number[];
}

function scoreModel(
  parameters: PredictorParameters,
  request: PredictionRequest,
  ask: ScoredAsk,
  pooled: Pooled,
  ability: Ability,
): Scored {
  const share = logistic(ability.value);
  const offset = share - parameters.centre;
  const parts = noParts();
  let power = 1;
  let slope = 0;
  for (let k = 0; k < pooled.parts.length; k++) {
    addParts(parts, pooled.parts[k]!, power, 1);
    if (k > 0) slope += k * offset ** (k - 1) * pooled.sums[k]!;
    power *= offset;
  }
  const { known } = ability;
  if (known !== undefined) {
    const cell = known.cells.get(cellKey(request.task, request.language));
    parts.structural[0]! += cell?.offset ?? 0;
    // A head that never saw this kind of work would only extrapolate.
    if (known.head !== undefined && cell !== undefined) {
      const trust = trustOf(cell.rows);
      addParts(parts, partsOf(known.head, ask), trust, 1);
    }
  }
  return { ability, share, parts, quality: sumOf(parts), slope: slope * share * (1 - share) };
}

function predictionOf(
  parameters: PredictorParameters,
  request: PredictionRequest,
  scored: Scored,
  reference: Scored | undefined,
): Prediction {
  const { calibration } = parameters;
  const key = cellKey(request.task, request.language);
  const pooledRows = parameters.cells.get(key) ?? 0;
  const languageRows = parameters.languages.get(request.language) ?? 0;
  const ownRows = (model: Scored) => model.ability.known?.cells.get(key)?.rows ?? 0;
  const unseen = (rows: number) => calibration.halfRows / (calibration.halfRows + rows);
  const modelVariance = (model: Scored) =>
    calibration.model ** 2 * unseen(ownRows(model)) + (model.slope * model.ability.sd) ** 2;
  const untested = 1 + (calibration.untestedFactor - 1) * unseen(pooledRows);
  /** Variance of a whole group's mean, given how far apart two models are in ability. */
  const transferVariance = (gap: number) =>
    calibration.within ** 2 +
    untested ** 2 * (calibration.transfer ** 2 + (calibration.transferPerGap * gap) ** 2);

  const easy = untestedEasyFactor[request.task] ?? 1;
  const scale = easy + (1 - easy) * (1 - unseen(pooledRows));
  const lifted = (quality: number) => 1 - scale * (1 - clamp(quality, 0, 1));
  const evidence = ownRows(scored);
  const evidenceCell = describeCell(request, evidence, pooledRows, languageRows, scored.ability);
  const qualitySd = Math.sqrt(transferVariance(0) + modelVariance(scored));
  if (reference === undefined) {
    return {
      quality: estimate(lifted(scored.quality), calibration.qualityFactor * qualitySd, 0, 1),
      loss: { mean: 0, low: 0, high: 0 },
      evidence,
      evidenceCell,
      contributions: [],
      ability: scored.ability,
    };
  }
  const parts = noParts();
  for (let i = 0; i < parts.structural.length; i++) {
    parts.structural[i] = scale * (reference.parts.structural[i]! - scored.parts.structural[i]!);
  }
  parts.ngrams = scale * (reference.parts.ngrams - scored.parts.ngrams);
  const lossSd = Math.sqrt(
    transferVariance(reference.share - scored.share) + modelVariance(scored) + modelVariance(reference),
  );
  return {
    // The reference's quality less the loss, so that the two figures shown side by side agree.
    quality: estimate(lifted(reference.quality) - sumOf(parts), calibration.qualityFactor * qualitySd, 0, 1),
    loss: estimate(sumOf(parts), calibration.lossFactor * lossSd, -1, 1),
    evidence,
    evidenceCell,
    contributions: contributionsOf(parts, request.vector),
    ability: scored.ability,
  };
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

function estimate(mean: number, halfWidth: number, least: number, most: number): Estimate {
  const centre = clamp(mean, least, most);
  return {
    mean: centre,
    low: clamp(centre - halfWidth, least, most),
    high: clamp(centre + halfWidth, least, most),
  };
}

function describeCell(
  { task, language }: PredictionRequest,
  own: number,
  pooled: number,
  languageRows: number,
  ability: Ability,
): string {
  const cell = `${task} × ${language}`;
  const prior =
    ability.source === 'outcomes'
      ? 'ability from outcomes on other work'
      : ability.source === 'scores'
        ? 'ability from published scores'
        : 'ability unknown: no outcomes and no usable score';
  if (own > 0) return `${cell}: ${own} rows of this model`;
  if (pooled > 0) return `${cell}: ${pooled} rows of other models; ${prior}`;
  return languageRows > 0
    ? `${cell}: no rows of this kind of work; ${prior}`
    : `${cell}: no rows in this language; ${prior}`;
}

/** The largest parts of the loss, in words. The n-grams appear as one part: naming them would quote the prompt. */
function contributionsOf(parts: Parts, vector: AskVector): Contribution[] {
  // Index 0 is the constant, then the structural features, then the n-grams.
  const ngrams = parts.structural.length;
  const effectAt = (index: number) => (index === ngrams ? parts.ngrams : parts.structural[index]!);
  const largest: number[] = [];
  for (let index = 0; index <= ngrams; index++) {
    const size = Math.abs(effectAt(index));
    if (size === 0) continue;
    let at = largest.length;
    while (at > 0 && Math.abs(effectAt(largest[at - 1]!)) < size) at -= 1;
    if (at >= contributionsMax) continue;
    largest.splice(at, 0, index);
    if (largest.length > contributionsMax) largest.pop();
  }
  return largest.map((index) => {
    const effect = effectAt(index);
    if (index === 0)
      return { feature: 'ability', label: 'the models’ abilities on an average ask', value: 1, effect };
    if (index === ngrams) return { feature: 'wording', label: 'the wording of the ask', value: 1, effect };
    const value = Math.round(vector.structural[index - 1]! * 1000) / 1000;
    return { feature: structuralIds[index - 1]!, label: structuralLabels[index - 1]!, value, effect };
  });
}
