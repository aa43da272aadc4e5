import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { StoredResponse } from '../../gateway/index.ts';

export interface ResponseOperations {
  putResponse(response: StoredResponse): void;
  findResponse(tenant: string, id: string): StoredResponse | undefined;
  removeResponse(tenant: string, id: string): boolean;
  pruneResponses(beforeMs: number, bytesMax: number): number;
}

/** Each turn of a conversation holds all of it, and text of this kind shrinks to a fifth. */
export function responseOperations(db: DatabaseSync): ResponseOperations {
  const put = db.prepare(
    `INSERT INTO responses (tenant, id, created_at_ms, held_by, bytes, input, response)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET created_at_ms = excluded.created_at_ms, held_by = excluded.held_by,
       bytes = excluded.bytes, input = excluded.input, response = excluded.response`,
  );
  const one = db.prepare('SELECT * FROM responses WHERE tenant = ? AND id = ?');
  const remove = db.prepare('DELETE FROM responses WHERE tenant = ? AND id = ?');
  const removeBefore = db.prepare('DELETE FROM responses WHERE created_at_ms < ?');
  const sizes = db.prepare('SELECT created_at_ms, bytes FROM responses ORDER BY created_at_ms DESC');

  return {
    putResponse({ tenant, id, createdAtMs, heldBy, input, response }) {
      const bytes = input.length + response.length;
      put.run(
        tenant,
        id,
        Math.trunc(createdAtMs),
        heldBy ?? null,
        bytes,
        zstdCompressSync(input),
        zstdCompressSync(response),
      );
    },
    findResponse(tenant, id) {
      const row = one.get(tenant, id);
      return row === undefined ? undefined : responseOf(row);
    },
    removeResponse: (tenant, id) => Number(remove.run(tenant, id).changes) > 0,
    pruneResponses(beforeMs, bytesMax) {
      const old = Number(removeBefore.run(Math.trunc(beforeMs)).changes);
      const newestOver = newestBeyond(sizes.iterate(), bytesMax);
      return newestOver === undefined ? old : old + Number(removeBefore.run(newestOver + 1).changes);
    },
  };
}

/** When the newest response was made that no longer fits; undefined where all do. Read from an index, without the responses. */
function newestBeyond(rows: Iterable<{ [column: string]: unknown }>, bytesMax: number): number | undefined {
  let bytes = 0;
  for (const row of rows) {
    bytes += Number(row['bytes']);
    if (bytes > bytesMax) return Number(row['created_at_ms']);
  }
  return undefined;
}

function responseOf(row: { [column: string]: unknown }): StoredResponse {
  return {
    id: String(row['id']),
    tenant: String(row['tenant']),
    createdAtMs: Number(row['created_at_ms']),
    heldBy: row['held_by'] === null ? undefined : String(row['held_by']),
    input: zstdDecompressSync(row['input'] as Uint8Array).toString('utf8'),
    response: zstdDecompressSync(row['response'] as Uint8Array).toString('utf8'),
  };
}
