import { bootstrap, intervalsOf, replicate } from '../metrics/bootstrap.ts';
import { choicePicks, honestOf } from '../metrics/honest.ts';
import { costAt, type OperatingPoint, upperHull } from '../metrics/hull.ts';
import { type Choices, type ManySample, manyMetrics, pointOf, singles, sweep } from '../metrics/many.ts';
import type { EvaluationRow, RoutedRows, Split } from '../result.ts';
import { calibrationFigures, curveOf, honestFigures, sliceFigures } from './details.ts';
import type { Measured } from './measured.ts';
import { fixedRow, mean, sampleOf, type Table } from './table.ts';

/** The rows of an evaluation among several models. APGR and CPT are defined for pairs only. */
export function compareMany(table: Table, groupOracle: RoutedRows | undefined): Measured[] {
  const sample = sampleOf(table);
  const alone = singles(sample);
  const cheapest = alone.reduce((best, point, m) => (point.cost < alone[best]!.cost ? m : best), 0);
  const fixed = (name: string, m: number): Measured => ({
    row: {
      ...fixedRow(name, 'all', alone[m]!, alone[0]!, table.rows.length),
      ci: bootstrap(table.rows.length, table.bootstrap, table.seed, (weight) => ({
        quality: mean(sample.score[m]!, weight),
        cost_usd: mean(sample.usd[m]!, weight),
      })),
    },
    replicates: new Map(),
  });
  const others = table.names.flatMap((name, m) =>
    m === 0 || m === cheapest ? [] : [fixed(`always ${name}`, m)],
  );
  const oracle = distinct(sweep(sample.score, relative(sample)));
  return [
    fixed('always-cheap', cheapest),
    fixed('always-reference', 0),
    ...others,
    measure('random', 'all', sample, table, (weight) => {
      const own = singles(sample, weight);
      return [own[0]!, own[cheapest]!];
    }),
    measure('hull of single models', 'all', sample, table, (weight) => singles(sample, weight)),
    ...table.routed.map((routed) => routedRow(routed, sample, table)),
    ...(groupOracle === undefined
      ? []
      : [sweptRow('group oracle', sample, table, choicesOf(groupOracle, sample))]),
    sweptRow('oracle', sample, table, oracle),
  ];
}

/** Expected cost of a model: its mean, relative to the reference's; which prompts are dear is not known before the answer. */
function choicesOf(routed: RoutedRows, sample: ManySample): Choices {
  const referenceCost = mean(sample.usd[sample.reference]!);
  const cost = sample.usd.map((usd) => new Float64Array(usd.length).fill(mean(usd) / referenceCost));
  return distinct(sweep(routed.quality, cost));
}

function relative(sample: ManySample): Float64Array[] {
  const referenceCost = mean(sample.usd[sample.reference]!);
  return sample.usd.map((usd) => usd.map((value) => value / referenceCost));
}

const distinct = (choices: Choices): Choices =>
  choices.filter((picked, i) => i === 0 || picked.some((model, row) => model !== choices[i - 1]![row]));

const pointsOf = (sample: ManySample, choices: Choices) => (weight?: Float64Array) =>
  choices.map((picked) => pointOf(sample, picked, weight));

const sweptRow = (name: string, sample: ManySample, table: Table, choices: Choices): Measured =>
  measure(name, 'all', sample, table, pointsOf(sample, choices));

function routedRow(routed: RoutedRows, sample: ManySample, table: Table): Measured {
  const choices = choicesOf(routed, sample);
  const measured = measure(routed.name, routed.split, sample, table, pointsOf(sample, choices));
  const picks = choicePicks(sample, choices, routed.fold);
  const at98 = picks === undefined ? undefined : honestOf(sample, picks[98]);
  const row: EvaluationRow = {
    ...measured.row,
    router: routed.router,
    ...(at98 === undefined ? {} : { quality: at98.quality, cost_usd: at98.costUsd }),
    ...(picks === undefined ? {} : { honest: honestFigures(sample, picks, table) }),
    calibration: calibrationFigures(sample, routed, table.names),
    ...(routed.router === 'ours' ? { slices: sliceFigures(sample, routed, picks, table) } : {}),
  };
  return { ...measured, row, routed };
}

function measure(
  name: string,
  split: Split,
  sample: ManySample,
  table: Table,
  points: (weight?: Float64Array) => OperatingPoint[],
): Measured {
  const own = points();
  const alone = singles(sample);
  const metrics = manyMetrics(own, alone, sample.reference);
  const reference = alone[sample.reference]!;
  const needed = 0.98 * reference.quality;
  const replicates = replicate(table.rows.length, table.bootstrap, table.seed, (weight) => {
    const drawn = manyMetrics(points(weight), singles(sample, weight), sample.reference);
    return { aiq: drawn.aiq, save95: drawn.save[95], save98: drawn.save[98], save100: drawn.save[100] };
  });
  return {
    row: {
      name,
      split,
      n: table.rows.length,
      quality: Math.max(needed, upperHull([...own, reference])[0]!.quality),
      cost_usd: costAt([...own, reference], needed) ?? reference.cost,
      save: { '95': metrics.save[95], '98': metrics.save[98], '100': metrics.save[100] },
      apgr: null,
      cpt50: null,
      cpt80: null,
      aiq: metrics.aiq ?? null,
      ci: intervalsOf(replicates),
    },
    replicates,
    curve: curveOf(name, split, table, points),
  };
}
