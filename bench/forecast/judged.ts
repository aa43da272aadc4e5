import { judgedForecast } from '../../src/proof/forecast/statistics/judged.ts';
import { flipOf, ladderOf, picksAt } from '../../src/proof/forecast/statistics/ladder.ts';
import type { ForecastRow, RungForecast } from '../../src/proof/forecast/statistics/row.ts';
import { drawStrata } from '../../src/proof/forecast/statistics/sample.ts';
import type { Recorded, RecordedPair } from './data.ts';
import { madeLog } from './log.ts';
import { createRandom, shuffled } from './random.ts';

export interface JudgedCoverage {
  runs: number;
  /** Of the recommended rung: both, saving alone, quality alone. */
  joint: number;
  saving: number;
  quality: number;
  /** Every rung at once. */
  all: number;
  /** Mean widths at the recommended rung. */
  savingWidth: number;
  qualityWidth: number;
  /** Mean of what was forecast there. */
  savingMean: number;
  qualityMean: number;
}

export interface JudgedOptions {
  runs: number;
  pairs: number;
  /** Requests of the log, and of the next traffic; never more than half of the recorded ones. */
  size: number;
  target: number;
}

/** Splits the recorded prompts anew each time: into a log, of which some are judged, and the traffic that comes after it. */
export function judgedCoverage(
  pair: RecordedPair,
  { runs, pairs, size, target }: JudgedOptions,
): JudgedCoverage {
  const sums: JudgedCoverage = {
    runs,
    joint: 0,
    saving: 0,
    quality: 0,
    all: 0,
    savingWidth: 0,
    qualityWidth: 0,
    savingMean: 0,
    qualityMean: 0,
  };
  for (let run = 0; run < runs; run++) {
    const random = createRandom(1000 + run);
    const mixed = shuffled(pair.rows, random);
    const n = Math.min(size, Math.floor(mixed.length / 2));
    const [log, next] = [mixed.slice(0, n), mixed.slice(n, 2 * n)];
    const { rows, rowsOf } = madeLog(pair, log);
    const curve = forecast(log, rows, pairs, random);
    const chosen = recommended(curve, target);
    const nextRows = rowsOf(next);
    let all = true;
    for (const [rung, one] of curve.entries()) {
      const truth = truthOf(next, picksAt(nextRows, one.allowance));
      const saving = within(truth.saving, one.saving);
      const quality = within(truth.quality, one.quality);
      all &&= saving && quality;
      if (rung !== chosen) continue;
      sums.joint += Number(saving && quality);
      sums.saving += Number(saving);
      sums.quality += Number(quality);
      sums.savingWidth += (one.saving.high - one.saving.low) / runs;
      sums.qualityWidth += (one.quality.high - one.quality.low) / runs;
      sums.savingMean += one.saving.mean / runs;
      sums.qualityMean += one.quality.mean / runs;
    }
    sums.all += Number(all);
  }
  return sums;
}

function forecast(
  log: readonly Recorded[],
  rows: ForecastRow[],
  pairs: number,
  random: () => number,
): RungForecast[] {
  const ladder = ladderOf(rows);
  const flips = rows.map((row) => flipOf(row) ?? Number.POSITIVE_INFINITY);
  const sorted = [...flips].sort((a, b) => a - b);
  const bounds = [0.2, 0.4, 0.6, 0.8].map((level) => sorted[Math.floor(level * sorted.length)]!);
  const keys = flips.map(
    (flip, i) => `${log[i]!.language} ${bounds.filter((bound) => flip >= bound).length}`,
  );
  const strata = drawStrata(keys, pairs, random);
  const judged = strata.flatMap(({ drawn }) =>
    drawn.map((row) => {
      const { reference, cheap } = log[row]!;
      return {
        row,
        referenceUsd: reference.costUsd!,
        options: [{ loss: reference.score - cheap.score, usd: cheap.costUsd! }],
      };
    }),
  );
  return judgedForecast({ rows, ladder, strata, judged, next: rows.length, confidence: 0.95, random });
}

/** The rung that saves most among those that are expected to keep the target; the most careful where none is. */
export function recommended(curve: readonly RungForecast[], target: number): number {
  let best = 0;
  for (const [rung, { quality, saving }] of curve.entries())
    if (quality.mean >= target && saving.mean > curve[best]!.saving.mean) best = rung;
  return best;
}

export function truthOf(
  recorded: readonly Recorded[],
  picks: Int16Array,
): { saving: number; quality: number } {
  let loss = 0;
  let cost = 0;
  let reference = 0;
  for (const [i, one] of recorded.entries()) {
    reference += one.reference.costUsd!;
    const isCheap = picks[i]! >= 0;
    cost += isCheap ? one.cheap.costUsd! : one.reference.costUsd!;
    if (isCheap) loss += one.reference.score - one.cheap.score;
  }
  return { saving: 1 - cost / reference, quality: 1 - loss / recorded.length };
}

export const within = (value: number, { low, high }: { low: number; high: number }): boolean =>
  value >= low && value <= high;
