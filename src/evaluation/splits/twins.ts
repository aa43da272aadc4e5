import type { PromptRow } from '../routers/router.ts';

/** Runs of words that more held-out prompts than this share belong to a template and tell no two prompts apart. */
const templatePromptsMax = 10;
const sharedMin = 0.5;
const runsMin = 3;

/**
 * Whether a row repeats one of `held`: the same text, or half of its runs of words. One benchmark's questions return in another with other
 * options or instructions; a fit that saw them would know what was to be left out.
 */
export function twinsOf(held: readonly PromptRow[]): (row: PromptRow) => boolean {
  const hashes = new Set(held.map((row) => row.training.promptHash));
  const prompts = new Map<number, number>();
  for (const { text } of held) for (const run of text.runs) prompts.set(run, (prompts.get(run) ?? 0) + 1);
  return ({ training, text }) => {
    if (hashes.has(training.promptHash)) return true;
    let telling = 0;
    let shared = 0;
    for (const run of text.runs) {
      const seen = prompts.get(run) ?? 0;
      if (seen > templatePromptsMax) continue;
      telling += 1;
      if (seen > 0) shared += 1;
    }
    return telling >= runsMin && shared >= sharedMin * telling;
  };
}
