import transfer from './data/transfer-errors.json' with { type: 'json' };
import { type EstimateDeps, type EstimatedLog, estimateLog } from './estimate.ts';
import type { ReadLog } from './logs/read-log.ts';
import { type BuildInput, buildReport } from './report/build.ts';
import type { ForecastReport } from './report/report.ts';
import type { RunPlan } from './run/plan.ts';
import type { RunResult } from './run/run-pairs.ts';
import { judgedForecast } from './statistics/judged.ts';
import { type Ladder, ladderOf } from './statistics/ladder.ts';
import { priorForecast, type TransferErrors } from './statistics/priors.ts';
import type { ForecastRow } from './statistics/row.ts';

export interface ForecastOptions {
  estimate: EstimateDeps;
  /** Quality to keep, 0..1. */
  quality: number;
  /** Requests to forecast; undefined = a month at the log's rate, or as many again where the log does not say when they came. */
  next: number | undefined;
  /** In [0, 1). */
  random: () => number;
}

/** A log that was decided, ready to be forecast by priors or to have a sample of it judged. */
export interface PreparedForecast {
  read: ReadLog;
  estimated: EstimatedLog;
  rows: ForecastRow[];
  ladder: Ladder;
  options: ForecastOptions;
  next: number;
}

/** Of saving and quality together. */
const confidence = 0.95;
const monthMs = 30 * 86_400_000;
/** A shorter log says nothing of a month. */
const spanMsMin = 86_400_000;
/** A forecast is for no more requests than this many times the log: beyond, only the log's own error counts. */
const nextTimesMax = 100;

const transferErrors: TransferErrors = { loss: transfer.loss, cost: transfer.cost };

export function prepareForecast(read: ReadLog, options: ForecastOptions): PreparedForecast {
  const estimated = estimateLog(read.entries, options.estimate);
  const rows = estimated.requests.map(({ row }) => row);
  return { read, estimated, rows, ladder: ladderOf(rows), options, next: options.next ?? nextOf(read) };
}

/** By the router's expectation alone. */
export function priorForecastOf(prepared: PreparedForecast): ForecastReport {
  const { rows, ladder, next } = prepared;
  const curve = priorForecast({ rows, ladder, errors: transferErrors, next, confidence });
  return buildReport({ ...inputOf(prepared), basis: 'priors', curve, judged: null });
}

/** By what calling and judging a sample showed. */
export function judgedForecastOf(
  prepared: PreparedForecast,
  plan: Pick<RunPlan, 'strata' | 'order'>,
  { judged, spentUsd, judges, stopped }: RunResult,
): ForecastReport {
  const { rows, ladder, next, options } = prepared;
  const curve = judgedForecast({
    rows,
    ladder,
    strata: plan.strata,
    judged,
    next,
    confidence,
    random: options.random,
  });
  return buildReport({
    ...inputOf(prepared),
    basis: 'judged',
    curve,
    judged: {
      drawn: plan.order.length,
      usable: judged.length,
      spent_usd: spentUsd,
      judges,
      stopped: stopped ?? null,
    },
    notes: [
      'Judges err, and nobody corrected this one with human labels: the quality is quality according to it.',
    ],
  });
}

function inputOf({
  read,
  estimated,
  ladder,
  next,
  options,
}: PreparedForecast): Omit<BuildInput, 'basis' | 'curve' | 'judged'> {
  const { route } = options.estimate;
  return { read, estimated, ladder, next, route, quality: options.quality, confidence, notes: [] };
}

function nextOf({ requests, firstMs, lastMs }: ReadLog): number {
  const span = firstMs === undefined || lastMs === undefined ? 0 : lastMs - firstMs;
  if (span < spanMsMin) return requests;
  return Math.max(1, Math.min(nextTimesMax * requests, Math.round((requests * monthMs) / span)));
}
