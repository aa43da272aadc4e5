import type { Model } from '../../catalog/index.ts';
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
}

/** Scores at the ends of a scale say «all» or «none», not infinitely able. */
const scoreMin = 0.5;
const scoreMax = 99.5;

/** Level 1 of the prediction: outcomes seen, else published scores, else the middle of the field with a wide spread. */
export function abilityOf(
  model: Pick<Model, 'id' | 'aliases' | 'scores'>,
  parameters: PredictorParameters,
): Ability {
  for (const name of [model.id, ...model.aliases]) {
    const known = parameters.models.get(modelKey(name));
    if (known !== undefined) return { value: known.ability, sd: 0, source: 'outcomes', known };
  }
  let precision = 0;
  let weighted = 0;
  let leastSd = Number.POSITIVE_INFINITY;
  for (const score of model.scores) {
    const mapping = mappingFor(score.benchmark, parameters.benchmarks);
    if (mapping === undefined || !Number.isFinite(score.value)) continue;
    const value = Math.min(scoreMax, Math.max(scoreMin, score.value)) / 100;
    const ability = mapping.intercept + mapping.slope * logit(value);
    const sd = mapping.sd * saturation(value);
    precision += 1 / sd ** 2;
    weighted += ability / sd ** 2;
    leastSd = Math.min(leastSd, sd);
  }
  if (precision > 0) {
    // Benchmarks err together (the same training tricks lift them all), so several never count as more than two independent ones.
    const sd = Math.max(1 / Math.sqrt(precision), leastSd / Math.SQRT2);
    return { value: weighted / precision, sd, source: 'scores', known: undefined };
  }
  return {
    value: middleOf(parameters),
    sd: parameters.calibration.unknownAbilitySd,
    source: 'unknown',
    known: undefined,
  };
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
