// Works out all that a savings report says of quality anew, from the pairs: node recompute-quality.mjs REPORT.html DATA_FOLDER
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const { data } = JSON.parse(/id="yumen-report">([^<]*)/.exec(readFileSync(process.argv[2], 'utf8'))[1]);
const db = new DatabaseSync(`${process.argv[3]}/yumen.sqlite`, { readOnly: true });
const [sum, round] = [(list, of) => list.reduce((all, one) => all + of(one), 0), (value) => Math.round(value * 1e6) / 1e6];
// One row for each answer of a pair; its loss is against the reference's answer.
const answers = db.prepare(`WITH a AS (SELECT p.id, p.route, p.at_ms, pair->>'session' AS session, 1 / (pair->>'propensity') AS weight,
    pair->>'reference' AS reference, value->>'candidate' AS candidate, value->>'served' AS served, value->>'loss' AS lost,
    IIF(value->>'outcome' = 'failed' OR value->>'$.faults[0]' IS NOT NULL, 1, NULL) AS useless, value->>'costNano' AS nano, value->>'outcome' AS outcome
    FROM proof_pairs p, json_each(pair, '$.answers') WHERE NOT pair->>'simulated')
  SELECT a.*, 1 AS base, r.nano AS dear, IIF(a.outcome = 'failed', NULL, a.nano) AS cost, CASE WHEN a.candidate = a.reference THEN 0
    ELSE COALESCE(a.lost, a.useless) END AS loss FROM a JOIN a r ON r.id = a.id AND r.candidate = r.reference`).all();
// A ratio of sums weighted by 1 / P(drawn), and by how much each session moves it; then half the width of an interval at 95 % of a sum of such.
const ratio = (rows, above, below) => {
  const used = rows.filter((row) => row[above] !== null && row[below] !== null);
  const under = sum(used, (row) => row.weight * row[below]);
  const value = sum(used, (row) => row.weight * row[above]) / under;
  const pulls = Map.groupBy(used, ({ session }) => session);
  for (const [session, own] of pulls) pulls.set(session, sum(own, (row) => (row.weight * (row[above] - value * row[below])) / under));
  return { value, pulls };
};
const margin = (...parts) => {
  const sessions = [...new Set(parts.flatMap(([, { pulls }]) => [...pulls.keys()]))];
  return round(1.96 * Math.hypot(...sessions.map((session) => sum(parts, ([factor, { pulls }]) => factor * (pulls.get(session) ?? 0)))));
};
const choice = (candidate, share, cost, ...parts) => ({ candidate, factor: round(1 - share * (1 - cost.value)),
  factor_margin: margin([share, cost], ...parts), share: round(share) });
const cheapest = (all) => all.sort((a, b) => a.factor - b.factor).find(({ factor }) => factor < 1) ?? { candidate: null, factor: 1, factor_margin: 0, share: 0 };
for (const { route, reference, target, ...told } of data.routes) {
  const own = answers.filter((row) => row.route === route && row.at_ms >= Date.parse(data.from) && row.at_ms < Date.parse(data.to));
  const served = ratio(own.filter((row) => row.served), 'loss', 'base');
  const [isMeasured, lost] = [served.pulls.size > 1, Math.max(0, served.value)];
  const graded = Map.groupBy(own.filter((row) => row.candidate !== row.reference && row.loss !== null), (row) => row.candidate);
  const names = [...graded.keys()].sort().filter((name) => graded.get(name).length >= 30);
  const all = names.map((name) => [name, ...['loss base', 'cost dear'].map((of) => ratio(graded.get(name), ...of.split(' ')))]);
  const singles = all.filter(([, loss]) => 1 - loss.value >= (target ?? (isMeasured ? 1 - served.value : 1)));
  const mixes = all.map(([name, loss, cost]) => {
    const parts = [[-(1 - cost.value) / loss.value, served], [((1 - cost.value) * lost) / loss.value ** 2, loss]];
    return loss.value <= lost ? choice(name, 1, cost) : choice(name, lost / loss.value, cost, ...(lost === 0 ? [] : parts));
  });
  const found = { pairs: new Set(own.map(({ id }) => id)).size, sessions: new Set(own.map(({ session }) => session)).size,
    quality: isMeasured ? round(1 - round(served.value)) : null, quality_margin: isMeasured ? margin([1, served]) : null,
    candidates: all.map(([candidate, loss, cost]) => ({ candidate, cost_ratio: round(cost.value), cost_ratio_margin: margin([1, cost]),
      pairs: graded.get(candidate).length, quality: round(1 - round(loss.value)), quality_margin: margin([1, loss]) })),
    best_single: cheapest(singles.map(([name, , cost]) => choice(name, 1, cost))), random_mix: isMeasured && all.length > 0 ? cheapest(mixes) : null };
  const differ = Object.keys(told).filter((name) => JSON.stringify(found[name]) !== JSON.stringify(told[name]));
  console.log(`${route}: ${differ.length === 0 ? 'as the pairs have it' : `DIFFERS ${JSON.stringify(differ.map((name) => [name, found[name]]))}`}`);
  if (differ.length > 0) process.exitCode = 1;
}
