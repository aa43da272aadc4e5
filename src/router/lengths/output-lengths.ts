import { isObject } from '../../protocol/index.ts';
import type { TaskFamily } from '../decision.ts';
import { cappedMean, hazard, logNormalMean, meanBeyond, shareAbove } from './log-normal.ts';
import {
  type AnswerFormat,
  formatTerm,
  modelTerms,
  sizeTerm,
  spreadPrior,
  type TermPrior,
  type Thinking,
  taskTerm,
  thinkingTaskTerm,
  thinkingTerm,
} from './prior.ts';
import { emptyLevel, type LengthsState, type Level, levelOf, stateOf, type Term } from './state.ts';

/** What the length of an answer is expected to depend on. */
export interface LengthQuestion {
  /** Catalogue name of the model. */
  model: string;
  task: TaskFamily;
  thinking: Thinking;
  format: AnswerFormat;
  askChars: number;
}

export interface LengthObservation extends LengthQuestion {
  /** All generated tokens, reasoning included. */
  tokens: number;
  /** False where the answer was cut, by an output limit or because the client left: it would have become longer. */
  whole: boolean;
}

/** Models remembered; the one that answered longest ago is forgotten first. */
export const lengthModelsMax = 500;

/** Observations older than about so many of a kind count for little, so that a changed model is learned again. */
const memory = 500;
const kept = 1 - 1 / memory;
/** How slowly certainty fades: the location then follows a few hundred answers of a kind. */
const certaintyKept = 1 - 1 / 20000;
/** Answers that a prior spread, and a prior calibration, are worth. */
const spreadPriorCount = 10;
const totalsPriorCount = 50;
const spreadMin = 0.05;
/** A single answer moves nothing further than one that is this many spreads away. */
const surpriseMax = 4;
/** No answer is longer: what claims to be is a miscount. */
const plausibleMax = 10_000_000;
const typicalAskChars = 400;
const sizeMax = 3;

interface Part {
  level: Level;
  name: string;
  prior: TermPrior;
  x: number;
}

interface Belief {
  location: number;
  /**
   * Variance of the location: how little is known. It steers learning and is left out of the mean: taken for independent, the terms
   * overstate it, and models seen for the first time came out half too long on recorded answers.
   */
  doubt: number;
  spread: number;
}

/**
 * How long answers become: a log-normal whose location is a sum of terms (family of work, thinking, both together, requested form, size of
 * the ask; each once for all models and once for the model), fitted one answer at a time by a Kalman filter with independent terms. A new
 * answer moves most what is least known, so that a model without answers of a kind inherits from its other answers and from other
 * models. Costs need the mean, which a log-normal only approximates, so the ratio of actual to predicted totals is learned beside it.
 *
 * An answer that was cut says only that it would have been longer, and is learned from as such: taken at its length, streams
 * that clients leave would make every estimate too low.
 */
export class OutputLengths {
  #shared = emptyLevel();
  #models = new Map<string, Level>();

  /** Expected tokens, at least 1, of an answer that is cut at `tokensMax`. Undefined = no limit. */
  expected(question: LengthQuestion, tokensMax?: number): number {
    const model = this.#models.get(question.model);
    const belief = beliefOf(partsOf(question, this.#shared, model), this.#shared, model, question.task);
    const location = belief.location + Math.log(this.#calibration(model, question.task));
    const { spread } = belief;
    const mean =
      tokensMax === undefined ? logNormalMean(location, spread) : cappedMean(location, spread, tokensMax);
    return Math.max(1, Math.round(Math.min(mean, plausibleMax)));
  }

  /** Chance that an answer reaches the limit at which it is cut. */
  cutShare(question: LengthQuestion, tokensMax: number): number {
    const model = this.#models.get(question.model);
    const belief = beliefOf(partsOf(question, this.#shared, model), this.#shared, model, question.task);
    const location = belief.location + Math.log(this.#calibration(model, question.task));
    return shareAbove(location, belief.spread, tokensMax);
  }

  observe(observation: LengthObservation): void {
    const tokens = Math.max(1, observation.tokens);
    if (!(tokens <= plausibleMax)) return;
    const { task } = observation;
    const model = this.#levelOf(observation.model);
    const parts = partsOf(observation, this.#shared, model);
    for (const part of parts) forget(part);
    const belief = beliefOf(parts, this.#shared, model, task);
    this.#learnTotals(belief, tokens, observation, model);
    const z = (Math.log(tokens) - belief.location) / belief.spread;
    if (observation.whole) this.#learnWhole(parts, belief, clamp(z, surpriseMax), model, task);
    else this.#learnCut(parts, belief, Math.min(z, surpriseMax), model, task);
  }

  state(): LengthsState {
    return {
      version: 1,
      shared: stateOf(this.#shared),
      models: [...this.#models].map(([id, level]) => [id, stateOf(level)]),
    };
  }

  /** Takes up what was learned before; false, and nothing is changed, where the value is no state of this version. */
  restore(value: unknown): boolean {
    if (!isObject(value) || value['version'] !== 1 || !Array.isArray(value['models'])) return false;
    const shared = levelOf(value['shared']);
    if (shared === undefined) return false;
    const models = new Map<string, Level>();
    for (const entry of (value['models'] as unknown[]).slice(-lengthModelsMax)) {
      if (!Array.isArray(entry)) return false;
      const [id, given] = entry as unknown[];
      const level = levelOf(given);
      if (typeof id !== 'string' || level === undefined) return false;
      models.set(id, level);
    }
    this.#shared = shared;
    this.#models = models;
    return true;
  }

  #levelOf(id: string): Level {
    const level = this.#models.get(id) ?? emptyLevel();
    this.#models.delete(id);
    this.#models.set(id, level);
    if (this.#models.size > lengthModelsMax) {
      const oldest = this.#models.keys().next().value;
      if (oldest !== undefined) this.#models.delete(oldest);
    }
    return level;
  }

  #learnWhole(parts: Part[], belief: Belief, z: number, model: Level, task: TaskFamily): void {
    move(parts, belief, z / belief.spread, 1 / belief.spread ** 2);
    // What the location's own doubt explains of the deviation is not spread.
    const share = belief.spread ** 2 / (belief.spread ** 2 + belief.doubt);
    this.#learnSpread((z * belief.spread) ** 2 * share, model, task);
  }

  /** The score and the information of a censored observation (a Tobit model's). */
  #learnCut(parts: Part[], belief: Belief, z: number, model: Level, task: TaskFamily): void {
    const rate = hazard(z);
    const information = Math.min(1, Math.max(0, rate * (rate - z)));
    move(parts, belief, rate / belief.spread, information / belief.spread ** 2);
    this.#learnSpread(belief.spread ** 2 * Math.min(surpriseMax ** 2, 1 + z * rate), model, task);
  }

  #learnSpread(square: number, model: Level, task: TaskFamily): void {
    for (const level of [this.#shared, model]) {
      const sums = level.deviations.get(task) ?? { count: 0, squares: 0 };
      level.deviations.set(task, { count: sums.count * kept + 1, squares: sums.squares * kept + square });
    }
  }

  #learnTotals(belief: Belief, tokens: number, { whole, task }: LengthObservation, model: Level): void {
    const { spread } = belief;
    const predicted = logNormalMean(belief.location, spread);
    const actual = whole ? tokens : meanBeyond(belief.location, spread, tokens);
    for (const [level, name] of [
      [this.#shared, task],
      [model, 'all'],
      [model, task],
    ] as const) {
      const sums = level.totals.get(name) ?? { predicted: 0, actual: 0 };
      level.totals.set(name, {
        predicted: sums.predicted * kept + predicted,
        actual: sums.actual * kept + actual,
      });
    }
  }

  /** Actual over predicted tokens: for this model and family, shrunk to the model, to the family, to 1. */
  #calibration(model: Level | undefined, task: TaskFamily): number {
    let ratio = 1;
    if (model !== undefined) {
      ratio = shrunk(model, 'all', ratio);
      ratio = shrunk(model, task, ratio);
    }
    return ratio;
  }
}

function shrunk({ totals, deviations }: Level, name: string, towards: number): number {
  const sums = totals.get(name);
  if (sums === undefined || sums.predicted <= 0) return towards;
  const count =
    deviations.get(name)?.count ?? [...deviations.values()].reduce((sum, each) => sum + each.count, 0);
  const weight = (sums.predicted / Math.max(1, count)) * totalsPriorCount;
  return (sums.actual + towards * weight) / (sums.predicted + weight);
}

function partsOf(question: LengthQuestion, shared: Level, model: Level | undefined): Part[] {
  const { task, thinking, format } = question;
  const size = clamp(Math.log((question.askChars + 40) / typicalAskChars), sizeMax);
  const parts: Part[] = [
    { level: shared, name: `task:${task}`, prior: taskTerm(task), x: 1 },
    { level: shared, name: `thinking:${thinking}`, prior: thinkingTerm(thinking), x: 1 },
    { level: shared, name: `format:${format}`, prior: formatTerm(format), x: 1 },
    { level: shared, name: `size:${task}`, prior: sizeTerm(task), x: size },
  ];
  const level = model ?? emptyLevel();
  parts.push(
    { level, name: 'model', prior: modelTerms.model, x: 1 },
    { level, name: `task:${task}`, prior: modelTerms.task, x: 1 },
    { level, name: `thinking:${thinking}`, prior: modelTerms.thinking, x: 1 },
    { level, name: `format:${format}`, prior: modelTerms.format, x: 1 },
    { level, name: `size:${task}`, prior: modelTerms.size, x: size },
  );
  // Without thinking there is nothing that a family of work could make longer or shorter of it.
  if (thinking !== 'off' && thinking !== 'default') {
    const name = `thinking:${thinking}:${task}`;
    parts.push(
      { level: shared, name, prior: thinkingTaskTerm(thinking, task), x: 1 },
      { level, name, prior: modelTerms.thinkingTask, x: 1 },
    );
  }
  return parts;
}

const termOf = ({ level, name, prior }: Part): Term => level.terms.get(name) ?? prior;

function beliefOf(parts: Part[], shared: Level, model: Level | undefined, task: TaskFamily): Belief {
  let location = 0;
  let doubt = 0;
  for (const part of parts) {
    const { mean, variance } = termOf(part);
    location += mean * part.x;
    doubt += variance * part.x * part.x;
  }
  return { location, doubt, spread: spreadOf(shared, model, task) };
}

function spreadOf(shared: Level, model: Level | undefined, task: TaskFamily): number {
  let variance = spreadPrior ** 2;
  for (const level of [shared, model]) {
    const sums = level?.deviations.get(task);
    if (sums === undefined) continue;
    variance = (sums.squares + variance * spreadPriorCount) / (sums.count + spreadPriorCount);
  }
  return Math.max(spreadMin, Math.sqrt(variance));
}

/**
 * Certainty fades towards the prior's. Terms that are taken for independent would else trust for ever in what one model's traffic once
 * said of all models.
 */
function forget({ level, name, prior }: Part): void {
  const { mean, variance } = level.terms.get(name) ?? prior;
  level.terms.set(name, { mean, variance: prior.variance + certaintyKept * (variance - prior.variance) });
}

/** One step of the filter: `score` and `information` are the derivatives of the observation's log likelihood by the location. */
function move(parts: Part[], { doubt }: Belief, score: number, information: number): void {
  const damping = 1 + doubt * information;
  for (const part of parts) {
    const { mean, variance } = termOf(part);
    const pull = (variance * part.x) / damping;
    part.level.terms.set(part.name, {
      mean: mean + pull * score,
      variance: variance - pull * variance * part.x * information,
    });
  }
}

function clamp(value: number, size: number): number {
  return Math.max(-size, Math.min(size, value));
}
