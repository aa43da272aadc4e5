import type { Model, Score } from '../../catalog/index.ts';
import { type EffortStep, type Preset, presetEvidence, stepFromBare, stepFromPublished } from './effort.ts';
import {
  type BenchmarkMapping,
  logit,
  type ModelParameters,
  modelKey,
  type PredictorParameters,
} from './parameters.ts';

/** What is known of a model before the prompt is looked at. */
export interface Ability {
  /** Logits on the common scale. */
  value: number;
  /** Standard deviation; 0 where outcomes of the model itself were seen. */
  sd: number;
  source: 'outcomes' | 'scores' | 'unknown';
  /** Parameters of the model, where outcomes of it were seen. */
  known: ModelParameters | undefined;
  /** From the way of thinking that this is known of to the one asked about; undefined where they are the same. */
  effort?: EffortStep | undefined;
}

/** What is predicted: a model of the catalogue, thinking as it does unasked or as a preset says. */
export type PredictedModel = Pick<Model, 'id' | 'aliases'> & {
  scores: readonly Pick<Score, 'benchmark' | 'value'>[];
  effort?: Preset | undefined;
};

/** Scores at the ends of a scale say «all» or «none», not infinitely able. */
const scoreMin = 0.5;
const scoreMax = 99.5;

/** Level 1 of the prediction: outcomes seen, else published scores, else the middle of the field with a wide spread. */
export function abilityOf(model: PredictedModel, parameters: PredictorParameters): Ability {
  const names = [model.id, ...model.aliases];
  if (model.effort !== undefined) return presetAbility(model, model.effort, names, parameters);
  for (const name of names) {
    const known = parameters.models.get(modelKey(name));
    if (known !== undefined) return seen(known);
  }
  return publishedAbility(model, parameters);
}

const seen = (known: ModelParameters): Ability => ({
  value: known.ability,
  sd: 0,
  source: 'outcomes',
  known,
});

/** Of a preset: from its own outcomes, else from what is known of the model and what thinking more or less changes. */
function presetAbility(
  model: PredictedModel,
  preset: Preset,
  names: readonly string[],
  parameters: PredictorParameters,
): Ability {
  const evidence = presetEvidence(names, preset, parameters.models);
  if (evidence !== undefined) return { ...seen(parameters.models.get(evidence.key)!), effort: evidence.step };
  const ability = publishedAbility(model, parameters);
  const effort = ability.source === 'scores' ? stepFromPublished(preset) : stepFromBare(preset);
  return { ...ability, effort };
}

function publishedAbility(model: PredictedModel, parameters: PredictorParameters): Ability {
  const published = abilityFromScores(model.scores, parameters.benchmarks);
  if (published !== undefined) return { ...published, source: 'scores', known: undefined };
  return {
    value: middleOf(parameters),
    sd: parameters.calibration.unknownAbilitySd,
    source: 'unknown',
    known: undefined,
  };
}

/** In logits; undefined where none of the scores is of a benchmark that is known. */
export function abilityFromScores(
  scores: PredictedModel['scores'],
  benchmarks: BenchmarkMapping[],
): Pick<Ability, 'value' | 'sd'> | undefined {
  let precision = 0;
  let weighted = 0;
  let leastSd = Number.POSITIVE_INFINITY;
  for (const score of scores) {
    const mapping = mappingFor(score.benchmark, benchmarks);
    if (mapping === undefined || !Number.isFinite(score.value)) continue;
    const value = Math.min(scoreMax, Math.max(scoreMin, score.value)) / 100;
    const ability = mapping.intercept + mapping.slope * logit(value);
    const sd = mapping.sd * saturation(value);
    precision += 1 / sd ** 2;
    weighted += ability / sd ** 2;
    leastSd = Math.min(leastSd, sd);
  }
  if (precision === 0) return undefined;
  // Benchmarks err together (the same training tricks lift them all), so several never count as more than two independent ones.
  return { value: weighted / precision, sd: Math.max(1 / Math.sqrt(precision), leastSd / Math.SQRT2) };
}

/** Near the ends of its scale a benchmark hardly tells models apart: one point there is many logits, and mostly noise. */
function saturation(share: number): number {
  return 0.5 / Math.sqrt(share * (1 - share));
}

function mappingFor(benchmark: string, mappings: BenchmarkMapping[]): BenchmarkMapping | undefined {
  const name = benchmark.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  let best: BenchmarkMapping | undefined;
  for (const mapping of mappings) {
    const fits = name === mapping.id || name.startsWith(`${mapping.id}-`);
    if (fits && mapping.id.length > (best?.id.length ?? 0)) best = mapping;
  }
  return best;
}

function middleOf(parameters: PredictorParameters): number {
  const abilities = [...new Set(parameters.models.values())]
    .map((model) => model.ability)
    .sort((a, b) => a - b);
  return abilities[abilities.length >> 1] ?? 0;
}
