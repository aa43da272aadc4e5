import { type NanoUsd, nanoPerUsd } from '../../std/index.ts';
import { planId } from '../answer/plan.ts';
import type { CostParts, Decision, Estimate, ReasonCode } from '../decision.ts';
import type { Prediction, Predictor } from '../predictor/predictor.ts';
import type { AskSignals, SignalName } from '../predictor/signals.ts';
import { decide } from './decide.ts';
import type { DecideInput } from './input.ts';
import { choiceOf } from './told-signals.ts';

export interface SignalOffer {
  name: SignalName;
  /** What asking it is expected to cost. */
  costNano: NanoUsd;
}

export type Undecided =
  | {
      undecided: true;
      /** Those that could change the choice. */
      signals: SignalOffer[];
      /** What is chosen without them, and what may be with them. */
      choice: string;
      others: string[];
    }
  | {
      undecided: false;
      /** `fixed`: nothing is weighed. `settled`: no signal could say what would change the choice. `cheap`: it could, for less than it costs. */
      why: 'fixed' | 'settled' | 'cheap';
    };

/** A judge says more than this, either way, of one ask in five: what only an extremer rating could change is taken as settled. */
const usualRating = { low: 0.1, high: 0.9 };

/** The part of a loss interval's half width that an embedding may take away; the rest is about the models, not about the ask. */
const embeddingReach = 0.5;

/** Signals rarely say the extreme: what they may gain must be several times what they cost. */
const gainPerCostMin = 4;

/** Reasons for which the estimates are why the choice is as it is. */
const weighed: ReadonlySet<ReasonCode> = new Set([
  'cheaper-within-loss',
  'checkable-task',
  'best-value',
  'cascade',
  'little-evidence',
  'loss-too-high',
]);

/**
 * Whether a signal could change this choice: the decision is made again for what each signal might say, and where it comes out otherwise, for
 * enough money or quality, the signal is worth asking. Pure; it costs a decision for each end of each signal.
 *
 * @param told the input as it would be with these signals, where more depends on them than themselves
 */
export function isUndecided(
  input: DecideInput,
  local: Decision,
  offers: readonly SignalOffer[],
  predictor: Predictor,
  told: (signals: AskSignals) => DecideInput = (signals) => ({ ...input, signals }),
): Undecided {
  if (isFixed(input, local)) return { undecided: false, why: 'fixed' };
  const choice = choiceOf(local);
  const found: { offer: SignalOffer; other: string }[] = [];
  let flips = false;
  for (const offer of offers) {
    for (const said of extremes(offer.name, input, predictor, told)) {
      const other = choiceOf(said);
      if (other === choice) continue;
      flips = true;
      const gainNano = gainOf(said, choice, other);
      if (gainNano >= gainPerCostMin * offer.costNano) found.push({ offer, other });
    }
  }
  if (found.length === 0) return { undecided: false, why: flips ? 'cheap' : 'settled' };
  const signals = offers.filter((offer) => found.some((one) => one.offer === offer));
  return { undecided: true, signals, choice, others: [...new Set(found.map(({ other }) => other))] };
}

/** Locks, named models, loops of tools, and calls about a conversation rather than of it. */
function isFixed({ mode, ladder, reading: { shape } }: DecideInput, local: Decision): boolean {
  // What a ladder is tested on must not depend on services that answer today and are late tomorrow.
  if (mode === 'named' || ladder !== undefined || shape.openToolLoop || shape.providerBoundState) return true;
  if (shape.turn !== 'main' && shape.turn !== 'sub-agent') return true;
  if (shape.task === 'utility' || shape.askChars === 0) return true;
  // An observing route does not say for which reason it would choose as it would; what is not weighed no signal changes.
  return local.reason !== 'observe' && !weighed.has(local.reason);
}

/** The decision as it would be after the least and the most favourable that the signal usually says. */
function extremes(
  name: SignalName,
  input: DecideInput,
  predictor: Predictor,
  told: (signals: AskSignals) => DecideInput,
): Decision[] {
  switch (name) {
    case 'judge':
      return [usualRating.low, usualRating.high].map((rating) =>
        decide(told({ judge: [rating] }), predictor),
      );
    case 'embedding':
      return [embeddingReach, -embeddingReach].map((reach) => decide(input, doubting(predictor, reach)));
  }
}

/** A predictor that expects every loss to be higher by this share of its half width. */
function doubting(predictor: Predictor, share: number): Predictor {
  const moved = (prediction: Prediction): Prediction => {
    const { loss, quality } = prediction;
    const by = (share * (loss.high - loss.low)) / 2;
    return { ...prediction, loss: shifted(loss, by, -1), quality: shifted(quality, -by, 0) };
  };
  return { ...predictor, predict: (...asked) => predictor.predict(...asked).map(moved) };
}

function shifted({ mean, low, high }: Estimate, by: number, least: number): Estimate {
  const within = (value: number): number => Math.max(least, Math.min(1, value + by));
  return { mean: within(mean), low: within(low), high: within(high) };
}

/** What the other choice would be worth more than this one, if the signal said so: money alone, or money and quality. */
function gainOf(said: Decision, choice: string, other: string): NanoUsd {
  const now = wayOf(said, choice);
  const then = wayOf(said, other);
  if (now?.cost === undefined || then?.cost === undefined) return 0;
  const savedNano = now.cost.totalNano - then.cost.totalNano;
  const qualityNano = said.lambda * (now.loss.mean - then.loss.mean) * nanoPerUsd;
  return Math.max(savedNano, savedNano + qualityNano);
}

function wayOf(
  { candidates, cascade, cascades }: Decision,
  name: string,
): { cost: CostParts | undefined; loss: Estimate } | undefined {
  const plans = [...(cascade === undefined ? [] : [cascade]), ...(cascades ?? [])];
  return (
    candidates.find(({ candidate }) => candidate === name) ?? plans.find(({ plan }) => planId(plan) === name)
  );
}
