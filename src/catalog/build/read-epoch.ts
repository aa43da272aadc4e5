import { csvRows } from './csv.ts';

/** MMLU of the HELM rows of Epoch's table (external_benchmark_mmlu.csv, MIT), percent, by lower-case model version. */
export function readEpochMmlu(content: string): Map<string, number> {
  const scores = new Map<string, number>();
  for (const row of csvRows(content)) {
    const percent = Number(row['EM']?.replace(/%$/, ''));
    const version = row['Model version']?.toLowerCase();
    // Other rows are the vendors' own figures, on harnesses that cannot be compared.
    if (row['Source'] !== 'Stanford CRFM Leaderboard' || version === undefined) continue;
    if (percent > 0 && percent <= 100) scores.set(version, percent);
  }
  return scores;
}
