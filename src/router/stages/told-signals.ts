import { planId } from '../answer/plan.ts';
import type { AskedSignal, Decision } from '../decision.ts';
import type { SignalName } from '../predictor/signals.ts';
import type { DecideInput } from './input.ts';

/** Who answers, as one name: a vote by its plan, anything else by who is asked first. */
export function choiceOf({ cascade, preferred }: Pick<Decision, 'cascade' | 'preferred'>): string {
  return cascade?.plan.kind === 'vote' ? planId(cascade.plan) : preferred;
}

/** The decision with what is to be said of the signals that were asked for it; the same where none was. */
export function withSignals(decision: Decision, { asked, signals }: DecideInput): Decision {
  if (asked === undefined) return decision;
  const changed = choiceOf(decision) !== asked.without;
  const { explanation } = decision;
  const sentence = `${explanation.sentence} ${told(asked, changed)}`;
  return {
    ...decision,
    signals: { ...asked, values: signals ?? {}, changed },
    explanation: { ...explanation, sentence },
  };
}

/** What a decision was told of signals, for making it again. */
export function signalsOf({ signals }: Decision): Pick<DecideInput, 'signals' | 'asked'> {
  if (signals === undefined) return {};
  const { asked, without, waitedMs, costNano, values } = signals;
  return { signals: values, asked: { asked, without, waitedMs, costNano } };
}

const names: { readonly [name in SignalName]: string } = { embedding: 'an embedding', judge: 'a judge' };

const outcomes: { readonly [outcome in Exclude<AskedSignal['outcome'], 'answered'>]: string } = {
  late: 'was late',
  failed: 'could not be asked',
  unclear: 'gave no clear answer',
};

function told({ asked, waitedMs, without }: NonNullable<DecideInput['asked']>, changed: boolean): string {
  const heard = asked.filter(({ outcome }) => outcome === 'answered');
  const ms = `${Math.round(waitedMs)} ms`;
  if (heard.length === 0) {
    const why = asked.map(
      ({ name, outcome }) => `${names[name]} ${outcome === 'answered' ? '' : outcomes[outcome]}`,
    );
    return `It was undecided, and ${why.join(' and ')} (${ms}).`;
  }
  const whom = heard.map(({ name }) => names[name]).join(' and ');
  const effect = changed ? `without it ${without} would have answered` : 'which changed nothing';
  return `It was undecided, so ${whom} was asked (${ms}): ${effect}.`;
}
