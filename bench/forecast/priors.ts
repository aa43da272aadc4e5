import { ladderOf, picksAt } from '../../src/proof/forecast/statistics/ladder.ts';
import { priorForecast, type TransferErrors } from '../../src/proof/forecast/statistics/priors.ts';
import { totalsOf } from '../../src/proof/forecast/statistics/totals.ts';
import type { RecordedPair } from './data.ts';
import { truthOf, within } from './judged.ts';
import { madeLog } from './log.ts';

/** Per benchmark, over its pairs of models and the rungs of their ladders: how far off the router was that had not seen it. */
export function transferErrors(pairs: readonly RecordedPair[]): TransferErrors {
  const errors: TransferErrors = { loss: {}, cost: {} };
  for (const benchmark of new Set(pairs.map((pair) => pair.benchmark))) {
    const own = pairs.filter((pair) => pair.benchmark === benchmark);
    errors.loss[benchmark] = rounded(rootMean(own.flatMap(lossRatios)));
    const costs = own.filter(({ hasTokens }) => hasTokens).map(costError);
    if (costs.length > 0) errors.cost[benchmark] = rounded(rootMean(costs.map((each) => each * each)));
  }
  return errors;
}

/** (predicted − true mean loss)² ÷ (mean half-width)² per rung, less what sampling alone makes of it. */
function lossRatios(pair: RecordedPair): number[] {
  const { rows } = madeLog(pair, pair.rows);
  const ladder = ladderOf(rows);
  return ladder.picks.flatMap((picks) => {
    let half = 0;
    let truth = 0;
    let squares = 0;
    for (const [i, row] of rows.entries()) {
      if (picks[i]! < 0) continue;
      const loss = pair.rows[i]!.reference.score - pair.rows[i]!.cheap.score;
      half += row.options[0]!.lossHalf / rows.length;
      truth += loss / rows.length;
      squares += loss * loss;
    }
    if (half <= 0) return [];
    const error = totalsOf(rows, picks).loss - truth;
    const noise = (squares / rows.length - truth * truth) / rows.length;
    return [(error * error - noise) / (half * half)];
  });
}

function costError(pair: RecordedPair): number {
  const { rows } = madeLog(pair, pair.rows);
  const expected = rows.reduce((sum, { options }) => sum + options[0]!.usd, 0);
  const truth = pair.rows.reduce((sum, { cheap }) => sum + cheap.costUsd!, 0);
  return Math.log(truth / expected);
}

const rootMean = (squares: readonly number[]): number =>
  Math.sqrt(Math.max(0, squares.reduce((sum, each) => sum + each, 0) / Math.max(1, squares.length)));
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

export interface PriorCoverage {
  benchmark: string;
  mayTeach: boolean;
  pairs: number;
  /** Shares of pairs × rungs: both, saving alone, quality alone. */
  joint: number;
  saving: number;
  quality: number;
  savingWidth: number;
  qualityWidth: number;
}

/** Each benchmark by errors of the others: what an operator whose traffic is like nothing that was seen would have been told. */
export function priorCoverage(pairs: readonly RecordedPair[], errors: TransferErrors): PriorCoverage[] {
  return [...new Set(pairs.map(({ benchmark }) => benchmark))].map((benchmark) => {
    const own = pairs.filter((pair) => pair.benchmark === benchmark);
    const others: TransferErrors = {
      loss: without(errors.loss, benchmark),
      cost: without(errors.cost, benchmark),
    };
    const points = own.flatMap((pair) => pointsOf(pair, others));
    const mean = (of: (point: Point) => number): number =>
      points.reduce((sum, point) => sum + of(point), 0) / Math.max(1, points.length);
    return {
      benchmark,
      mayTeach: own[0]!.mayTeach,
      pairs: own.length,
      joint: mean(({ saving, quality }) => Number(saving && quality)),
      saving: mean(({ saving }) => Number(saving)),
      quality: mean(({ quality }) => Number(quality)),
      savingWidth: mean(({ savingWidth }) => savingWidth),
      qualityWidth: mean(({ qualityWidth }) => qualityWidth),
    };
  });
}

interface Point {
  saving: boolean;
  quality: boolean;
  savingWidth: number;
  qualityWidth: number;
}

function pointsOf(pair: RecordedPair, errors: TransferErrors): Point[] {
  // Every other prompt is the log, the others are what comes.
  const half = Math.floor(pair.rows.length / 2);
  const [log, next] = [
    pair.rows.filter((_, i) => i % 2 === 0).slice(0, half),
    pair.rows.filter((_, i) => i % 2 === 1),
  ];
  const { rows, rowsOf } = madeLog(pair, log);
  const ladder = ladderOf(rows);
  const curve = priorForecast({ rows, ladder, errors, next: next.length, confidence: 0.95 });
  const nextRows = rowsOf(next);
  return curve.map(({ allowance, saving, quality }) => {
    const truth = truthOf(next, picksAt(nextRows, allowance));
    return {
      saving: within(truth.saving, saving),
      quality: within(truth.quality, quality),
      savingWidth: saving.high - saving.low,
      qualityWidth: quality.high - quality.low,
    };
  });
}

const without = (figures: { [name: string]: number }, left: string): { [name: string]: number } =>
  Object.fromEntries(Object.entries(figures).filter(([name]) => name !== left));
