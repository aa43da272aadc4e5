import type { DatabaseSync } from 'node:sqlite';
import type { ReportBy, ReportQuery, ReportRow } from '../../ledger/index.ts';
import { joinSum } from './requests.ts';

export const groupExpressions: { readonly [by in ReportBy]: string } = {
  model: 'model',
  route: 'route',
  key: 'key_id',
  project: 'project',
  deployment: 'deployment',
  day: `date(started_at_ms / 1000, 'unixepoch')`,
};

const compared = 'cost_nano IS NOT NULL AND reference_cost_nano IS NOT NULL';
/** What was not answered cannot come out as predicted. */
const predicted = "outcome = 'answered' AND cost_nano IS NOT NULL AND predicted_cost_nano IS NOT NULL";

export interface Reporting {
  report(query: ReportQuery): ReportRow[];
}

export function reporting(db: DatabaseSync): Reporting {
  return {
    report(query) {
      const group = groupExpressions[query.by];
      // One transaction, so that the sums and the percentiles see the same requests.
      db.exec('BEGIN');
      try {
        const latencies = latenciesOf(db, group, query);
        return sumsOf(db, group, query).map((row) => reportRow(row, latencies));
      } finally {
        db.exec('COMMIT');
      }
    },
  };
}

type Row = Record<string, unknown>;

function sumsOf(db: DatabaseSync, group: string, query: ReportQuery): Row[] {
  const statement = db.prepare(
    `SELECT ${group} AS grp, simulated, COUNT(*) AS requests,
       SUM(outcome = 'answered') AS answered, SUM(outcome = 'failed') AS failed, SUM(outcome = 'aborted') AS aborted,
       ${splitSum('input_tokens', 'input')}, ${splitSum('cache_read_tokens', 'cached')}, ${splitSum('output_tokens', 'output')},
       ${splitSum('cost_nano', 'cost')}, SUM(cost_nano IS NULL) AS unpriced,
       ${splitSum('reference_cost_nano', 'reference')}, SUM(${compared}) AS compared,
       ${splitSum(`CASE WHEN ${compared} THEN cost_nano END`, 'compared_cost')},
       ${splitSum(`CASE WHEN ${compared} THEN reference_cost_nano END`, 'compared_reference')},
       SUM(${predicted}) AS predicted,
       ${splitSum(`CASE WHEN ${predicted} THEN predicted_cost_nano END`, 'predicted_cost')},
       ${splitSum(`CASE WHEN ${predicted} THEN cost_nano END`, 'predicted_actual')},
       ${splitSum(`CASE WHEN ${predicted} THEN predicted_output_tokens END`, 'predicted_output')},
       ${splitSum(`CASE WHEN ${predicted} THEN output_tokens END`, 'predicted_written')}
     FROM requests WHERE started_at_ms >= ? AND started_at_ms < ?
     GROUP BY grp, simulated ORDER BY grp IS NULL, grp, simulated`,
  );
  statement.setReadBigInts(true);
  return statement.all(query.fromMs, query.toMs);
}

/** See `joinSum`. */
export function splitSum(expression: string, name: string): string {
  return `SUM(${expression} / 1000000000) AS ${name}_high, SUM(${expression} % 1000000000) AS ${name}_low`;
}

interface Latency {
  p50: number | undefined;
  p95: number | undefined;
}

/** Nearest-rank percentiles by groups, from one sorted pass that spills to disk rather than into memory. */
function latenciesOf(db: DatabaseSync, group: string, query: ReportQuery): Map<string, Latency> {
  const rows = db
    .prepare(
      `WITH ranked AS (
         SELECT ${group} AS grp, simulated, first_content_ms AS ms,
           ROW_NUMBER() OVER (PARTITION BY ${group}, simulated ORDER BY first_content_ms) AS place,
           COUNT(*) OVER (PARTITION BY ${group}, simulated) AS total
         FROM requests WHERE started_at_ms >= ? AND started_at_ms < ? AND first_content_ms IS NOT NULL
       )
       SELECT grp, simulated,
         MAX(CASE WHEN place = (total * 50 + 99) / 100 THEN ms END) AS p50,
         MAX(CASE WHEN place = (total * 95 + 99) / 100 THEN ms END) AS p95
       FROM ranked GROUP BY grp, simulated`,
    )
    .all(query.fromMs, query.toMs);
  return new Map(
    rows.map((row) => [
      groupKey(row),
      { p50: numberOrNothing(row['p50']), p95: numberOrNothing(row['p95']) },
    ]),
  );
}

function reportRow(row: Row, latencies: Map<string, Latency>): ReportRow {
  const latency = latencies.get(groupKey(row));
  return {
    group: row['grp'] === null ? undefined : String(row['grp']),
    simulated: Number(row['simulated']) === 1,
    requests: Number(row['requests']),
    answered: Number(row['answered']),
    failed: Number(row['failed']),
    aborted: Number(row['aborted']),
    inputTokens: Number(joinSum(row, 'input_high', 'input_low')),
    cacheReadTokens: Number(joinSum(row, 'cached_high', 'cached_low')),
    outputTokens: Number(joinSum(row, 'output_high', 'output_low')),
    costNano: joinSum(row, 'cost_high', 'cost_low'),
    unpricedRequests: Number(row['unpriced']),
    referenceCostNano: joinSum(row, 'reference_high', 'reference_low'),
    compared: {
      requests: Number(row['compared']),
      costNano: joinSum(row, 'compared_cost_high', 'compared_cost_low'),
      referenceCostNano: joinSum(row, 'compared_reference_high', 'compared_reference_low'),
    },
    predicted: {
      requests: Number(row['predicted']),
      costNano: joinSum(row, 'predicted_cost_high', 'predicted_cost_low'),
      actualCostNano: joinSum(row, 'predicted_actual_high', 'predicted_actual_low'),
      outputTokens: Number(joinSum(row, 'predicted_output_high', 'predicted_output_low')),
      actualOutputTokens: Number(joinSum(row, 'predicted_written_high', 'predicted_written_low')),
    },
    firstContentMsP50: latency?.p50,
    firstContentMsP95: latency?.p95,
  };
}

function groupKey(row: Row): string {
  return JSON.stringify([row['grp'], Number(row['simulated'])]);
}

function numberOrNothing(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
