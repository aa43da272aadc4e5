import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  costSplit,
  decodeRecord,
  encodeCursor,
  type ListFilters,
  type ListQuery,
  listPosition,
  type RecordLine,
  type RequestPage,
  type RequestRecord,
  servedBy,
  summaryOf,
} from '../../ledger/index.ts';
import { inTransaction } from './database.ts';

export interface RequestWriting {
  append(lines: readonly RecordLine[]): number;
}

export function requestWriting(db: DatabaseSync): RequestWriting {
  const insertRow = db.prepare(
    `INSERT INTO requests (id, started_at_ms, key_id, project, route, model, deployment, outcome, simulated, input_tokens,
       cache_read_tokens, output_tokens, cost_nano, reference_cost_nano, first_content_ms, service,
       predicted_cost_nano, predicted_output_tokens, decision_id, warm_reference_cost_nano, other_attempts_cost_nano,
       signals_cost_nano, judges_cost_nano)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const insertRecord = db.prepare('INSERT INTO request_records (id, record) VALUES (?, ?)');

  return {
    append(lines) {
      const records = lines.map(parse);
      return inTransaction(db, () => {
        let added = 0;
        for (const { record, line } of records) {
          if (Number(insertRow.run(...columnsOf(record)).changes) === 0) continue;
          insertRecord.run(record.id, line);
          added += 1;
        }
        return added;
      });
    },
  };
}

export interface RequestReading {
  get(id: string): RequestRecord | undefined;
  findByDecision(decisionId: string): RequestRecord | undefined;
  list(query: ListQuery): RequestPage;
  spentSince(keyId: string, fromMs: number): bigint;
}

export function requestReading(db: DatabaseSync): RequestReading {
  const one = db.prepare('SELECT record FROM request_records WHERE id = ?');
  const decided = db.prepare(
    'SELECT record FROM requests JOIN request_records USING (id) WHERE decision_id = ? LIMIT 1',
  );
  const spent = db.prepare(
    `SELECT SUM(cost_nano / 1000000000) AS high, SUM(cost_nano % 1000000000) AS low
     FROM requests WHERE key_id = ? AND started_at_ms >= ? AND service IS NOT 'proof'`,
  );
  spent.setReadBigInts(true);

  return {
    get: (id) => recordIn(one.get(id)),
    findByDecision: (decisionId) => recordIn(decided.get(decisionId)),
    list(query) {
      const { where, values } = conditionsOf(query);
      const rows = db
        .prepare(
          `SELECT record FROM (
             SELECT id, started_at_ms FROM requests ${where} ORDER BY started_at_ms DESC, id DESC LIMIT ?
           ) AS page JOIN request_records USING (id) ORDER BY page.started_at_ms DESC, page.id DESC`,
        )
        // One more than asked for tells whether there is a next page.
        .all(...values, query.limit + 1);
      const requests = rows
        .slice(0, query.limit)
        .map((row) => summaryOf(parse(String(row['record'])).record));
      const last = requests.at(-1);
      return {
        requests,
        nextCursor: rows.length > query.limit && last !== undefined ? encodeCursor(last) : undefined,
      };
    },
    spentSince: (keyId, fromMs) => joinSum(spent.get(keyId, fromMs), 'high', 'low'),
  };
}

/**
 * Money is added up as whole billions and rest, because one sum of nano-USD over a long time could leave SQLite's 64 bits, and
 * then the whole query fails.
 */
export function joinSum(row: Record<string, unknown> | undefined, high: string, low: string): bigint {
  return BigInt((row?.[high] ?? 0) as bigint) * 1_000_000_000n + BigInt((row?.[low] ?? 0) as bigint);
}

function parse(line: RecordLine): { record: RequestRecord; line: RecordLine } {
  const record = decodeRecord(line);
  if (record === undefined) throw new Error('a record is not a whole line of JSON');
  return { record, line };
}

function recordIn(row: { [column: string]: unknown } | undefined): RequestRecord | undefined {
  return row === undefined ? undefined : parse(String(row['record'])).record;
}

function columnsOf(record: RequestRecord): SQLInputValue[] {
  const split = costSplit(record);
  return [
    record.id,
    Math.trunc(record.startedAtMs),
    record.keyId,
    record.project ?? null,
    record.route ?? null,
    servedBy(record)?.model ?? null,
    servedBy(record)?.deployment ?? null,
    record.outcome,
    record.simulated ? 1 : 0,
    whole(record.usage?.inputTokens) ?? 0,
    whole(record.usage?.cacheReadTokens) ?? 0,
    whole(record.usage?.outputTokens) ?? 0,
    whole(record.costNano),
    whole(record.referenceCostNano),
    record.firstContentMs ?? null,
    record.service ?? null,
    whole(record.predicted?.costNano),
    whole(record.predicted?.outputTokens),
    record.decision?.id ?? null,
    whole(record.warmReference?.costNano),
    split.otherAttemptsNano,
    split.signalsNano,
    split.judgesNano,
  ];
}

function whole(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}

function conditionsOf(query: ListQuery): { where: string; values: SQLInputValue[] } {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...bound: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...bound);
  };
  const filters: ListFilters = query.filters ?? {};
  if (filters.keyId !== undefined) add('key_id = ?', filters.keyId);
  if (filters.route !== undefined) add('route = ?', filters.route);
  if (filters.model !== undefined) add('model = ?', filters.model);
  if (filters.service !== undefined) add('service = ?', filters.service);
  if (filters.outcome !== undefined) {
    add('outcome = ?', filters.outcome);
    // Says to SQLite that its index of the few other requests may be used.
    if (filters.outcome !== 'answered') add(`outcome <> 'answered'`);
  }
  if (filters.fromMs !== undefined) add('started_at_ms >= ?', filters.fromMs);
  if (filters.toMs !== undefined) add('started_at_ms < ?', filters.toMs);
  const position = listPosition(query);
  if (position !== undefined) add('(started_at_ms, id) < (?, ?)', position.startedAtMs, position.id);
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}
