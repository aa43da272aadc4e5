import type { AcceptanceParameters } from '../../router/index.ts';
import type { OutcomeRow } from '../outcomes/outcome.ts';
import { type AnsweredAsk, defaultAcceptanceFit, fitAcceptance } from '../training/acceptance.ts';
import type { OutOfSamplePriors } from './priors.ts';
import { comparedAnswers, comparisonBySource } from './recorded.ts';

/** Recorded asks as the acceptance fit sees them, with what each was left out with. */
export interface HeldAsk extends AnsweredAsk {
  held: string;
}

/** Joins recorded answers with the estimates of fits that did not see them. */
export function answeredAsks(priors: OutOfSamplePriors): HeldAsk[] {
  const comparisons = comparisonBySource([...priors.held.keys()]);
  return [...priors.held].map(([row, held]) => ({
    held,
    comparison: comparisons.get(row.source)!,
    models: answersOf(row, priors),
  }));
}

function answersOf(row: OutcomeRow, { models, quality }: OutOfSamplePriors): AnsweredAsk['models'] {
  const expected = quality.get(row)!;
  return comparedAnswers(
    models.flatMap((model, m) => {
      const outcome = row.outcomes.get(model);
      return outcome === undefined ? [] : [{ prior: expected[m]!, outcome }];
    }),
  );
}

/**
 * Acceptance parameters for rows left out with a key: fitted on all asks but those. The first fit, on everything, only says where the others start.
 */
export function acceptanceWithout(asks: readonly HeldAsk[]): (key: string) => AcceptanceParameters {
  const start = fitAcceptance(asks);
  const fits = new Map<string, AcceptanceParameters>();
  const keys = new Set(asks.map(({ held }) => held));
  return (key) => {
    // Rows of files that nothing is fitted on are left out by nature.
    if (!keys.has(key)) return start;
    const known =
      fits.get(key) ??
      fitAcceptance(
        asks.filter(({ held }) => held !== key),
        { ...defaultAcceptanceFit, start },
      );
    fits.set(key, known);
    return known;
  };
}
