import type { DatabaseSync } from 'node:sqlite';
import type { KeyLimits, KeyRecord, Role } from '../../identity/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import { inTransaction } from './database.ts';

const uniqueViolations = new Set([1555, 2067]);

export interface KeyOperations {
  listKeys(): KeyRecord[];
  insertKey(key: KeyRecord): void;
  revokeKey(id: string, atMs: number): KeyRecord | undefined;
  /** Rises with every change of a key, by any process. */
  keysVersion(): number;
}

/** The key table. Every change raises a counter in the same transaction, which is how other processes notice it. */
export function keyOperations(db: DatabaseSync): KeyOperations {
  const all = db.prepare('SELECT * FROM keys ORDER BY created_at_ms, id');
  const one = db.prepare('SELECT * FROM keys WHERE id = ?');
  const insert = db.prepare(
    `INSERT INTO keys (id, digest, prefix, name, role, project, models, limits, created_at_ms, expires_at_ms, revoked_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const revoke = db.prepare('UPDATE keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL');
  const version = db.prepare(`SELECT value FROM counters WHERE name = 'keys'`);
  const raise = db.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'keys'`);

  return {
    listKeys: () => all.all().map(keyOf),
    insertKey(key) {
      inTransaction(db, () => {
        try {
          insert.run(
            key.id,
            key.digest,
            key.prefix,
            key.name,
            key.role,
            key.project ?? null,
            key.models === undefined ? null : JSON.stringify(key.models),
            JSON.stringify(key.limits),
            key.createdAtMs,
            key.expiresAtMs ?? null,
            key.revokedAtMs ?? null,
          );
        } catch (error) {
          if (!isUniqueViolation(error)) throw error;
          throw new GatewayError('invalid_request', 'A key with this id or this secret exists.', {
            cause: error,
          });
        }
        raise.run();
      });
    },
    revokeKey(id, atMs) {
      return inTransaction(db, () => {
        if (revoke.run(atMs, id).changes > 0) raise.run();
        const row = one.get(id);
        return row === undefined ? undefined : keyOf(row);
      });
    },
    keysVersion: () => Number(version.get()?.['value'] ?? 0),
  };
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && uniqueViolations.has(Number(error.errcode));
}

type Row = Record<string, unknown>;

function keyOf(row: Row): KeyRecord {
  return {
    id: String(row['id']),
    digest: String(row['digest']),
    prefix: String(row['prefix']),
    name: String(row['name']),
    role: row['role'] as Role,
    project: optional(row['project'], String),
    models: optional(row['models'], (json) => JSON.parse(String(json)) as string[]),
    limits: JSON.parse(String(row['limits'])) as KeyLimits,
    createdAtMs: Number(row['created_at_ms']),
    expiresAtMs: optional(row['expires_at_ms'], Number),
    revokedAtMs: optional(row['revoked_at_ms'], Number),
  };
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === null || value === undefined ? undefined : read(value);
}
