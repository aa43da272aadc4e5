import type { Decision, DecisionTarget } from '../decision.ts';
import type { Predictor } from '../predictor/predictor.ts';
import { decide } from '../stages/decide.ts';
import type { DecideInput } from '../stages/input.ts';
import { type DecisionInputs, inputFrom } from './inputs.ts';

/** One field in which two decisions differ; a side that lacks it is undefined. */
export interface Difference {
  /** E.g. `candidates.1.loss.mean`. */
  field: string;
  stored: unknown;
  replayed: unknown;
}

export interface ReplayedDecision {
  decision: Decision;
  /** The first of them; none = the same decision. */
  differences: Difference[];
}

const differencesMax = 20;

/** Another policy that a stored decision is made again under. A budget is no such policy: it needs somebody to pace it. */
export type OtherTarget = DecisionTarget & { kind: 'quality' | 'usd-per-quality' };

/** Who makes a stored decision again. */
export interface ReplayWith {
  predictor: Predictor;
  /** It is the one the decision was made with, or `sharesEmbedding` with it: else what was stored of the wording means nothing to it. */
  readsWording: boolean;
}

/**
 * Makes a stored decision again. With the predictor it was made with and the same code the outcome is the same, field by field, after both
 * were written as JSON. Undefined where the inputs cannot be read by this version or predictor.
 */
export function replay(
  stored: Decision,
  inputs: DecisionInputs,
  replayWith: ReplayWith,
): ReplayedDecision | undefined {
  const input = readable(stored, inputs, replayWith);
  if (input === undefined) return undefined;
  const decision = decide(input, replayWith.predictor);
  return { decision, differences: differencesOf(stored, decision) };
}

/** What would have been decided under another target. Conversations, caches and health stay as they were; a cap on upgrades still holds. */
export function redecide(
  stored: Decision,
  inputs: DecisionInputs,
  replayWith: ReplayWith,
  target: OtherTarget,
): Decision | undefined {
  return redecideAs(stored, inputs, replayWith, (input) => ({ ...input, target, lambdaUsd: undefined }));
}

/** What would have been decided had the router been told otherwise. Undefined as for `replay`. */
export function redecideAs(
  stored: Decision,
  inputs: DecisionInputs,
  replayWith: ReplayWith,
  told: (input: DecideInput) => DecideInput,
): Decision | undefined {
  const input = readable(stored, inputs, replayWith);
  return input && decide(told(input), replayWith.predictor);
}

/** Whether both read the wording of an ask in the same way, number for number. */
export function sharesEmbedding(one: Predictor, other: Predictor): boolean {
  const [a, b] = [one.parameters.embedding, other.parameters.embedding];
  if (a === b) return true;
  return sameNumbers(a.scale, b.scale) && sameNumbers(a.rarity, b.rarity) && sameNumbers(a.rows, b.rows);
}

function sameNumbers(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

function readable(stored: Decision, inputs: DecisionInputs, replayWith: ReplayWith): DecideInput | undefined {
  const input = inputFrom(stored, inputs);
  if (input?.ask === undefined) return undefined;
  const { mean, embedding } = replayWith.predictor.parameters;
  if (input.ask.structural.length !== mean.length) return undefined;
  if (!replayWith.readsWording) {
    // As of an ask whose wording was never seen: the predictor then leans on what it knows of the models.
    const direction = new Float32Array(embedding.dimensions);
    return { ...input, ask: { ...input.ask, direction, captured: 0 } };
  }
  return input.ask.direction.length === embedding.dimensions ? input : undefined;
}

/** Field by field, as both are written in JSON: undefined is absent. The first `differencesMax`. */
function differencesOf(stored: Decision, replayed: Decision): Difference[] {
  const found: Difference[] = [];
  compare(asJson(stored), asJson(replayed), '', found);
  return found;
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function compare(stored: unknown, replayed: unknown, field: string, found: Difference[]): void {
  if (found.length >= differencesMax || stored === replayed) return;
  if (!isObject(stored) || !isObject(replayed) || Array.isArray(stored) !== Array.isArray(replayed)) {
    found.push({ field, stored, replayed });
    return;
  }
  for (const name of new Set([...Object.keys(stored), ...Object.keys(replayed)]))
    compare(stored[name], replayed[name], field === '' ? name : `${field}.${name}`, found);
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
