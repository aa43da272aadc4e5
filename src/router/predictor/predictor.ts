import type { Contribution, Estimate, Language, TaskFamily } from '../decision.ts';
import { type AskNumbers, numbersOf } from '../features/numbers.ts';
import { structuralIds, structuralLabels } from '../features/structural.ts';
import type { AskVector } from '../features/vector.ts';
import { type Ability, abilityOf, type PredictedModel } from './ability.ts';
import {
  type EffortShift,
  effortShift,
  type Preset,
  presetDoubt,
  sharedShiftVariance,
  shiftVariance,
} from './effort.ts';
import { cellKey, logistic, type PredictorParameters, type Weights } from './parameters.ts';
import {
  addWeighted,
  lengthGap,
  lengthIndex,
  noParts,
  type Parts,
  qualityParts,
  readyAsk,
  type ScoredAsk,
  sumOf,
  testedNear,
} from './score.ts';

export interface PredictionRequest {
  /** As `read` gave it, now or when the request was decided. */
  ask: AskNumbers;
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

export interface Predictor {
  readonly parameters: PredictorParameters;
  read(vector: AskVector): AskNumbers;
  /** The model with an effort preset, or itself where there is none: the same object each time, so that its weights are folded once. */
  withEffort(model: PredictedModel, effort: Preset | 'default'): PredictedModel;
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
  model: string;
  preset: Preset | undefined;
  /** For this kind of work, with what thinking more or less than known adds. */
  ability: Ability;
  shift: EffortShift | undefined;
  /** 0 to 1: how far asks like this one were among its own outcomes. */
  tested: number;
  /** Expected share right on an average ask. */
  share: number;
  /** Parts of the quality, which add up to it. */
  parts: Parts;
  quality: number;
  /** How much the quality moves per logit of ability, for this ask. */
  slope: number;
}

/** What is the same for every ask of a model, folded together once. */
interface ModelWeights {
  model: string;
  preset: Preset | undefined;
  ability: Ability;
  /** The pooled weights at this ability. */
  pooled: Weights;
}

export function createPredictor(parameters: PredictorParameters): Predictor {
  // Catalogue models live as long as a catalogue; folding their weights again for each request would cost more than the score.
  const known = new WeakMap<PredictedModel, ModelWeights>();
  const presetViews = new WeakMap<PredictedModel, Map<Preset, PredictedModel>>();
  const weightsFor = (model: PredictedModel): ModelWeights => {
    let weights = known.get(model);
    if (weights === undefined) {
      weights = foldWeights(parameters, model, abilityOf(model, parameters));
      known.set(model, weights);
    }
    return weights;
  };
  return {
    parameters,
    read: (vector) => numbersOf(vector, parameters.embedding),
    withEffort(model, effort) {
      if (effort === 'default') return model;
      const views = presetViews.get(model) ?? new Map<Preset, PredictedModel>();
      presetViews.set(model, views);
      const view = views.get(effort) ?? { ...model, effort };
      views.set(effort, view);
      return view;
    },
    predict(request, reference, models) {
      const ask = readyAsk(request.ask, parameters);
      const referenceScored = scoreModel(request, ask, weightsFor(reference));
      return models.map((model) =>
        model.id === reference.id && model.effort === reference.effort
          ? predictionOf(parameters, request, ask, referenceScored, undefined)
          : predictionOf(
              parameters,
              request,
              ask,
              scoreModel(request, ask, weightsFor(model)),
              referenceScored,
            ),
      );
    },
  };
}

/**
 * The pooled weights at a model's ability. What an ask changes was learned between the weakest and the
 * ablest training model and is not extrapolated; beyond them a model's ability itself counts, logit for logit.
 */
function foldWeights(
  parameters: PredictorParameters,
  { id, effort }: PredictedModel,
  ability: Ability,
): ModelWeights {
  const { scale } = parameters;
  const within = Math.max(scale.least, Math.min(scale.most, ability.value));
  const scaled = (within - scale.centre) / scale.spread;
  const pooled = atAbility(parameters.pooled, scaled);
  pooled.structural[0]! += ability.value - within;
  return { model: id, preset: effort, ability, pooled };
}

function atAbility(blocks: Weights[], scaled: number): Weights {
  const first = blocks[0]!;
  const sum: Weights = {
    structural: new Float32Array(first.structural.length),
    embedding: new Float32Array(first.embedding.length),
  };
  let power = 1;
  for (const block of blocks) {
    addWeights(sum, block, power);
    power *= scaled;
  }
  return sum;
}

function addWeights(into: Weights, weights: Weights, factor: number): void {
  for (let i = 0; i < into.structural.length; i++) into.structural[i]! += factor * weights.structural[i]!;
  for (let k = 0; k < into.embedding.length; k++) into.embedding[k]! += factor * weights.embedding[k]!;
}

function scoreModel(request: PredictionRequest, ask: ScoredAsk, weights: ModelWeights): Scored {
  const { model, preset, pooled } = weights;
  const shift = effortShift(weights.ability.effort, request.task);
  const ability = shifted(weights.ability, shift);
  const logits = noParts(ask);
  const tested = testedNear(ask, ability.known);
  if (ask.familiarity > 0) {
    addWeighted(logits, pooled, ask, ask.familiarity);
    const head = ability.known?.head;
    if (head !== undefined && tested > 0) addWeighted(logits, head, ask, ask.familiarity * tested);
  }
  // What a model did better or worse in a kind of work was seen on a few benchmarks: it says little of asks unlike them. What thinking does there says
  // much: it is what the kind of work asks for, and was so on many.
  const cell = ability.known?.cells.get(cellKey(request.task, request.language));
  logits.structural[0]! += (preset === undefined ? ask.familiarity : 1) * (cell?.offset ?? 0);
  // Where nothing like the ask was seen, the ability stands alone.
  logits.structural[0]! += (1 - ask.familiarity) * weights.ability.value + (shift?.mean ?? 0);
  const share = logistic(logits.structural[0]!);
  const quality = logistic(sumOf(logits));
  return {
    model,
    preset,
    ability,
    shift,
    tested,
    share,
    parts: qualityParts(logits),
    quality,
    slope: quality * (1 - quality),
  };
}

function shifted(ability: Ability, shift: EffortShift | undefined): Ability {
  return shift === undefined ? ability : { ...ability, value: ability.value + shift.mean };
}

function predictionOf(
  parameters: PredictorParameters,
  request: PredictionRequest,
  ask: ScoredAsk,
  scored: Scored,
  reference: Scored | undefined,
): Prediction {
  const { calibration } = parameters;
  const key = cellKey(request.task, request.language);
  const pooledRows = parameters.cells.get(key) ?? 0;
  const languageRows = parameters.languages.get(request.language) ?? 0;
  const ownRows = (model: Scored) => model.ability.known?.cells.get(key)?.rows ?? 0;
  const unseen = (rows: number) => calibration.halfRows / (calibration.halfRows + rows);
  const thinkingVariance = (model: Scored) =>
    model.preset !== undefined && model.shift === undefined
      ? presetDoubt(request.task, ownRows(model))
      : shiftVariance(model.shift);
  const modelVariance = (model: Scored) =>
    calibration.model ** 2 * unseen(ownRows(model)) +
    model.slope ** 2 * (model.ability.sd ** 2 + thinkingVariance(model));
  const untested = 1 + (calibration.untestedFactor - 1) * Math.max(unseen(pooledRows), 1 - ask.familiarity);
  /** Variance of a whole group's mean, given how far apart two models are in ability. */
  const transferVariance = (gap: number) =>
    calibration.within ** 2 +
    untested ** 2 * (calibration.transfer ** 2 + (calibration.transferPerGap * gap) ** 2);

  // How far the assumption about easy work stands in for rows: 1 without any, 0 for other work.
  const assumed = easyTasks.has(request.task) ? unseen(pooledRows) : 0;
  const easyQuality = (model: Scored) => logistic(model.ability.value + easierByLogits);
  const qualityOf = (model: Scored) =>
    (1 - assumed) * clamp(model.quality, 0, 1) + assumed * easyQuality(model);
  // Rows of the model that thought otherwise tell of the model, not of what was asked about.
  const evidence = scored.shift === undefined ? ownRows(scored) : 0;
  const evidenceCell = describeCell(request, ownRows(scored), pooledRows, languageRows, scored.ability);
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
  const parts = noParts(ask);
  for (let i = 0; i < parts.structural.length; i++) {
    parts.structural[i] = (1 - assumed) * (reference.parts.structural[i]! - scored.parts.structural[i]!);
  }
  // Between ways of thinking of one model the gap comes from the kind of work; nothing was learned of how length widens it.
  if (scored.model !== reference.model) {
    parts.structural[1 + lengthIndex]! +=
      (1 - assumed) *
      lengthGap(ask, {
        abilities: [reference.ability.value, scored.ability.value],
        gap: reference.quality - scored.quality,
        tested: Math.min(scored.tested, reference.tested),
        rows: Math.min(scored.ability.known?.rows ?? 0, reference.ability.known?.rows ?? 0),
      });
  }
  parts.structural[0]! += assumed * (easyQuality(reference) - easyQuality(scored));
  parts.wording = (1 - assumed) * (reference.parts.wording - scored.parts.wording);
  // Of the same weights only what thinking changes is in doubt, and how far that is from one kind of work to another is what its spread says.
  const lossSd = Math.sqrt(
    isOtherPreset(scored, reference)
      ? calibration.within ** 2 + untested ** 2 * sharedVariance(scored, reference)
      : transferVariance(reference.share - scored.share) + modelVariance(scored) + modelVariance(reference),
  );
  return {
    // The reference's quality less the loss, so that the two figures shown side by side agree.
    quality: estimate(qualityOf(reference) - sumOf(parts), calibration.qualityFactor * qualitySd, 0, 1),
    loss: estimate(sumOf(parts), calibration.lossFactor * lossSd, -1, 1),
    evidence,
    evidenceCell,
    contributions: contributionsOf(parts, request.ask, isOtherPreset(scored, reference)),
    ability: scored.ability,
  };
}

/** Two presets of one model that are known by the same outcomes or the same scores. */
function isOtherPreset(one: Scored, other: Scored): boolean {
  return one.model === other.model && one.ability.known === other.ability.known;
}

/** Variance of the loss between two presets: the doubt about the model itself moves both. */
function sharedVariance(one: Scored, other: Scored): number {
  return (
    ((other.slope - one.slope) * one.ability.sd) ** 2 +
    sharedShiftVariance([one.shift, one.slope], [other.shift, other.slope])
  );
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
  const thinking = ability.effort === undefined ? '' : ', the effect of thinking from published pairs';
  const prior =
    ability.source === 'outcomes'
      ? `ability from outcomes on other work${thinking}`
      : ability.source === 'scores'
        ? `ability from published scores${thinking}`
        : 'ability unknown: no outcomes and no usable score';
  if (own > 0) return `${cell}: ${own} rows of this model${thinking}`;
  if (pooled > 0) return `${cell}: ${pooled} rows of other models; ${prior}`;
  return languageRows > 0
    ? `${cell}: no rows of this kind of work; ${prior}`
    : `${cell}: no rows in this language; ${prior}`;
}

/**
 * The largest parts of the loss, in words, and the sum of all others, so that what is listed adds up to the loss. The wording appears as one part:
 * naming n-grams would quote the prompt.
 */
function contributionsOf(parts: Parts, ask: AskNumbers, sameModel: boolean): Contribution[] {
  // Index 0 is the constant, then the structural features, then the wording.
  const wording = parts.structural.length;
  const effectAt = (index: number) => (index === wording ? parts.wording : parts.structural[index]!);
  const largest: number[] = [];
  let present = 0;
  for (let index = 0; index <= wording; index++) {
    const size = Math.abs(effectAt(index));
    if (size === 0) continue;
    present += 1;
    const last = largest[contributionsMax - 1];
    if (last !== undefined && size <= Math.abs(effectAt(last))) continue;
    let at = largest.length;
    while (at > 0 && Math.abs(effectAt(largest[at - 1]!)) < size) at -= 1;
    largest.splice(at, 0, index);
    if (largest.length > contributionsMax) largest.pop();
  }
  const told = largest.map((index): Contribution => {
    const effect = effectAt(index);
    if (index === 0)
      return {
        feature: sameModel ? 'effort' : 'ability',
        label: sameModel ? 'how much the model thinks' : 'the models’ abilities on an average ask',
        value: 1,
        effect,
      };
    if (index === wording)
      return {
        feature: 'wording',
        label: 'the wording of the ask',
        value: 1,
        effect,
      };
    const value = Math.round(ask.structural[index - 1]! * 1000) / 1000;
    const name = structuralLabels[index - 1]!;
    // What is absent speaks too: most asks have it.
    const label = value === 0 ? `absent: ${name}` : name;
    return { feature: structuralIds[index - 1]!, label, value, effect };
  });
  const others = present - told.length;
  if (others === 0) return told;
  const effect = told.reduce((rest, one) => rest - one.effect, sumOf(parts));
  return [...told, { feature: 'others', label: `${others} smaller parts`, value: others, effect }];
}
