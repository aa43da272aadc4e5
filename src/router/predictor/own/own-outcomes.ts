import type { Language, TaskFamily } from '../../decision.ts';
import type { AskNumbers } from '../../features/numbers.ts';
import type { PredictedModel } from '../ability.ts';
import { type CellKey, cellKey, logistic, logit } from '../parameters.ts';
import type { Predictor } from '../predictor.ts';
import { prepareAsk } from '../score.ts';
import { type AskSignals, type SignalName, signalNames, signalSizes } from '../signals.ts';
import {
  type Belief,
  covarianceOf,
  forget,
  grow,
  learn,
  newBelief,
  packedLength,
  priorVarianceOf,
  scoreOf,
  varianceOf,
} from './belief.ts';
import { type OwnModelReading, type OwnReading, ownKey, shippedQuality } from './reading.ts';
import {
  decodeHead,
  encodeHead,
  type Head,
  type HeadState,
  type OwnState,
  type PartName,
  partsMax,
} from './state.ts';

/** What an ask looks like to the heads: numbers only. */
export interface OwnAsk {
  ask: AskNumbers;
  task: TaskFamily;
  language: Language;
  signals?: AskSignals | undefined;
}

/** How good one model's answer to one ask turned out to be. */
export interface OwnOutcome extends OwnAsk {
  /** What the decision was made relative to. */
  reference: PredictedModel;
  model: PredictedModel;
  /** 0..1. */
  score: number;
}

/** Models remembered; the one whose outcomes ended longest ago is forgotten first. */
export const ownModelsMax = 64;

/**
 * Standard deviations expected of the weights before any outcome, in logits. The constant is about how far the shipped predictor is off on a benchmark that it
 * never saw; the others are about what learned best on recorded sets (`bench/online.ts`), where twice as large loses a hundredth of APGR.
 */
const priorSd = {
  constant: 0.7,
  structure: 0.06,
  wording: 0.04,
  gap: 0.3,
  cell: 0.3,
  embedding: 0.3,
  judge: 0.4,
};

/** Outcomes of a model after which an older one counts 1/e of a new one: models and traffic change. */
const memory = 5000;
/** Outcomes of a model between two times of forgetting. */
const forgetEvery = 64;

/** An embedding has length 1: each of its numbers is about this small, and is read as large as other features are. */
const embeddingSize = Math.sqrt(signalSizes.embedding);

/**
 * What the outcomes of an installation's own requests teach, beyond the shipped predictor: per model a logistic regression on what the ask looks like, added to
 * the shipped logit, and fitted one outcome at a time (Laplace's approximation after each, so that nothing but the belief must be kept). Outcomes of one
 * model count as well as of several on one ask. All routes share one store: outcomes are scarce, and the ask tells their traffic apart.
 */
export class OwnOutcomes {
  readonly #predictor: Predictor;
  readonly #prior: Float64Array;
  #heads = new Map<string, Head>();

  constructor(predictor: Predictor) {
    this.#predictor = predictor;
    const { mean, embedding } = predictor.parameters;
    this.#prior = new Float64Array(2 + mean.length + embedding.dimensions).fill(priorSd.structure ** 2);
    this.#prior.fill(priorSd.wording ** 2, 1 + mean.length);
    this.#prior[0] = priorSd.constant ** 2;
    this.#prior[this.#prior.length - 1] = priorSd.gap ** 2;
  }

  /** Outcomes learned from, of all models. */
  get rows(): number {
    let rows = 0;
    for (const head of this.#heads.values()) rows += head.rows;
    return rows;
  }

  /** Per model, by `ownKey`. */
  models(): { model: string; rows: number; cells: ReadonlyMap<CellKey, number> }[] {
    return [...this.#heads].map(([model, { rows, parts }]) => {
      const cells = [...parts].flatMap(([name, part]): [CellKey, number][] =>
        isSignal(name) ? [] : [[name, part.rows]],
      );
      return { model, rows, cells: new Map(cells) };
    });
  }

  /** What is known of these models for this ask; undefined where nothing is known of any. */
  read(asked: OwnAsk, models: readonly Pick<PredictedModel, 'id' | 'effort'>[]): OwnReading | undefined {
    if (this.#heads.size === 0) return undefined;
    const reading: { [model: string]: OwnModelReading } = {};
    let features: Features | undefined;
    for (const model of models) {
      const key = ownKey(model);
      const head = this.#heads.get(key);
      if (head === undefined || key in reading) continue;
      features ??= this.#featuresOf(asked);
      reading[key] = readHead(head, features);
    }
    return features === undefined ? undefined : reading;
  }

  /** Learns from one outcome. An ask of another shape than the predictor's, or a score that is none, is passed over: false. */
  learn(outcome: OwnOutcome): boolean {
    const { ask, reference, model, score } = outcome;
    if (!(score >= 0 && score <= 1) || !this.#reads(ask)) return false;
    const isReference = ownKey(model) === ownKey(reference);
    const predictions = this.#predictor.predict(
      outcome,
      reference,
      isReference ? [reference] : [reference, model],
    );
    const shipped = logit(shippedQuality(predictions.at(-1)!, predictions[0]!));
    const features = this.#featuresOf(outcome);
    features.ask[features.ask.length - 1] = shipped - logit(shippedQuality(predictions[0]!, predictions[0]!));
    const head = this.#headOf(ownKey(model));
    prepare(head, features);
    const x = inOrder(head, features);
    const { step, shrink } = updateOf(head.belief, x, { shipped, score });
    learn(head.belief, x, step, shrink);
    head.rows += 1;
    if (head.rows % forgetEvery === 0) forget(head.belief, forgetEvery / memory);
    for (const name of [features.cell, ...features.signals.map((signal) => signal.name)]) {
      const part = head.parts.get(name);
      if (part !== undefined) part.rows += 1;
    }
    return true;
  }

  state(): OwnState {
    return {
      version: 1,
      artefact: this.#predictor.parameters.id,
      models: [...this.#heads].map(([model, head]): [string, HeadState] => [model, encodeHead(head)]),
    };
  }

  /**
   * Takes up what was learned before; false, and nothing is changed, where the value is no such state, or one that was learned beside another artefact: what is
   * to be added to other predictions has to be learned anew from the outcomes.
   */
  restore(value: unknown): boolean {
    const state = value as Partial<OwnState> | null;
    if (typeof state !== 'object' || state === null || state.version !== 1) return false;
    if (state.artefact !== this.#predictor.parameters.id || !Array.isArray(state.models)) return false;
    const heads = new Map<string, Head>();
    for (const entry of state.models.slice(-ownModelsMax)) {
      const head =
        Array.isArray(entry) &&
        typeof entry[0] === 'string' &&
        decodeHead(entry[1], newHead(this.#prior), priorOf);
      if (!head) return false;
      heads.set(entry[0], head);
    }
    this.#heads = heads;
    return true;
  }

  clear(): void {
    this.#heads = new Map();
  }

  #reads({ structural, direction }: AskNumbers): boolean {
    const { mean, embedding } = this.#predictor.parameters;
    return structural.length === mean.length && direction.length === embedding.dimensions;
  }

  #featuresOf({ ask, task, language, signals }: OwnAsk): Features {
    const { structural, embedding } = prepareAsk(ask, this.#predictor.parameters);
    const x = new Float64Array(structural.length + embedding.length + 1);
    x.set(structural);
    x.set(embedding, structural.length);
    return { ask: x, cell: cellKey(task, language), signals: signalFeatures(signals) };
  }

  /** The model's head, as the one that is forgotten last. */
  #headOf(key: string): Head {
    const head = this.#heads.get(key) ?? newHead(this.#prior);
    this.#heads.delete(key);
    this.#heads.set(key, head);
    if (this.#heads.size > ownModelsMax) {
      const oldest = this.#heads.keys().next().value;
      if (oldest !== undefined) this.#heads.delete(oldest);
    }
    return head;
  }
}

interface Features {
  /** Constant, structure, embedding; last the shipped gap to the reference in logits, 0 while it is not known. */
  ask: Float64Array;
  cell: CellKey;
  signals: { name: SignalName; x: Float64Array }[];
}

const newHead = (prior: Float64Array): Head => ({
  rows: 0,
  belief: newBelief(prior),
  parts: new Map(),
});

/** Variances of a cell's or a signal's weights before any outcome. */
function priorOf(name: PartName): Float64Array {
  switch (name) {
    case 'embedding':
      return new Float64Array(signalSizes.embedding).fill(priorSd.embedding ** 2 / signalSizes.embedding);
    case 'judge':
      return Float64Array.of(priorSd.judge ** 2);
    default:
      return Float64Array.of(priorSd.cell ** 2);
  }
}

function signalFeatures(signals: AskSignals | undefined): Features['signals'] {
  if (signals === undefined) return [];
  return signalNames.flatMap((name) => {
    const numbers = signals[name];
    if (numbers?.length !== signalSizes[name] || !numbers.every(Number.isFinite)) return [];
    // A rating of one half is the usual ask; an embedding has length 1, and each of its numbers is read as large as other features are.
    const x = numbers.map((value) => (name === 'judge' ? 2 * value - 1 : embeddingSize * value));
    return [{ name, x: Float64Array.from(x) }];
  });
}

const isSignal = (name: PartName): name is SignalName => name in signalSizes;

/** Adds the parts that this ask has and the head has not. */
function prepare(head: Head, { cell, signals }: Features): void {
  const names: PartName[] = signals.map(({ name }) => name);
  if (head.parts.size < partsMax) names.push(cell);
  for (const name of names) {
    if (head.parts.has(name)) continue;
    head.parts.set(name, { from: head.belief.prior.length, rows: 0 });
    grow(head.belief, priorOf(name));
  }
}

/** The features in the order of the head's weights; of parts that it has not nothing can be said. */
function inOrder({ belief, parts }: Head, { ask, cell, signals }: Features): Float64Array {
  const x = new Float64Array(belief.prior.length);
  x.set(ask);
  const own = parts.get(cell);
  if (own !== undefined) x[own.from] = 1;
  for (const { name, x: numbers } of signals) {
    const part = parts.get(name);
    if (part !== undefined) x.set(numbers, part.from);
  }
  return x;
}

function readHead(head: Head, features: Features): OwnModelReading {
  const { belief, parts, rows } = head;
  const x = inOrder(head, features);
  const gap = features.ask.length - 1;
  // A cell without outcomes is as doubtful as it was before any.
  const unseen = parts.has(features.cell) ? 0 : priorSd.cell ** 2;
  return {
    logits: scoreOf(belief, x),
    variance: varianceOf(belief, x) + unseen,
    priorVariance: priorVarianceOf(belief, x) + unseen,
    perGap: {
      logits: belief.mean[gap]!,
      covariance: covarianceOf(belief, gap, x),
      variance: belief.covariance[packedLength(gap + 1) - 1]!,
      priorVariance: belief.prior[gap]!,
    },
    rows,
    cellRows: parts.get(features.cell)?.rows ?? 0,
    judgeRows: parts.get('judge')?.rows ?? 0,
  };
}

const stepsMax = 20;

/**
 * How far one outcome moves the beliefs. Along the covariance with the score the likeliest weights lie on a line, so the most likely step is the root of one
 * increasing function; the information is the likelihood's curvature there.
 */
function updateOf(
  belief: Belief,
  x: Float64Array,
  { shipped, score }: { shipped: number; score: number },
): { step: number; shrink: number } {
  const at = shipped + scoreOf(belief, x);
  const variance = varianceOf(belief, x);
  // `step = score − logistic(at + variance × step)` has one root, between −1 and 1.
  let low = -1;
  let high = 1;
  let step = 0;
  for (let i = 0; i < stepsMax; i++) {
    const quality = logistic(at + variance * step);
    const error = score - quality - step;
    if (Math.abs(error) < 1e-9) break;
    if (error > 0) low = step;
    else high = step;
    const next = step + error / (1 + variance * quality * (1 - quality));
    step = next > low && next < high ? next : (low + high) / 2;
  }
  const quality = logistic(at + variance * step);
  const information = quality * (1 - quality);
  return { step, shrink: information / (1 + variance * information) };
}
