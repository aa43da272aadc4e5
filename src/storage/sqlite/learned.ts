import type { DatabaseSync } from 'node:sqlite';

export interface LearnedOperations {
  putLearned(name: string, value: string, atMs: number): void;
  getLearned(name: string): string | undefined;
}

/** The table of what was learned from traffic, one document a name; the newest write stands. */
export function learnedOperations(db: DatabaseSync): LearnedOperations {
  const put = db.prepare(
    `INSERT INTO learned (name, value, at_ms) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms`,
  );
  const one = db.prepare('SELECT value FROM learned WHERE name = ?');
  return {
    putLearned: (name, value, atMs) => void put.run(name, value, Math.trunc(atMs)),
    getLearned(name) {
      const row = one.get(name);
      return row === undefined ? undefined : String(row['value']);
    },
  };
}
