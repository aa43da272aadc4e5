import { tierOf } from './complexity.ts';
import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';

/** Share of a model's errors that one unit of complexity adds. Only the scale for many models hangs on it, never an order between two. */
const errorsPerUnit = 0.5;

/**
 * Keyword complexity tiers: the tier, then the score within it, says how hard the prompt is; a harder prompt costs each model in
 * proportion to its errors. Only the models' mean scores are fitted, as an operator who fills in tiers knows them.
 */
export const keywordRouter: OfflineRouter = {
  id: 'keywords',
  name: 'keyword tiers (v1)',
  fit(prompts, models) {
    const { rows } = prompts.answeredBy(models);
    const means = meanScores(rows, models);
    const centre = rows.reduce((sum, row) => sum + levelOf(row), 0) / Math.max(1, rows.length);
    return {
      quality: (row) => means.map((mean) => mean - errorsPerUnit * (1 - mean) * (levelOf(row) - centre)),
    };
  },
};

const levelOf = ({ text }: PromptRow) =>
  (tierOf(text.complexity) + Math.max(0, Math.min(0.99, text.complexity))) / 4;
