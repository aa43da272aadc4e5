// Adds up all amounts and counts of a savings report anew, from the records: node recompute-money.mjs REPORT.html DATA_FOLDER
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const { data } = JSON.parse(/id="yumen-report">([^<]*)/.exec(readFileSync(process.argv[2], 'utf8'))[1]);
const db = new DatabaseSync(`${process.argv[3]}/yumen.sqlite`, { readOnly: true });
// What each record is and where its cost went; versions before these columns did not tell attempts apart.
const isAnswer = `COALESCE(value->>'role', '') NOT IN ('signal', 'judge', 'shadow')`;
const last = `(SELECT MAX(key) FROM json_each(record, '$.attempts') WHERE ${isAnswer} AND value->>'deployment' = deployment)`;
const part = (which) => `(SELECT SUM(value->>'costNano') FROM json_each(record, '$.attempts') WHERE signals_cost_nano IS NOT NULL AND NOT simulated AND ${which})`;
const records = `WITH amounts AS (SELECT *, date(started_at_ms / 1000, 'unixepoch') AS day, record->>'costNano' AS cost,
    record->>'referenceCostNano' AS reference, record->>'$.warmReference.costNano' AS warm, ${part(`value->>'role' = 'signal'`)} AS signals,
    ${part(`value->>'role' = 'judge'`)} AS judges, ${part(`${isAnswer} AND key IS NOT ${last}`)} AS others
    FROM requests JOIN request_records USING (id) WHERE started_at_ms >= ${Date.parse(data.from)} AND started_at_ms < ${Date.parse(data.to)}),
  records AS (SELECT *, CASE WHEN simulated THEN 'simulated' WHEN service = 'proof' THEN 'proof'
    WHEN route IS NULL OR service IS NOT NULL THEN 'unrouted' WHEN outcome <> 'answered' THEN outcome
    WHEN cost + reference + warm IS NULL THEN 'unpriced' ELSE 'compared' END AS kind FROM amounts)
  SELECT route, SUM(kind NOT IN ('simulated', 'proof')) AS requests, SUM(kind = 'proof' AND cost IS NULL) AS proof_unpriced,
    SUM(IIF(simulated, 0, cost)) AS spent_nano_usd, SUM(others) AS other_attempts_nano_usd, SUM(signals) AS signals_nano_usd,
    SUM(judges) AS judges_nano_usd, SUM(IIF(kind = 'proof', cost, 0)) AS proof_nano_usd, SUM(IIF(kind = 'compared', cost, 0)) AS compared_cost_nano_usd,
    SUM(IIF(kind = 'compared', reference, 0)) AS reference_nano_usd, SUM(IIF(kind = 'compared', warm, 0)) AS warm_reference_nano_usd,
    ${['compared', 'unrouted', 'failed', 'aborted', 'unpriced', 'simulated', 'proof'].map((kind) => `SUM(kind = '${kind}') AS ${kind}_requests`)}`;
const total = (list, of) => list.reduce((all, one) => all + (of(one) ?? 0n), 0n);
const groups = { total: 'NULL', route: 'route', project: 'project', key: 'key_id', model: 'model', day: 'day' };
for (const [by, group] of Object.entries(groups)) {
  const statement = db.prepare(`${records}, ${group} AS grp FROM records GROUP BY grp, route`);
  statement.setReadBigInts(true);
  const cells = statement.all();
  for (const { group: name, ...told } of by === 'total' ? [data.total] : data.by[by]) {
    const own = cells.filter(({ grp }) => grp === name);
    const row = Object.fromEntries(Object.keys(told).map((figure) => [figure, total(own, (cell) => cell[figure])]));
    row.gross_nano_usd = row.warm_reference_nano_usd - row.compared_cost_nano_usd;
    row.net_warm_reference_nano_usd = row.gross_nano_usd - row.proof_nano_usd;
    for (const choice of ['best_single', 'random_mix']) {
      // The factor of what else could have been done is what recompute-quality.mjs finds; unknown where a route has none.
      const compared = own.filter((cell) => cell.compared_requests > 0n);
      const choices = compared.map(({ route }) => data.routes.find((one) => one.route === route)[choice]);
      const times = (warm, { factor }) => (warm * BigInt(Math.round(factor * 1e6)) + 500_000n) / 1_000_000n;
      const warm = compared.map((cell) => cell.warm_reference_nano_usd);
      const nano = choices.includes(null) ? null : total(warm.map((amount, i) => times(amount, choices[i])), (amount) => amount);
      row[`${choice}_nano_usd`] = nano;
      row[`${choice}_margin_nano_usd`] = nano === null ? null : Math.round(Math.hypot(...choices.map((one, i) => Number(warm[i]) * one.factor_margin)));
      row[`net_${choice}_nano_usd`] = nano === null ? null : nano - row.compared_cost_nano_usd - row.proof_nano_usd;
    }
    for (const figure of Object.keys(told).filter((one) => String(row[one]) !== String(told[one]))) {
      console.log(`${by} ${name}: ${figure} is ${row[figure]}, the report says ${told[figure]}`);
      process.exitCode = 1;
    }
  }
}
console.log(process.exitCode === 1 ? 'The report differs from the records.' : 'All amounts and counts are those of the records.');
