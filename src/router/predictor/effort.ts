import type { TaskFamily } from '../decision.ts';
import { modelKey, type PredictorParameters } from './parameters.ts';

/** How a model is told to think; absent = as it does unasked. */
export const presets = ['off', 'low', 'high'] as const;
export type Preset = (typeof presets)[number];

/** A number and how far it may be from the truth, as a standard deviation. */
export interface Guess {
  mean: number;
  sd: number;
}

/**
 * What full thinking adds to a model's ability, in logits, by kind of work, before its own outcomes tell. Means and spreads over models and benchmarks of
 * published pairs of the same weights with thinking on and off:
 *
 * - Qwen3 technical report (arXiv 2505.09388), tables 11 to 18 (235B, 32B, 30B-A3B, 14B, 8B, 4B): MATH-500 +1.6, AIME +2.2, PolyMath +1.1; LiveCodeBench
 *   +1.5; GPQA-Diamond +0.6, AutoLogi +0.7, MLogiQA +0.6, ZebraLogic +2.5; MMLU-Redux +0.5, C-Eval +0.3, INCLUDE +0.2, MMMLU +0.3; BFCL +0.3; Arena-Hard
 *   +0.3; Creative Writing +0.4, WritingBench +0.2; IFEval and Multi-IF +0.1. Table 22: LengthCtrl −0.9. Table 23: RULER −0.4.
 * - DeepSeek-V3.1 model card: MMLU-Redux +0.3, MMLU-Pro +0.1, GPQA-Diamond +0.3, LiveCodeBench +0.8, Aider +0.4, AIME +1.9 and +2.0.
 * - gpt-oss model card (arXiv 2508.10925), table 3, low to high effort: Tau-Bench Retail +0.8, SWE-bench Verified +0.6 to +1.
 *
 * Translation, summaries and utility calls are not among these: an assumption, with a wide spread. Benchmarks are harder than everyday work of their kind.
 */
const gains: Record<TaskFamily, Guess> = {
  maths: { mean: 1.7, sd: 0.6 },
  code: { mean: 0.9, sd: 0.5 },
  reasoning: { mean: 0.8, sd: 0.8 },
  'agent-step': { mean: 0.5, sd: 0.4 },
  lookup: { mean: 0.3, sd: 0.2 },
  chat: { mean: 0.3, sd: 0.3 },
  creative: { mean: 0.2, sd: 0.4 },
  extraction: { mean: 0.1, sd: 0.3 },
  rewrite: { mean: 0.1, sd: 0.4 },
  translate: { mean: 0.1, sd: 0.4 },
  summarise: { mean: 0.1, sd: 0.4 },
  utility: { mean: 0, sd: 0.4 },
  'long-context': { mean: -0.2, sd: 0.5 },
};

export const taskFamilies = Object.keys(gains) as TaskFamily[];

export const thinkingGain = (task: TaskFamily): Guess => gains[task];

/** How much of the gain a preset has. «Low» means something else to every vendor; half is an assumption. */
const shares: Record<Preset, Guess> = {
  off: { mean: 0, sd: 0 },
  low: { mean: 0.5, sd: 0.25 },
  high: { mean: 1, sd: 0.1 },
};

export const gainShare = (preset: Preset): Guess => shares[preset];

/** Vendors publish what their models reach when they think. */
const publishedShare: Guess = { mean: 1, sd: 0.2 };
/** Outcomes under the bare name may come from either way of answering. */
const bareShare: Guess = { mean: 0.5, sd: 0.5 };

/** How a candidate's way of thinking differs from the one that its ability is known of, as shares of the gain. */
export interface EffortStep {
  step: number;
  /** Of the preset's own share, and of the share at which the ability is known. */
  presetSd: number;
  basisSd: number;
}

/** A name as an outcomes file or a route writes it, taken apart: `qwen3-32b#high`. Words after `#` that are no preset belong to the name. */
export function splitPreset(name: string): { model: string; preset: Preset | undefined } {
  const hash = name.lastIndexOf('#');
  if (hash < 0) return { model: name, preset: undefined };
  const word = name.slice(hash + 1).toLowerCase();
  if (word === 'default') return { model: name.slice(0, hash), preset: undefined };
  const preset = presets.find((each) => each === word);
  return preset === undefined ? { model: name, preset } : { model: name.slice(0, hash), preset };
}

export interface PresetEvidence {
  /** Key of the parameters that outcomes have taught. */
  key: string;
  /** Undefined where the outcomes are of this very preset. */
  step: EffortStep | undefined;
}

/** The outcomes that say most of a preset: its own, those under the bare name, those of the preset that thinks most like it. */
export function presetEvidence(
  names: readonly string[],
  preset: Preset,
  models: PredictorParameters['models'],
): PresetEvidence | undefined {
  const keyOf = (suffix: string) =>
    names.map((name) => modelKey(name) + suffix).find((key) => models.has(key));
  const own = keyOf(`#${preset}`);
  if (own !== undefined) return { key: own, step: undefined };
  const bare = keyOf('');
  if (bare !== undefined) return { key: bare, step: stepFromBare(preset) };
  const away = (other: Preset) => Math.abs(shares[other].mean - shares[preset].mean);
  for (const other of [...presets].sort((a, b) => away(a) - away(b))) {
    const key = keyOf(`#${other}`);
    if (key !== undefined) return { key, step: stepFrom(shares[other], preset) };
  }
  return undefined;
}

/** From what a vendor publishes to this preset. */
export const stepFromPublished = (preset: Preset): EffortStep => stepFrom(publishedShare, preset);

/** From a name without a preset, whose way of thinking is not known, to this preset. */
export const stepFromBare = (preset: Preset): EffortStep => stepFrom(bareShare, preset);

function stepFrom(basis: Guess, preset: Preset): EffortStep {
  const { mean, sd } = shares[preset];
  return { step: mean - basis.mean, presetSd: sd, basisSd: basis.sd };
}

/** What an effort adds to the ability for one kind of work, in logits, and the parts of the doubt about it. */
export interface EffortShift {
  mean: number;
  /** Logits per unit of the gain's own doubt, of the preset's and of the basis's. */
  step: number;
  gain: Guess;
  presetSd: number;
  basisSd: number;
}

export function effortShift(effort: EffortStep | undefined, task: TaskFamily): EffortShift | undefined {
  if (effort === undefined) return undefined;
  const gain = gains[task];
  return { ...effort, mean: effort.step * gain.mean, gain };
}

type WeightedShift = readonly [shift: EffortShift | undefined, weight: number];

/** Variance of the difference of two weighted shifts of one model: they have the gain and the basis in common. */
export function sharedShiftVariance(
  [one, oneWeight]: WeightedShift,
  [other, otherWeight]: WeightedShift,
): number {
  const gain = one?.gain ?? other?.gain;
  if (gain === undefined) return 0;
  const steps = oneWeight * (one?.step ?? 0) - otherWeight * (other?.step ?? 0);
  const basis = oneWeight * (one?.basisSd ?? 0) - otherWeight * (other?.basisSd ?? 0);
  const preset = (oneWeight * (one?.presetSd ?? 0)) ** 2 + (otherWeight * (other?.presetSd ?? 0)) ** 2;
  return (steps * gain.sd) ** 2 + (basis ** 2 + preset) * (gain.mean ** 2 + gain.sd ** 2);
}

/** Information of one outcome about a logit, where neither answer is sure. */
const informationPerRow = 0.15;

/** Variance, in logits, of what a preset's own outcomes leave open about a kind of work of which they have so many rows. */
export function presetDoubt(task: TaskFamily, rows: number): number {
  // Its ability is that of all its kinds of work; the gain of one may differ from their mean.
  const variance = gains[task].sd ** 2;
  return variance / (1 + variance * informationPerRow * rows);
}

/** Variance of the shift in logits. */
export function shiftVariance(shift: EffortShift | undefined): number {
  if (shift === undefined) return 0;
  const { step, gain, presetSd, basisSd } = shift;
  return (step * gain.sd) ** 2 + (presetSd ** 2 + basisSd ** 2) * (gain.mean ** 2 + gain.sd ** 2);
}
