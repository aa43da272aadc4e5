import { bootstrap, intervalsOf, replicate } from '../metrics/bootstrap.ts';
import { calibrationError } from '../metrics/calibration.ts';
import { honestOf } from '../metrics/honest.ts';
import type { OperatingPoint } from '../metrics/hull.ts';
import { type ManySample, singles } from '../metrics/many.ts';
import { orderByScore, pairMetrics, type SaveTarget, saveTargets } from '../metrics/pair.ts';
import type { Curve, EvaluationRow, RoutedRows, Slice, Split } from '../result.ts';
import type { Table } from './table.ts';

type Picks = Record<SaveTarget, Uint8Array>;

/** Fewer rows than this in a slice are counted, not measured. */
const sliceRowsMin = 20;
const sliceReplicatesMax = 300;
const curveReplicatesMax = 200;

export function honestFigures(sample: ManySample, picks: Picks, table: Table): EvaluationRow['honest'] {
  const figures = Object.fromEntries(
    saveTargets.map((target) => {
      const { qualityRatio, save, randomSave } = honestOf(sample, picks[target]);
      const ci = bootstrap(table.rows.length, table.bootstrap, table.seed, (weight) => {
        const own = honestOf(sample, picks[target], weight);
        return {
          quality_ratio: own.qualityRatio,
          save: own.save,
          ahead_of_random: own.randomSave === undefined ? undefined : own.save - own.randomSave,
        };
      });
      return [target, { quality_ratio: qualityRatio, save, random_save: randomSave ?? null, ci }];
    }),
  );
  return figures as NonNullable<EvaluationRow['honest']>;
}

export function calibrationFigures(
  sample: ManySample,
  routed: RoutedRows,
  names: string[],
): EvaluationRow['calibration'] {
  return Object.fromEntries(
    names.map((name, m) => {
      const { n, ece, brier, constant } = calibrationError(routed.quality[m]!, sample.score[m]!);
      return [name, { n, ece, brier, brier_constant: constant }];
    }),
  );
}

export function sliceFigures(
  sample: ManySample,
  routed: RoutedRows,
  picks: Picks | undefined,
  table: Table,
): EvaluationRow['slices'] {
  const by = (keys: string[]): { [name: string]: Slice } =>
    Object.fromEntries(
      [...new Set(keys)]
        .sort()
        .map((name) => [
          name,
          sliceOf(
            sample,
            routed,
            picks,
            table,
            Int32Array.from(keys.flatMap((key, i) => (key === name ? [i] : []))),
          ),
        ]),
    );
  return {
    language: by(table.rows.map(({ lang }) => lang)),
    task: by(table.prompts.map(({ training }) => training.task)),
    source: by(table.rows.map(({ source }) => source)),
  };
}

function sliceOf(
  sample: ManySample,
  routed: RoutedRows,
  picks: Picks | undefined,
  table: Table,
  use: Int32Array,
): Slice {
  const pick = (values: Float64Array) => Float64Array.from(use, (i) => values[i]!);
  const own: ManySample = {
    score: sample.score.map(pick),
    usd: sample.usd.map(pick),
    reference: sample.reference,
  };
  const n = use.length;
  const picked = picks === undefined ? undefined : Uint8Array.from(use, (i) => picks[98][i]!);
  const gain = Float64Array.from(use, (i) => routed.quality[0]![i]! - routed.quality.at(-1)![i]!);
  const order = orderByScore(gain);
  const apgrOf = (weight?: Float64Array) =>
    table.names.length > 2
      ? undefined
      : pairMetrics(
          {
            reference: own.score[0]!,
            cheap: own.score[1]!,
            referenceUsd: own.usd[0]!,
            cheapUsd: own.usd[1]!,
            routerScore: gain,
          },
          order,
          weight,
        ).apgr;
  const figures = (weight?: Float64Array) => {
    const kept = picked === undefined ? undefined : honestOf(own, picked, weight);
    return { apgr: apgrOf(weight), quality_ratio: kept?.qualityRatio, save: kept?.save };
  };
  const quality = Object.fromEntries(table.names.map((name, m) => [name, singles(own)[m]!.quality]));
  if (n < sliceRowsMin) return { n, quality, apgr: null, honest98: null, ci: {} };
  const whole = figures();
  return {
    n,
    quality,
    apgr: whole.apgr ?? null,
    honest98:
      whole.quality_ratio === undefined ? null : { quality_ratio: whole.quality_ratio, save: whole.save! },
    ci: bootstrap(n, Math.min(sliceReplicatesMax, table.bootstrap), table.seed, figures),
  };
}

/** Points of a policy, in the same order in each replicate. */
export function curveOf(
  name: string,
  split: Split,
  table: Table,
  points: (weight?: Float64Array) => OperatingPoint[],
): Curve | undefined {
  if (!table.curves) return undefined;
  const replicates = Math.min(curveReplicatesMax, table.bootstrap);
  const intervals = intervalsOf(
    replicate(table.rows.length, replicates, table.seed, (weight) =>
      Object.fromEntries(points(weight).map(({ quality }, at) => [at, quality])),
    ),
  );
  return {
    name,
    split,
    points: points().map(({ cost, quality }, at) => ({
      cost_usd: cost,
      quality,
      ci: intervals[at] ?? [quality, quality],
    })),
  };
}
