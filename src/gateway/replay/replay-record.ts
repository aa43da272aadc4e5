import type { RequestRecord } from '../../ledger/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import {
  type Decision,
  type Difference,
  type OtherTarget,
  planId,
  redecide,
  replay,
} from '../../router/index.ts';
import type { NanoUsd } from '../../std/index.ts';
import type { ReplayPredictors } from './replay-predictors.ts';

export interface ReplayQuestion {
  /** Decide with the artefact that is loaded now, also where it was another. */
  withLoaded?: boolean | undefined;
  /** What would have been decided under this target. */
  target?: OtherTarget | undefined;
}

/** What a decision promises: of its cascade, or of the candidate it prefers. */
export interface Outlook {
  /** A candidate, or a plan as `planId` writes it. */
  answer: string;
  /** Undefined where the price is unknown. */
  costNano: NanoUsd | undefined;
  /** In quality points 0..1, against the reference. Undefined where nothing was estimated. */
  loss: number | undefined;
}

export interface DecisionReplay {
  requestId: string;
  decisionId: string;
  madeWith: string;
  replayedWith: string;
  /** False: the artefact reads wording in a way of its own, so the ask was taken as one whose wording was never seen. */
  wordingRead: boolean;
  same: boolean;
  differences: Difference[];
  decision: Decision;
  /** Why another outcome is no wonder. */
  note: string | undefined;
  whatIf: { decision: Decision; before: Outlook; after: Outlook } | undefined;
}

/**
 * Makes the decision of a record again. Throws `invalid_request` where that cannot be: no decision was made, or what it was made of was not
 * kept or cannot be read by this version.
 */
export async function replayRecord(
  record: RequestRecord,
  question: ReplayQuestion,
  predictors: ReplayPredictors,
): Promise<DecisionReplay> {
  const { decision: stored, inputs } = record;
  if (stored === undefined)
    throw new GatewayError('invalid_request', `Nothing was decided for the request ${record.id}.`);
  if (inputs === undefined) {
    throw new GatewayError(
      'invalid_request',
      `The decision ${stored.id} was recorded without what it was made of, by an earlier version or among too many candidates, so it cannot be made again.`,
    );
  }
  const replayWith = await predictors.for(stored.artefact, question.withLoaded === true);
  const replayed = replay(stored, inputs, replayWith);
  if (replayed === undefined) {
    throw new GatewayError(
      'invalid_request',
      `What the decision ${stored.id} was made of cannot be read by this version: replay it with the version that recorded it.`,
    );
  }
  const other =
    question.target === undefined ? undefined : redecide(stored, inputs, replayWith, question.target);
  return {
    requestId: record.id,
    decisionId: stored.id,
    madeWith: stored.artefact,
    replayedWith: replayWith.predictor.parameters.id,
    wordingRead: replayWith.readsWording,
    same: replayed.differences.length === 0,
    ...replayed,
    note: noteOn(stored, replayWith),
    whatIf: other && {
      decision: other,
      before: outlookOf(replayed.decision),
      after: outlookOf(other),
    },
  };
}

function noteOn(
  stored: Decision,
  { predictor, readsWording, isAtHand }: Awaited<ReturnType<ReplayPredictors['for']>>,
): string | undefined {
  const { id } = predictor.parameters;
  if (id === stored.artefact) return undefined;
  const absent = isAtHand ? '' : ', which is not kept here or not readable by this version';
  const wording = readsWording
    ? ''
    : ', the wording of the ask left out, because what was stored of it means nothing to another reading';
  return `Made with artefact ${stored.artefact}${absent}; loaded is ${id}: this is what ${id} decides${wording}.`;
}

function outlookOf({ cascade, preferred, candidates }: Decision): Outlook {
  if (cascade !== undefined)
    return { answer: planId(cascade.plan), costNano: cascade.cost?.totalNano, loss: cascade.loss.mean };
  const one = candidates.find(({ candidate }) => candidate === preferred);
  return { answer: preferred, costNano: one?.cost?.totalNano, loss: one?.loss.mean };
}
