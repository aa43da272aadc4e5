import { createRandom } from '../../../src/evaluation/metrics/random.ts';
import type { AcceptanceParameters } from '../../../src/router/answer/acceptance.ts';
import { logistic, logit } from '../../../src/router/predictor/parameters.ts';

/** Parameters near those that recorded answers gave. */
export const parameters: AcceptanceParameters = {
  prior: { intercept: 0.1, slope: 0.9 },
  difficulty: 2.2,
  suggestionPerLogit: 0.4,
  comparisons: {
    choice: { suggestion: 0.5, rewording: 0.001 },
    'short-text': { suggestion: -0.4, rewording: 0.1 },
  },
  otherwise: { suggestion: 0, rewording: 0.1 },
  faults: { wrong: 0.1, right: 0.001 },
};

/** Errors without anything in common, so that figures can be worked out by hand. */
export const plain: AcceptanceParameters = {
  prior: { intercept: 0, slope: 1 },
  difficulty: 1e-9,
  suggestionPerLogit: 0,
  comparisons: {},
  otherwise: { suggestion: 0, rewording: 0 },
  faults: { wrong: 0, right: 0 },
};

export interface DrawnAnswers {
  right: boolean[];
  /** Undefined for a faulty answer. */
  group: (number | undefined)[];
}

/** Draws answers from the world the parameters describe, told independently of how `joint` sums over it. */
export function answerWorld(
  priors: number[],
  comparison: 'choice' | 'short-text',
  { prior, difficulty, suggestionPerLogit, comparisons, otherwise, faults }: AcceptanceParameters,
  seed: number,
): () => DrawnAnswers {
  const random = createRandom(seed);
  const logits = priors.map((one) => prior.intercept + prior.slope * logit(one));
  const stretch = Math.sqrt(1 + (Math.PI / 8) * difficulty ** 2);
  const { suggestion, rewording } = comparisons[comparison] ?? otherwise;
  const mean = logits.reduce((sum, one) => sum + one, 0) / logits.length;
  const suggests = logistic(suggestion + suggestionPerLogit * mean);
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let strays = 2;
    const right: boolean[] = [];
    const group = logits.map((own) => {
      const isRight = random() < logistic(stretch * own + difficulty * normal);
      right.push(isRight);
      if (random() < (isRight ? faults.right : faults.wrong)) return undefined;
      if (isRight) return random() < rewording ? strays++ : 0;
      return random() < suggests ? 1 : strays++;
    });
    return { right, group };
  };
}
