import { costQualitySvg } from '../../../evaluation/index.ts';
import type { ForecastReport } from './report.ts';

/** Cost and quality along the ladder with its band, beside the reference alone, everything cheap, and random mixes of the two. */
export function forecastSvg(report: ForecastReport): string {
  const perRequest = report.route.reference_cost_usd / Math.max(1, report.log.requests);
  const usd = (saving: number): number => perRequest * (1 - saving);
  const last = report.curve.at(-1);
  const reference = { cost_usd: perRequest, quality: 1, ci: [1, 1] as [number, number] };
  const points = report.curve.map(({ saving, quality }) => ({
    cost_usd: usd(saving.mean),
    quality: quality.mean,
    ci: [quality.low, quality.high] as [number, number],
  }));
  const everything = last && { cost_usd: usd(last.saving.mean), quality: last.quality.mean };
  const name = `${report.route.name}: what the route would cost and keep (${report.basis === 'priors' ? 'by priors alone' : 'after judging a sample'})`;
  return costQualitySvg(
    {
      rows: [],
      n: report.log.used,
      excluded: 0,
      excluded_because: { missing_outcome: 0, missing_cost: 0, contaminated: 0 },
      models: {
        [report.route.reference]: { quality: 1, cost_usd: perRequest },
        ...(everything && { 'everything that saves': everything }),
      },
      notes: [],
      curves: [
        { name: 'ours', split: 'all', points: [reference, ...points] },
        ...(everything === undefined
          ? []
          : [
              {
                name: 'random',
                split: 'all' as const,
                points: [
                  reference,
                  { ...everything, ci: [everything.quality, everything.quality] as [number, number] },
                ],
              },
            ]),
      ],
    },
    name,
  );
}
