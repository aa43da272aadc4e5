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
 * Kinds of work that nearly every model gets right and for which the training sets have next to no rows. What was learned comes
 * from examination questions; a sentence to translate is taken to be so many logits easier for every model, which makes strong
 * and weak ones meet near the top, as they do in practice. An assumption, not a measurement: it fades with the first rows
 * of such a cell, and the interval does not shrink with it.
 */
const easyTasks: ReadonlySet<TaskFamily> = new Set([
  'translate',
  'extraction',
  'rewrite',
  'summarise',
  'utility',
]);
const easierByLogits = 2;

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
  const range = shareRange(parameters);
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
        scoreModel(parameters, request, ask, { parts: pooled, sums }, abilityFor(model), range);
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

/** Expected shares right of the weakest and the ablest model that was trained on. */
interface ShareRange {
  least: number;
  most: number;
}

function shareRange({ models }: PredictorParameters): ShareRange {
  const shares = [...models.values()].map((model) => logistic(model.ability));
  return { least: Math.min(...shares, 1), most: Math.max(...shares, 0) };
}

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
  range: ShareRange,
): Scored {
  const share = logistic(ability.value);
  // What an ask changes was learned between the weakest and the ablest training model and is not extrapolated; beyond them a
  // model's expected share itself counts, one for one.
  const within = Math.max(range.least, Math.min(range.most, share));
  const offset = within - parameters.centre;
  const parts = noParts();
  let power = 1;
  let slope = 0;
  for (let k = 0; k < pooled.parts.length; k++) {
    addParts(parts, pooled.parts[k]!, power, 1);
    if (k > 0) slope += k * offset ** (k - 1) * pooled.sums[k]!;
    power *= offset;
  }
  parts.structural[0]! += share - within;
  if (share !== within) slope = 1;
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

  // How far the assumption about easy work stands in for rows: 1 without any, 0 for other work.
  const assumed = easyTasks.has(request.task) ? unseen(pooledRows) : 0;
  const easyQuality = (model: Scored) => logistic(model.ability.value + easierByLogits);
  const qualityOf = (model: Scored) =>
    (1 - assumed) * clamp(model.quality, 0, 1) + assumed * easyQuality(model);
  const evidence = ownRows(scored);
  const evidenceCell = describeCell(request, evidence, pooledRows, languageRows, scored.ability);
  const qualitySd = Math.sqrt(transferVariance(0) + modelVariance(scored));
  if (reference === undefined) {
    return {
      quality: estimate(qualityOf(scored), calibration.qualityFactor * qualitySd, 0, 1),
      loss: { mean: 0, low: 0, high: 0 },
      evidence,
      evidenceCell,
      contributions: [],
      ability: scored.ability,
    };
  }
  const parts = noParts();
  for (let i = 0; i < parts.structural.length; i++) {
    parts.structural[i] = (1 - assumed) * (reference.parts.structural[i]! - scored.parts.structural[i]!);
  }
  parts.structural[0]! += assumed * (easyQuality(reference) - easyQuality(scored));
  parts.ngrams = (1 - assumed) * (reference.parts.ngrams - scored.parts.ngrams);
  const lossSd = Math.sqrt(
    transferVariance(reference.share - scored.share) + modelVariance(scored) + modelVariance(reference),
  );
  return {
    // The reference's quality less the loss, so that the two figures shown side by side agree.
    quality: estimate(qualityOf(reference) - sumOf(parts), calibration.qualityFactor * qualitySd, 0, 1),
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
    const name = structuralLabels[index - 1]!;
    // What is absent speaks too: most asks have it.
    const label = value === 0 ? `absent: ${name}` : name;
    return { feature: structuralIds[index - 1]!, label, value, effect };
  });
}
