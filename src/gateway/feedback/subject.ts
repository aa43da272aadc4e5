import type { RequestRecord } from '../../ledger/index.ts';
import { GatewayError, isObject } from '../../protocol/index.ts';
import {
  type AskNumbers,
  type AskSignals,
  type CandidateFacts,
  decodeAsk,
  encodeAsk,
  inputFrom,
  type Language,
  type OwnOutcome,
  type PredictedModel,
  type TaskFamily,
} from '../../router/index.ts';

/** What was decided about, as far as learning needs it. */
export interface DecidedAbout {
  ask: AskNumbers;
  artefact: string;
  task: TaskFamily;
  language: Language;
  signals: AskSignals | undefined;
  reference: CandidateFacts;
  candidates: CandidateFacts[];
}

/** Throws `invalid_request` for a request whose decision nothing can be learned from. */
export function decidedAbout({ decision, inputs }: RequestRecord): DecidedAbout {
  const input = decision && inputs && inputFrom(decision, inputs);
  if (decision === undefined || input?.ask === undefined) {
    throw new GatewayError(
      'invalid_request',
      'Nothing was kept of how this request was decided (it was none for a chat model, had too many candidates, or is of an older version), so its outcome cannot be learned from.',
    );
  }
  const { task, language } = decision.shape;
  return {
    ask: input.ask,
    artefact: decision.artefact,
    task,
    language,
    signals: input.signals,
    reference: input.reference,
    candidates: input.candidates.map(({ candidate }) => candidate),
  };
}

export function predictedModel({ deployment: { model }, effort }: CandidateFacts): PredictedModel {
  const { id, aliases, scores } = model;
  return { id, aliases, scores, ...(effort !== 'default' && { effort }) };
}

interface Subject {
  ask: string;
  artefact: string;
  task: TaskFamily;
  language: Language;
  signals?: AskSignals;
  reference: PredictedModel;
  model: PredictedModel;
}

export function encodeSubject(about: DecidedAbout, candidate: CandidateFacts): string {
  const { artefact, task, language, signals } = about;
  const subject: Subject = {
    ask: encodeAsk(about.ask),
    artefact,
    task,
    language,
    ...(signals !== undefined && { signals }),
    reference: shortened(predictedModel(about.reference)),
    model: shortened(predictedModel(candidate)),
  };
  return JSON.stringify(subject);
}

const shortened = ({ scores, ...model }: PredictedModel): PredictedModel => ({
  ...model,
  scores: scores.map(({ benchmark, value }) => ({ benchmark, value })),
});

/**
 * What can be learned from; undefined where what was stored cannot be read. Wording that was read through another artefact's embedding says nothing to this
 * one, structure does.
 */
export function outcomeOf(text: string, score: number, artefact: string): OwnOutcome | undefined {
  const subject = parsed(text);
  const ask = subject && decodeAsk(subject.ask);
  if (subject === undefined || ask === undefined) return undefined;
  const { task, language, signals, reference, model } = subject;
  const read =
    subject.artefact === artefact ? ask : { ...ask, direction: ask.direction.fill(0), captured: 0 };
  return { ask: read, task, language, signals, reference, model, score };
}

function parsed(text: string): Subject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Only ever written by `encodeSubject`, so knowing that it is whole is enough.
    return isObject(value) && isObject(value['reference']) && isObject(value['model'])
      ? (value as unknown as Subject)
      : undefined;
  } catch {
    return undefined;
  }
}
