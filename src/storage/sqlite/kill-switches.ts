import type { DatabaseSync } from 'node:sqlite';
import type { KillSwitch, KillTarget } from '../../policy/index.ts';
import { inTransaction } from './database.ts';

export interface SwitchOperations {
  listSwitches(): KillSwitch[];
  putSwitch(one: KillSwitch): void;
  removeSwitch(id: string): boolean;
  /** Rises with every change, by any process. */
  switchesVersion(): number;
}

/** The table of kill switches. Every change raises a counter in the same transaction, which is how other processes notice it. */
export function switchOperations(db: DatabaseSync): SwitchOperations {
  const all = db.prepare('SELECT * FROM kill_switches ORDER BY id');
  const insert = db.prepare(
    'INSERT INTO kill_switches (id, target, value, reason, set_by, at_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const remove = db.prepare('DELETE FROM kill_switches WHERE id = ?');
  const version = db.prepare(`SELECT value FROM counters WHERE name = 'switches'`);
  const raise = db.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'switches'`);
  return {
    listSwitches: () => all.all().map(switchOf),
    putSwitch({ id, target, value, reason, setBy, atMs }) {
      inTransaction(db, () => {
        insert.run(id, target, value, reason, setBy, Math.trunc(atMs));
        raise.run();
      });
    },
    removeSwitch(id) {
      return inTransaction(db, () => {
        const removed = remove.run(id).changes > 0;
        if (removed) raise.run();
        return removed;
      });
    },
    switchesVersion: () => Number(version.get()?.['value'] ?? 0),
  };
}

const switchOf = (row: Record<string, unknown>): KillSwitch => ({
  id: String(row['id']),
  target: row['target'] as KillTarget,
  value: String(row['value']),
  reason: String(row['reason']),
  setBy: String(row['set_by']),
  atMs: Number(row['at_ms']),
});
