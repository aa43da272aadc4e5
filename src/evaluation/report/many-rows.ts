import { bootstrap } from '../metrics/bootstrap.ts';
import { costAt, type OperatingPoint, upperHull } from '../metrics/hull.ts';
import { type Choices, type ManySample, manyMetrics, pointOf, singles, sweep } from '../metrics/many.ts';
import type { EvaluationRow, RoutedRows, Split } from '../result.ts';
import { costsOf, fixedRow, mean, scoresOf, type Table } from './table.ts';

/** The rows of an evaluation among several models. APGR and CPT are defined for pairs only. */
export function compareMany(table: Table): EvaluationRow[] {
  const sample: ManySample = {
    score: table.names.map((_, m) => scoresOf(table, m)),
    usd: table.names.map((_, m) => costsOf(table, m)),
    reference: 0,
  };
  const alone = singles(sample);
  const cheapest = alone.reduce((best, point, m) => (point.cost < alone[best]!.cost ? m : best), 0);
  const fixed = (name: string, m: number): EvaluationRow => ({
    ...fixedRow(name, 'all', alone[m]!, alone[0]!, table.rows.length),
    ci: bootstrap(table.rows.length, table.bootstrap, table.seed, (weight) => ({
      quality: mean(sample.score[m]!, weight),
      cost_usd: mean(sample.usd[m]!, weight),
    })),
  });
  const others = table.names.flatMap((name, m) =>
    m === 0 || m === cheapest ? [] : [fixed(`always ${name}`, m)],
  );
  return [
    fixed('always-cheap', cheapest),
    fixed('always-reference', 0),
    ...others,
    mixRow('random', sample, table, (weight) => {
      const own = singles(sample, weight);
      return [own[0]!, own[cheapest]!];
    }),
    mixRow('hull of single models', sample, table, (weight) => singles(sample, weight)),
    ...table.routed.map((routed) => sweptRow('ours', routed.split, sample, table, choicesOf(routed, sample))),
    sweptRow('oracle', 'all', sample, table, sweep(sample.score, relative(sample))),
  ];
}

/** Expected cost of a model: its mean, relative to the reference's; which prompts are dear is not known before the answer. */
function choicesOf(routed: RoutedRows, sample: ManySample): Choices {
  const referenceCost = mean(sample.usd[sample.reference]!);
  const cost = sample.usd.map((usd) => new Float64Array(usd.length).fill(mean(usd) / referenceCost));
  return sweep(routed.quality, cost);
}

function relative(sample: ManySample): Float64Array[] {
  const referenceCost = mean(sample.usd[sample.reference]!);
  return sample.usd.map((usd) => usd.map((value) => value / referenceCost));
}

function sweptRow(
  name: string,
  split: Split,
  sample: ManySample,
  table: Table,
  choices: Choices,
): EvaluationRow {
  const distinct = choices.filter(
    (picked, i) => i === 0 || picked.some((model, row) => model !== choices[i - 1]![row]),
  );
  return rowOf(name, split, sample, table, (weight) =>
    distinct.map((picked) => pointOf(sample, picked, weight)),
  );
}

const mixRow = (
  name: string,
  sample: ManySample,
  table: Table,
  points: (weight?: Float64Array) => OperatingPoint[],
): EvaluationRow => rowOf(name, 'all', sample, table, points);

function rowOf(
  name: string,
  split: Split,
  sample: ManySample,
  table: Table,
  pointsOf: (weight?: Float64Array) => OperatingPoint[],
): EvaluationRow {
  const points = pointsOf();
  const alone = singles(sample);
  const metrics = manyMetrics(points, alone, sample.reference);
  const reference = alone[sample.reference]!;
  const needed = 0.98 * reference.quality;
  const cost = costAt([...points, reference], needed) ?? reference.cost;
  const ci = bootstrap(table.rows.length, table.bootstrap, table.seed, (weight) => {
    const own = manyMetrics(pointsOf(weight), singles(sample, weight), sample.reference);
    return { aiq: own.aiq, save95: own.save[95], save98: own.save[98], save100: own.save[100] };
  });
  return {
    name,
    split,
    n: table.rows.length,
    quality: Math.max(needed, upperHull([...points, reference])[0]!.quality),
    cost_usd: cost,
    save: { '95': metrics.save[95], '98': metrics.save[98], '100': metrics.save[100] },
    apgr: null,
    cpt50: null,
    cpt80: null,
    aiq: metrics.aiq ?? null,
    ci,
  };
}
