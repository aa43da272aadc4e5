import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Capture } from '../../proof/index.ts';
import { idCursor, pageLimit } from './id-cursor.ts';

export interface CaptureOperations {
  putCapture(capture: Capture): void;
  findCapture(requestId: string): Capture | undefined;
  captures(query: CaptureQuery): { captures: Capture[]; nextCursor: string | undefined };
  pruneCaptures(nowMs: number, bytesMax: number): number;
}

interface CaptureQuery {
  route?: string | undefined;
  fromMs: number;
  toMs: number;
  cursor?: string | undefined;
  limit: number;
}

/** The texts that routes have kept. The only table of proof that holds any. */
export function captureOperations(db: DatabaseSync): CaptureOperations {
  const put = db.prepare(
    `INSERT INTO proof_captures (request_id, route, at_ms, expires_at_ms, bytes, capture) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (request_id) DO UPDATE SET route = excluded.route, at_ms = excluded.at_ms,
       expires_at_ms = excluded.expires_at_ms, bytes = excluded.bytes, capture = excluded.capture`,
  );
  const one = db.prepare('SELECT capture FROM proof_captures WHERE request_id = ?');
  const list = db.prepare(
    `SELECT capture FROM proof_captures WHERE at_ms >= ? AND at_ms < ? AND (?3 IS NULL OR route = ?3)
       AND (?4 IS NULL OR request_id < ?4) ORDER BY request_id DESC LIMIT ?5`,
  );
  const expired = db.prepare('DELETE FROM proof_captures WHERE expires_at_ms <= ?');
  const sizes = db.prepare('SELECT request_id, bytes FROM proof_captures ORDER BY request_id DESC');
  const upTo = db.prepare('DELETE FROM proof_captures WHERE request_id <= ?');
  return {
    putCapture(capture) {
      const { requestId, route, atMs, expiresAtMs } = capture;
      const document = JSON.stringify(capture);
      const times = [Math.trunc(atMs), Math.trunc(expiresAtMs)];
      put.run(requestId, route, ...times, document.length, zstdCompressSync(document));
    },
    findCapture(requestId) {
      const row = one.get(requestId);
      return row === undefined ? undefined : captureOf(row);
    },
    captures({ route, fromMs, toMs, cursor, limit }) {
      const rows = pageLimit(limit);
      const before = cursor === undefined ? null : idCursor(cursor);
      const found = list.all(Math.trunc(fromMs), Math.trunc(toMs), route ?? null, before, rows + 1);
      const page = found.slice(0, rows).map(captureOf);
      return { captures: page, nextCursor: found.length > rows ? page.at(-1)?.requestId : undefined };
    },
    pruneCaptures(nowMs, bytesMax) {
      const old = Number(expired.run(Math.trunc(nowMs)).changes);
      const beyond = newestBeyond(sizes.iterate(), bytesMax);
      return beyond === undefined ? old : old + Number(upTo.run(beyond).changes);
    },
  };
}

/** The newest that no longer fits; undefined where all do. */
function newestBeyond(rows: Iterable<{ [column: string]: unknown }>, bytesMax: number): string | undefined {
  let bytes = 0;
  for (const row of rows) {
    bytes += Number(row['bytes']);
    if (bytes > bytesMax) return String(row['request_id']);
  }
  return undefined;
}

const captureOf = (row: { [column: string]: unknown }): Capture =>
  JSON.parse(zstdDecompressSync(row['capture'] as Uint8Array).toString('utf8')) as Capture;
