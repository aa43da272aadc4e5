import type { DatabaseSync } from 'node:sqlite';
import type { ProviderObject } from '../../gateway/index.ts';
import { inTransaction } from './database.ts';

export interface ObjectOperations {
  putObjects(objects: readonly ProviderObject[]): void;
  findObject(owner: string, kind: string, id: string): ProviderObject | undefined;
  ownedObjects(owner: string, kind: string, provider: string, ids: readonly string[]): ProviderObject[];
  objectCredentials(owner: string, kind: string, provider: string): (string | undefined)[];
  objectOfOthers(owner: string, kind: string, ids: readonly string[]): string | undefined;
  countObjects(owner: string, kind: string): number;
  removeObject(owner: string, kind: string, id: string): void;
}

/** The table of who owns which file and batch at a provider. */
export function objectOperations(db: DatabaseSync): ObjectOperations {
  const insert = db.prepare(
    `INSERT INTO provider_objects (owner, kind, id, provider, credential, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const one = db.prepare('SELECT * FROM provider_objects WHERE owner = ? AND kind = ? AND id = ?');
  const credentials = db.prepare(
    'SELECT DISTINCT credential FROM provider_objects WHERE owner = ? AND kind = ? AND provider = ?',
  );
  const known = db.prepare('SELECT 1 FROM provider_objects WHERE kind = ? AND id = ? LIMIT 1');
  const count = db.prepare('SELECT COUNT(*) AS n FROM provider_objects WHERE owner = ? AND kind = ?');
  const remove = db.prepare('DELETE FROM provider_objects WHERE owner = ? AND kind = ? AND id = ?');
  const find: ObjectOperations['findObject'] = (owner, kind, id) => {
    const row = one.get(owner, kind, id);
    return row === undefined ? undefined : objectOf(row);
  };

  return {
    putObjects(objects) {
      inTransaction(db, () => {
        for (const { owner, kind, id, provider, credential, createdAtMs } of objects) {
          insert.run(owner, kind, id, provider, credential ?? null, Math.trunc(createdAtMs));
        }
      });
    },
    findObject: find,
    ownedObjects: (owner, kind, provider, ids) =>
      ids.flatMap((id) => {
        const object = find(owner, kind, id);
        return object?.provider === provider ? [object] : [];
      }),
    objectCredentials: (owner, kind, provider) =>
      credentials.all(owner, kind, provider).map((row) => credentialOf(row)),
    objectOfOthers: (owner, kind, ids) =>
      ids.find((id) => known.get(kind, id) !== undefined && find(owner, kind, id) === undefined),
    countObjects: (owner, kind) => Number(count.get(owner, kind)?.['n'] ?? 0),
    removeObject(owner, kind, id) {
      remove.run(owner, kind, id);
    },
  };
}

function objectOf(row: Record<string, unknown>): ProviderObject {
  return {
    kind: row['kind'] as ProviderObject['kind'],
    id: String(row['id']),
    owner: String(row['owner']),
    provider: String(row['provider']),
    credential: credentialOf(row),
    createdAtMs: Number(row['created_at_ms']),
  };
}

function credentialOf(row: Record<string, unknown>): string | undefined {
  return row['credential'] === null ? undefined : String(row['credential']);
}
