import type { DatabaseSync } from 'node:sqlite';
import {
  decodeRecord,
  type RequestRecord,
  type SavingsCell,
  type SavingsKind,
  type SavingsQuery,
} from '../../ledger/index.ts';
import { groupExpressions, splitSum } from './report.ts';
import { joinSum } from './requests.ts';

export interface SavingsReading {
  savings(query: SavingsQuery): SavingsCell[];
  lastDecided(route: string, fromMs: number, toMs: number): RequestRecord | undefined;
}

/** In the order that `SavingsKind` gives. */
const kindOf = `CASE
  WHEN simulated = 1 THEN 'simulated'
  WHEN service = 'proof' THEN 'proof'
  WHEN route IS NULL OR service IS NOT NULL THEN 'unrouted'
  WHEN outcome <> 'answered' THEN outcome
  WHEN cost_nano IS NULL OR reference_cost_nano IS NULL OR warm_reference_cost_nano IS NULL THEN 'unpriced'
  ELSE 'compared' END`;

const sums = {
  cost: 'cost_nano',
  other: 'other_attempts_cost_nano',
  signals: 'signals_cost_nano',
  judges: 'judges_cost_nano',
  reference: 'reference_cost_nano',
  warm: 'warm_reference_cost_nano',
};

/** Sums over narrow rows alone: a month of a million requests is one pass, and no record is read. */
export function savingsReading(db: DatabaseSync): SavingsReading {
  const last = db.prepare(
    `SELECT record FROM request_records WHERE id = (
       SELECT id FROM requests
       WHERE started_at_ms >= ? AND started_at_ms < ? AND route = ? AND service IS NULL AND simulated = 0 AND decision_id IS NOT NULL
       ORDER BY started_at_ms DESC, id DESC LIMIT 1
     )`,
  );
  return {
    savings(query) {
      const added = Object.entries(sums).map(([name, column]) => splitSum(column, name));
      const statement = db.prepare(
        `SELECT ${groupExpressions[query.by]} AS grp, route AS on_route, ${kindOf} AS kind, COUNT(*) AS requests,
           SUM(cost_nano IS NULL) AS unpriced, ${added.join(', ')}
         FROM requests WHERE started_at_ms >= ? AND started_at_ms < ?
         GROUP BY 1, 2, 3 ORDER BY grp IS NULL, grp, on_route IS NULL, on_route, kind`,
      );
      statement.setReadBigInts(true);
      return statement.all(query.fromMs, query.toMs).map(cellOf);
    },
    lastDecided(route, fromMs, toMs) {
      const row = last.get(fromMs, toMs, route);
      return row === undefined ? undefined : decodeRecord(String(row['record']));
    },
  };
}

function cellOf(row: Record<string, unknown>): SavingsCell {
  const sum = (name: keyof typeof sums) => joinSum(row, `${name}_high`, `${name}_low`);
  return {
    group: row['grp'] === null ? undefined : String(row['grp']),
    route: row['on_route'] === null ? undefined : String(row['on_route']),
    kind: String(row['kind']) as SavingsKind,
    requests: Number(row['requests']),
    unpriced: Number(row['unpriced']),
    costNano: sum('cost'),
    otherAttemptsNano: sum('other'),
    signalsNano: sum('signals'),
    judgesNano: sum('judges'),
    referenceNano: sum('reference'),
    warmReferenceNano: sum('warm'),
  };
}
