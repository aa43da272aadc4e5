import type { DatabaseSync } from 'node:sqlite';
import type { GradedOutcome, StoredCounts, StoredOutcome } from '../../gateway/index.ts';
import { inTransaction } from './database.ts';

export interface OutcomeOperations {
  putOutcomes(outcomes: readonly GradedOutcome[], keptMax: number, learnedName: string): StoredCounts;
  outcomesAfter(at: number, limit: number): StoredOutcome[];
  countOutcomes(): number;
}

/** The table of graded outcomes. Places only ever grow, also where the newest was dropped, so that nobody who reads on misses one. */
export function outcomeOperations(db: DatabaseSync): OutcomeOperations {
  const find = db.prepare(
    'SELECT place, score FROM graded_outcomes WHERE request_id = ? AND model = ? AND source = ?',
  );
  const remove = db.prepare('DELETE FROM graded_outcomes WHERE place = ?');
  const insert = db.prepare(
    'INSERT INTO graded_outcomes (request_id, model, source, score, at_ms, subject) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const forget = db.prepare('DELETE FROM learned WHERE name = ?');
  const count = db.prepare('SELECT COUNT(*) AS n FROM graded_outcomes');
  const prune = db.prepare(
    `DELETE FROM graded_outcomes WHERE place <= (SELECT place FROM graded_outcomes ORDER BY place DESC LIMIT 1 OFFSET ?)`,
  );
  const after = db.prepare('SELECT * FROM graded_outcomes WHERE place > ? ORDER BY place LIMIT ?');

  function put({ requestId, model, source, score, atMs, subject }: GradedOutcome): keyof StoredCounts {
    const known = find.get(requestId, model, source);
    if (known !== undefined && Number(known['score']) === score) return 'unchanged';
    if (known !== undefined) remove.run(Number(known['place']));
    insert.run(requestId, model, source, score, Math.trunc(atMs), subject);
    return known === undefined ? 'added' : 'changed';
  }

  return {
    putOutcomes: (outcomes, keptMax, learnedName) =>
      inTransaction(db, () => {
        const counts: StoredCounts = { added: 0, unchanged: 0, changed: 0 };
        for (const outcome of outcomes) counts[put(outcome)] += 1;
        if (counts.changed > 0) forget.run(learnedName);
        if (counts.added > 0) prune.run(keptMax);
        return counts;
      }),
    outcomesAfter: (at, limit) =>
      after.all(at, limit).map((row) => ({
        at: Number(row['place']),
        requestId: String(row['request_id']),
        model: String(row['model']),
        source: String(row['source']),
        score: Number(row['score']),
        atMs: Number(row['at_ms']),
        subject: String(row['subject']),
      })),
    countOutcomes: () => Number(count.get()?.['n'] ?? 0),
  };
}
