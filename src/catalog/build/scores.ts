import type { CatalogData } from '../compile.ts';
import type { PartialModelEntry } from '../data-file.ts';
import type { BuildSource } from './offer.ts';

const benchmark = 'MMLU (HELM Lite, 5-shot)';

/** Scores of Epoch's table for models that have none of that benchmark; one that is there is never replaced. */
export function epochScores(
  data: CatalogData,
  epoch: { mmlu: Map<string, number>; source: BuildSource } | undefined,
): { entries: PartialModelEntry[]; count: number } {
  const entries: PartialModelEntry[] = [];
  for (const model of data.models) {
    if (epoch === undefined || model.scores.some((score) => score.benchmark === benchmark)) continue;
    // The most exact name first: an undated one may stand for an earlier version in the table.
    const names = [model.id, ...model.aliases].sort((a, b) => b.length - a.length);
    const value = names.map((name) => epoch.mmlu.get(name)).find((each) => each !== undefined);
    if (value === undefined) continue;
    const { citation, asOf } = epoch.source;
    const scores = model.scores.map(({ source, asOf: read, ...score }) => ({
      ...score,
      source: { source, asOf: read },
    }));
    entries.push({
      id: model.id,
      scores: [...scores, { benchmark, value, source: { source: citation, asOf } }],
    });
  }
  return { entries, count: entries.length };
}
