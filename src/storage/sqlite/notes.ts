import type { DatabaseSync } from 'node:sqlite';
import type { NewNote, StoredNote } from '../../proof/index.ts';
import { idCursor, pageLimit } from './id-cursor.ts';

export interface NoteOperations {
  putNote(note: NewNote): void;
  notes(query: NoteQuery): { notes: StoredNote[]; nextCursor: string | undefined };
  pruneNotes(nowMs: number): void;
}

interface NoteQuery {
  route?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** What people said of answers in words. */
export function noteOperations(db: DatabaseSync): NoteOperations {
  const put = db.prepare(
    `INSERT INTO feedback_notes (request_id, route, given_by, source, comment, edit, at_ms, edit_expires_at_ms, expires_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (request_id, given_by, source) DO UPDATE SET comment = excluded.comment, edit = excluded.edit,
       at_ms = excluded.at_ms, edit_expires_at_ms = excluded.edit_expires_at_ms, expires_at_ms = excluded.expires_at_ms`,
  );
  const list = db.prepare(
    `SELECT * FROM feedback_notes WHERE (?1 IS NULL OR route = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`,
  );
  const expired = db.prepare('DELETE FROM feedback_notes WHERE expires_at_ms <= ?');
  const editsExpired = db.prepare('UPDATE feedback_notes SET edit = NULL WHERE edit_expires_at_ms <= ?');
  return {
    putNote({ requestId, route, by, source, comment, edit, atMs, editExpiresAtMs, expiresAtMs }) {
      const ends = [editExpiresAtMs, expiresAtMs].map((one) => (one === undefined ? null : Math.trunc(one)));
      put.run(requestId, route ?? null, by, source, comment ?? null, edit ?? null, Math.trunc(atMs), ...ends);
    },
    notes({ route, limit, cursor }) {
      const rows = pageLimit(limit);
      const before = cursor === undefined ? null : noteNumber(cursor);
      const found = list.all(route ?? null, before, rows + 1).map(noteOf);
      const page = found.slice(0, rows);
      return { notes: page, nextCursor: found.length > rows ? page.at(-1)?.id : undefined };
    },
    pruneNotes(nowMs) {
      expired.run(Math.trunc(nowMs));
      editsExpired.run(Math.trunc(nowMs));
    },
  };
}

/** Throws `invalid_request`. */
const noteNumber = (cursor: string): number => Number(/^note_(\d{1,15})$/.exec(cursor)?.[1] ?? idCursor(''));

const textIn = (value: unknown): string | undefined => (value === null ? undefined : String(value));

const noteOf = (row: { [column: string]: unknown }): StoredNote => ({
  id: `note_${String(row['id']).padStart(12, '0')}`,
  requestId: String(row['request_id']),
  route: textIn(row['route']),
  by: String(row['given_by']),
  source: String(row['source']),
  comment: textIn(row['comment']),
  edit: textIn(row['edit']),
  atMs: Number(row['at_ms']),
});
