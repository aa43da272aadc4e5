import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type {
  Capture,
  Certificate,
  FrozenPolicy,
  Label,
  Pair,
  PairQuery,
  StoryEvent,
} from '../../proof/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { type CaptureOperations, captureOperations } from './captures.ts';
import { inTransaction } from './database.ts';
import { idCursor, pageLimit } from './id-cursor.ts';
import { type NoteOperations, noteOperations } from './notes.ts';

export interface ProofOperations extends CaptureOperations, NoteOperations {
  putPair(pair: Pair, capture: Capture | undefined): void;
  findPair(id: string): Pair | undefined;
  pairs(query: PairQuery): { pairs: Pair[]; nextCursor: string | undefined };
  putLabel(label: Label): void;
  labels(pairIds: readonly string[]): Label[];
  putPolicy(policy: FrozenPolicy): void;
  policies(route: string): FrozenPolicy[];
  putCertificate(certificate: Certificate): void;
  certificates(query: { route?: string | undefined; limit: number }): Certificate[];
  appendStory(events: readonly StoryEvent[]): void;
  story(query: StoryQuery): { events: StoryEvent[]; nextCursor: string | undefined };
}

interface StoryQuery {
  route?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The tables of proof: documents, beside the columns that they are looked for by. Ids are time-ordered, so their order is that of what happened. */
export function proofOperations(db: DatabaseSync): ProofOperations {
  const captures = captureOperations(db);
  const notes = noteOperations(db);
  const pruneCaptures: CaptureOperations['pruneCaptures'] = (nowMs, bytesMax) => {
    notes.pruneNotes(nowMs);
    return captures.pruneCaptures(nowMs, bytesMax);
  };
  return {
    ...captures,
    ...notes,
    pruneCaptures,
    ...pairOperations(db, captures),
    ...labelOperations(db),
    ...courseOperations(db),
  };
}

function pairOperations(
  db: DatabaseSync,
  { putCapture }: CaptureOperations,
): Pick<ProofOperations, 'putPair' | 'findPair' | 'pairs'> {
  const put = db.prepare(
    `INSERT INTO proof_pairs (id, route, policy, use, at_ms, anchor, pair) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET route = excluded.route, policy = excluded.policy, use = excluded.use,
       at_ms = excluded.at_ms, anchor = excluded.anchor, pair = excluded.pair`,
  );
  const one = db.prepare('SELECT pair AS document FROM proof_pairs WHERE id = ?');
  return {
    putPair(pair, capture) {
      const { id, route, policy, use, atMs, anchorPropensity } = pair;
      const anchor = anchorPropensity === undefined ? 0 : 1;
      inTransaction(db, () => {
        put.run(id, route, policy ?? null, use, Math.trunc(atMs), anchor, JSON.stringify(pair));
        if (capture !== undefined) putCapture(capture);
      });
    },
    findPair(id) {
      const row = one.get(id);
      return row === undefined ? undefined : documentOf<Pair>(row);
    },
    pairs(query) {
      const limit = pageLimit(query.limit);
      const { conditions, values } = conditionsOf(query);
      const order = query.after === undefined ? 'DESC' : 'ASC';
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const statement = db.prepare(
        `SELECT pair AS document FROM proof_pairs ${where} ORDER BY id ${order} LIMIT ?`,
      );
      const pairs = statement.all(...values, limit + 1).map(documentOf<Pair>);
      const isMore = query.after === undefined && pairs.length > limit;
      const page = pairs.slice(0, limit);
      return { pairs: page, nextCursor: isMore ? page.at(-1)?.id : undefined };
    },
  };
}

function conditionsOf({ route, policy, use, anchors, fromMs, toMs, after, cursor }: PairQuery) {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add('route = ?', route);
  add('policy = ?', policy);
  add('use = ?', use);
  add('at_ms >= ?', fromMs && Math.trunc(fromMs));
  add('at_ms < ?', toMs && Math.trunc(toMs));
  add('id > ?', after);
  add('id < ?', cursor === undefined ? undefined : idCursor(cursor));
  if (anchors !== undefined) conditions.push('anchor = 1');
  if (anchors === 'open')
    conditions.push('NOT EXISTS (SELECT 1 FROM proof_labels WHERE pair_id = proof_pairs.id)');
  return { conditions, values };
}

function labelOperations(db: DatabaseSync): Pick<ProofOperations, 'putLabel' | 'labels'> {
  const known = db.prepare('SELECT 1 FROM proof_pairs WHERE id = ?');
  const put = db.prepare(
    `INSERT INTO proof_labels (pair_id, candidate, given_by, loss, comment, at_ms) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (pair_id, candidate, given_by) DO UPDATE SET loss = excluded.loss, comment = excluded.comment,
       at_ms = excluded.at_ms`,
  );
  const ofPair = db.prepare(
    'SELECT * FROM proof_labels WHERE pair_id = ? ORDER BY at_ms, candidate, given_by',
  );
  return {
    putLabel({ pairId, candidate, by, loss, comment, atMs }) {
      if (known.get(pairId) === undefined)
        throw new GatewayError('not_found', 'There is no pair with this id.', { param: 'pair_id' });
      put.run(pairId, candidate, by, loss, comment ?? null, Math.trunc(atMs));
    },
    labels: (pairIds) => pairIds.flatMap((id) => ofPair.all(id).map(labelOf)),
  };
}

/** What became of routes: policies, certificates, and the story. */
function courseOperations(
  db: DatabaseSync,
): Pick<
  ProofOperations,
  'putPolicy' | 'policies' | 'putCertificate' | 'certificates' | 'appendStory' | 'story'
> {
  const putPolicy = db.prepare(
    `INSERT INTO proof_policies (id, route, ordinal, policy) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET policy = excluded.policy`,
  );
  const policies = db.prepare(
    'SELECT policy AS document FROM proof_policies WHERE route = ? ORDER BY ordinal',
  );
  const putCertificate = db.prepare(
    `INSERT INTO proof_certificates (id, route, certificate) VALUES (?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET certificate = excluded.certificate`,
  );
  const certificates = db.prepare(
    `SELECT certificate AS document FROM proof_certificates WHERE ?1 IS NULL OR route = ?1 ORDER BY id DESC LIMIT ?2`,
  );
  const putEvent = db.prepare(
    'INSERT INTO proof_story (id, route, event) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const story = db.prepare(
    `SELECT event AS document FROM proof_story
     WHERE (?1 IS NULL OR route = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`,
  );
  return {
    putPolicy: (policy) =>
      void putPolicy.run(policy.id, policy.route, policy.ordinal, JSON.stringify(policy)),
    policies: (route) => policies.all(route).map(documentOf<FrozenPolicy>),
    putCertificate: (one) => void putCertificate.run(one.id, one.route, JSON.stringify(one)),
    certificates: ({ route, limit }) =>
      certificates.all(route ?? null, pageLimit(limit)).map(documentOf<Certificate>),
    appendStory: (events) =>
      inTransaction(db, () => {
        for (const event of events) putEvent.run(event.id, event.route, JSON.stringify(event));
      }),
    story(query) {
      const limit = pageLimit(query.limit);
      const cursor = query.cursor === undefined ? null : idCursor(query.cursor);
      const events = story.all(query.route ?? null, cursor, limit + 1).map(documentOf<StoryEvent>);
      const page = events.slice(0, limit);
      return { events: page, nextCursor: events.length > limit ? page.at(-1)?.id : undefined };
    },
  };
}

type Row = { [column: string]: unknown };

const documentOf = <T>(row: Row): T => JSON.parse(String(row['document'])) as T;

const labelOf = (row: Row): Label => ({
  pairId: String(row['pair_id']),
  candidate: String(row['candidate']),
  by: String(row['given_by']),
  loss: Number(row['loss']),
  comment: row['comment'] === null ? undefined : String(row['comment']),
  atMs: Number(row['at_ms']),
});
