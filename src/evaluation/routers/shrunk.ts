import { tierOf } from './complexity.ts';
import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';

/** Rows' worth of belief in the level above: a domain in the model's mean, a cohort in its domain. */
const domainMass = 200;
const cohortMass = 20;

/**
 * Success rates by domain (kind of work and language) and by cohort in it (tier of complexity and band of length), each shrunk to the level
 * above it. In the manner of the second generation of tier routers.
 */
export const shrunkRouter: OfflineRouter = {
  id: 'shrunk',
  name: 'shrunk tiers (v2)',
  fit(prompts, models) {
    const { rows } = prompts.answeredBy(models);
    const means = meanScores(rows, models);
    const domains = countsOf(rows, models, domainOf);
    const cohorts = countsOf(rows, models, cohortOf);
    return {
      quality(row) {
        const domain = domains.get(domainOf(row));
        const cohort = cohorts.get(cohortOf(row));
        return means.map((mean, m) => shrink(cohort, m, cohortMass, shrink(domain, m, domainMass, mean)));
      },
    };
  },
};

interface Counts {
  n: Float64Array;
  sum: Float64Array;
}

const shrink = (counts: Counts | undefined, m: number, mass: number, prior: number) =>
  ((counts?.sum[m] ?? 0) + mass * prior) / ((counts?.n[m] ?? 0) + mass);

const domainOf = ({ training }: PromptRow) => `${training.task}|${training.language}`;
const bandOf = (extent: number) => (extent < 120 ? 0 : extent < 300 ? 1 : extent < 800 ? 2 : 3);
const cohortOf = (row: PromptRow) =>
  `${domainOf(row)}|${tierOf(row.text.complexity)}|${bandOf(row.text.extent)}`;

function countsOf(
  rows: readonly PromptRow[],
  models: readonly string[],
  keyOf: (row: PromptRow) => string,
): Map<string, Counts> {
  const found = new Map<string, Counts>();
  for (const row of rows) {
    const key = keyOf(row);
    let counts = found.get(key);
    if (counts === undefined) {
      counts = { n: new Float64Array(models.length), sum: new Float64Array(models.length) };
      found.set(key, counts);
    }
    for (const [m, model] of models.entries()) {
      const score = row.training.scores.get(model);
      if (score === undefined) continue;
      counts.n[m]! += 1;
      counts.sum[m]! += score;
    }
  }
  return found;
}
