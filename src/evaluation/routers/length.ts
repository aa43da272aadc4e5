import { meanScores, type OfflineRouter, type PromptRow } from './router.ts';

/** Rows' worth of belief in a slope of zero. */
const priorRows = 20;

/** A line per model from the logarithm of the prompt's length to its score: the one feature every gateway has. */
export const lengthRouter: OfflineRouter = {
  id: 'length',
  name: 'prompt length',
  fit(prompts, models) {
    const { rows } = prompts.answeredBy(models);
    const x = rows.map(lengthOf);
    const centre = x.reduce((sum, value) => sum + value, 0) / Math.max(1, x.length);
    const means = meanScores(rows, models);
    const slopes = models.map((model, m) => {
      let xy = 0;
      let xx = priorRows;
      rows.forEach(({ training }, i) => {
        const score = training.scores.get(model);
        if (score === undefined) return;
        xy += (x[i]! - centre) * (score - means[m]!);
        xx += (x[i]! - centre) ** 2;
      });
      return xy / xx;
    });
    return {
      quality: (row) => means.map((mean, m) => mean + slopes[m]! * (lengthOf(row) - centre)),
    };
  },
};

const lengthOf = ({ text }: PromptRow) => Math.log1p(text.extent);
