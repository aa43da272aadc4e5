import type { FeedbackNote, FeedbackTexts } from '../../gateway/index.ts';
import type { ChatAnswer } from '../../protocol/index.ts';
import { textOf } from '../graders/judge.ts';
import type { ProofStore } from '../store.ts';
import { keptShare } from './kept-share.ts';

/** Comments are no texts of a request, and are kept for a year. */
const commentKeptMs = 365 * 86_400_000;

/**
 * What people say of answers, beside the texts that routes keep. An edit tells how good every captured answer to the request was, so where the request became a pair it teaches of all its models at once. It never counts
 * for a certificate: who edits is no chance.
 */
export function feedbackTexts(store: Pick<ProofStore, 'capture' | 'putNote'>): FeedbackTexts {
  return {
    async kept(requestId, edit) {
      const capture = await store.capture(requestId);
      if (capture === undefined) return undefined;
      return Object.fromEntries(
        Object.entries(capture.answers).map(([candidate, answer]) => [
          candidate,
          keptShare(textOf(JSON.parse(answer) as ChatAnswer), edit),
        ]),
      );
    },
    async note(note: FeedbackNote) {
      const capture = note.edit === undefined ? undefined : await store.capture(note.requestId);
      const edit = capture === undefined ? undefined : note.edit;
      if (edit === undefined && note.comment === undefined) return;
      await store.putNote({
        ...note,
        edit,
        editExpiresAtMs: capture?.expiresAtMs,
        expiresAtMs: note.comment === undefined ? capture!.expiresAtMs : note.atMs + commentKeptMs,
      });
    },
  };
}
