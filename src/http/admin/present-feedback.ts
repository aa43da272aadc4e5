import {
  type Feedback,
  type FeedbackTaken,
  type KeptOutcomes,
  outcomesKeptMax,
} from '../../gateway/index.ts';
import type { StoredNote } from '../../proof/index.ts';
import type * as contract from './feedback-contract.ts';

export function feedbackOf(body: contract.Feedback): Feedback[] {
  return body.outcomes.map(
    ({ request_id, decision_id, score, right, model, scores, source, edit, comment }) => ({
      requestId: request_id,
      decisionId: decision_id,
      score: right === undefined ? score : Number(right),
      model,
      scores,
      source,
      edit,
      comment,
    }),
  );
}

export function presentTaken({ added, changed, unchanged, rejected }: FeedbackTaken): contract.FeedbackTaken {
  return {
    added,
    changed,
    unchanged,
    rejected: rejected.map(({ index, error }) => ({ index, code: error.code, message: error.message })),
  };
}

export async function presentLearned(outcomes: KeptOutcomes): Promise<contract.Learned> {
  return {
    stored: await outcomes.stored(),
    stored_max: outcomesKeptMax,
    models: outcomes.own.models().map(({ model, rows, cells }) => ({
      model,
      outcomes: rows,
      by_work: Object.fromEntries([...cells].map(([cell, count]) => [cell.replace('|', ' × '), count])),
    })),
  };
}

export function presentNotes({
  notes,
  nextCursor,
}: {
  notes: StoredNote[];
  nextCursor: string | undefined;
}): contract.FeedbackNotes {
  return {
    data: notes.map(({ id, requestId, route, source, comment, edit, atMs }) => ({
      id,
      request_id: requestId,
      route: route ?? null,
      source,
      comment: comment ?? null,
      edit: edit ?? null,
      at: new Date(atMs).toISOString(),
    })),
    next_cursor: nextCursor ?? null,
  };
}
