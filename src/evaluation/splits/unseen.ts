import { createRandom } from '../metrics/random.ts';
import type { PromptRow } from '../routers/router.ts';
import type { Part } from './cross-fit.ts';

/** The same parts as if `model` were new: of its outcomes only those on `probes` random prompts of each fit are left. */
export function unseenParts(
  parts: readonly Part[],
  { model, probes, seed }: { model: string; probes: number; seed: number },
): Part[] {
  return parts.map((part) => {
    const kept = probePrompts(part.fit, model, probes, seed);
    return {
      ...part,
      label: `${part.label}, ${model} new`,
      fit: part.fit.map((row) =>
        kept.has(row) || !row.training.scores.has(model) ? row : without(row, model),
      ),
    };
  });
}

function probePrompts(
  rows: readonly PromptRow[],
  model: string,
  probes: number,
  seed: number,
): Set<PromptRow> {
  const random = createRandom(seed);
  const answered = rows.filter((row) => row.training.scores.has(model));
  const kept = new Set<PromptRow>();
  const wanted = Math.min(probes, answered.length);
  while (kept.size < wanted) kept.add(answered[Math.floor(random() * answered.length)]!);
  return kept;
}

function without(row: PromptRow, model: string): PromptRow {
  const scores = new Map(row.training.scores);
  scores.delete(model);
  return { ...row, training: { ...row.training, scores } };
}
