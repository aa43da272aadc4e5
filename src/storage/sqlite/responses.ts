import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { StoredResponse } from '../../gateway/index.ts';
import { isObject } from '../../protocol/index.ts';
import { inTransaction } from './database.ts';

export interface ResponseOperations {
  putResponse(response: StoredResponse): void;
  findResponse(tenant: string, id: string): StoredResponse | undefined;
  findResponseWith(tenant: string, itemId: string): StoredResponse | undefined;
  knowsResponse(id: string): boolean;
  removeResponse(tenant: string, id: string): boolean;
  pruneResponses(beforeMs: number, bytesMax: number): number;
}

/** Each turn of a conversation holds all of it, and text of this kind shrinks to a fifth. */
export function responseOperations(db: DatabaseSync): ResponseOperations {
  const put = db.prepare(
    `INSERT INTO responses (tenant, id, created_at_ms, held_by, bytes, input, response)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, id) DO UPDATE SET created_at_ms = excluded.created_at_ms, held_by = excluded.held_by,
       bytes = excluded.bytes, input = excluded.input, response = excluded.response, removed = 0`,
  );
  const one = db.prepare('SELECT * FROM responses WHERE tenant = ? AND id = ? AND removed = 0');
  const putItem = db.prepare(
    `INSERT INTO response_items (tenant, item_id, response_id) VALUES (?, ?, ?)
     ON CONFLICT (tenant, item_id) DO UPDATE SET response_id = excluded.response_id`,
  );
  const withItem = db.prepare(
    `SELECT responses.* FROM response_items AS item
     JOIN responses ON responses.tenant = item.tenant AND responses.id = item.response_id
     WHERE item.tenant = ? AND item.item_id = ? AND responses.removed = 0`,
  );
  const known = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM responses WHERE id = ?1)
         OR EXISTS (SELECT 1 FROM response_items WHERE item_id = ?1) AS known`,
  );
  const remove = db.prepare(
    `UPDATE responses SET removed = 1, held_by = NULL, bytes = 0, input = x'', response = x''
     WHERE tenant = ? AND id = ? AND removed = 0`,
  );
  const removeBefore = db.prepare('DELETE FROM responses WHERE created_at_ms < ?');
  const sizes = db.prepare('SELECT created_at_ms, bytes FROM responses ORDER BY created_at_ms DESC');

  return {
    putResponse({ tenant, id, createdAtMs, heldBy, input, response }) {
      const bytes = input.length + response.length;
      const [givenInput, answer] = [zstdCompressSync(input), zstdCompressSync(response)];
      inTransaction(db, () => {
        put.run(tenant, id, Math.trunc(createdAtMs), heldBy ?? null, bytes, givenInput, answer);
        for (const itemId of itemIdsOf(response)) putItem.run(tenant, itemId, id);
      });
    },
    findResponse(tenant, id) {
      const row = one.get(tenant, id);
      return row === undefined ? undefined : responseOf(row);
    },
    findResponseWith(tenant, itemId) {
      const row = withItem.get(tenant, itemId);
      return row === undefined ? undefined : responseOf(row);
    },
    knowsResponse: (id) => known.get(id)?.['known'] === 1,
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

/** Of the items of the answer, so that a client can refer to one. */
function itemIdsOf(response: string): string[] {
  const parsed: unknown = JSON.parse(response);
  const output = isObject(parsed) && Array.isArray(parsed['output']) ? parsed['output'] : [];
  return output.filter(isObject).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
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
