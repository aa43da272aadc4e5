import { bootstrap, intervalsOf, replicate } from '../metrics/bootstrap.ts';
import { honestOf, pairPicks } from '../metrics/honest.ts';
import { averageQuality, type OperatingPoint } from '../metrics/hull.ts';
import type { ManySample } from '../metrics/many.ts';
import { orderByScore, type PairMetrics, type PairSample, pairMetrics } from '../metrics/pair.ts';
import type { EvaluationRow, RoutedRows, Split } from '../result.ts';
import { calibrationFigures, curveOf, honestFigures, sliceFigures } from './details.ts';
import type { Measured } from './measured.ts';
import { fixedRow, mean, sampleOf, type Table } from './table.ts';

/** Cuts along the curve that the hull of AIQ is drawn through; more change it in the fourth digit. */
const aiqCuts = 64;

type Outcomes = Omit<PairSample, 'routerScore'>;

/** The rows of an evaluation between one cheap model and the reference. */
export function comparePair(table: Table, groupOracle: RoutedRows | undefined): Measured[] {
  const sample = sampleOf(table);
  const outcomes: Outcomes = {
    reference: sample.score[0]!,
    referenceUsd: sample.usd[0]!,
    cheap: sample.score[1]!,
    cheapUsd: sample.usd[1]!,
  };
  const random: PairSample = { ...outcomes, routerScore: new Float64Array(table.rows.length) };
  const oracle: PairSample = {
    ...outcomes,
    routerScore: Float64Array.from(outcomes.reference, (score, i) => score - outcomes.cheap[i]!),
  };
  const grouped = groupOracle === undefined ? undefined : gainOf(groupOracle, outcomes);
  return [
    fixed('always-cheap', outcomes.cheap, outcomes.cheapUsd, outcomes, table),
    fixed('always-reference', outcomes.reference, outcomes.referenceUsd, outcomes, table),
    curveRow('random', 'all', random, table, leastCostAt98(random)),
    ...table.routed.map((routed) => routedRow(routed, outcomes, sample, table)),
    ...(grouped === undefined ? [] : [curveRow('group oracle', 'all', grouped, table, undefined)]),
    curveRow('oracle', 'all', oracle, table, bestOfBoth(outcomes)),
  ];
}

function fixed(
  name: string,
  score: Float64Array,
  usd: Float64Array,
  outcomes: Outcomes,
  table: Table,
): Measured {
  const row = fixedRow(
    name,
    'all',
    { quality: mean(score), cost: mean(usd) },
    { quality: mean(outcomes.reference), cost: mean(outcomes.referenceUsd) },
    table.rows.length,
  );
  const ci = bootstrap(table.rows.length, table.bootstrap, table.seed, (weight) => ({
    quality: mean(score, weight),
    cost_usd: mean(usd, weight),
  }));
  return { row: { ...row, ci }, replicates: new Map() };
}

/** By gain: what the reference is expected to add, not how hard the prompt looks. */
function gainOf(routed: RoutedRows, outcomes: Outcomes): PairSample {
  const [reference, cheap] = routed.quality;
  return { ...outcomes, routerScore: Float64Array.from(reference!, (quality, i) => quality - cheap![i]!) };
}

function routedRow(routed: RoutedRows, outcomes: Outcomes, sample: ManySample, table: Table): Measured {
  const pair = gainOf(routed, outcomes);
  const picks = pairPicks(pair, routed.fold);
  const at98 = picks === undefined ? undefined : honestOf(sample, picks[98]);
  const measured = curveRow(
    routed.name,
    routed.split,
    pair,
    table,
    at98 === undefined ? undefined : { quality: at98.quality, cost: at98.costUsd },
  );
  const row: EvaluationRow = {
    ...measured.row,
    router: routed.router,
    ...(picks === undefined ? {} : { honest: honestFigures(sample, picks, table) }),
    ...(routed.group === undefined ? {} : { groups: byGroup(pair, routed.group) }),
    calibration: calibrationFigures(sample, routed, table.names),
    ...(routed.router === 'ours' ? { slices: sliceFigures(sample, routed, picks, table) } : {}),
  };
  return { ...measured, row, routed };
}

/** `at` is the operating point to name; without one, the least cost at 98 %, read off the curve itself. */
function curveRow(
  name: string,
  split: Split,
  sample: PairSample,
  table: Table,
  at: OperatingPoint | undefined,
): Measured {
  const order = orderByScore(sample.routerScore);
  const metrics = pairMetrics(sample, order);
  const n = order.length;
  const replicates = replicate(n, table.bootstrap, table.seed, (weight) => {
    const own = pairMetrics(sample, order, weight);
    return {
      apgr: own.apgr,
      cpt50: own.cpt50,
      cpt80: own.cpt80,
      save95: own.save[95],
      save98: own.save[98],
      save100: own.save[100],
      aiq: pairAiq(sample, order, weight),
    };
  });
  const operating = at ?? {
    quality: 0.98 * mean(sample.reference),
    cost: (1 - metrics.save[98]) * mean(sample.referenceUsd),
  };
  return {
    row: {
      name,
      split,
      n,
      quality: operating.quality,
      cost_usd: operating.cost,
      save: saveOf(metrics),
      apgr: metrics.apgr ?? null,
      cpt50: metrics.cpt50 ?? null,
      cpt80: metrics.cpt80 ?? null,
      aiq: pairAiq(sample, order) ?? null,
      ci: intervalsOf(replicates),
    },
    replicates,
    curve: curveOf(name, split, table, (weight) => pointsOf(sample, order, weight)),
  };
}

const saveOf = ({ save }: PairMetrics) => ({ '95': save[95], '98': save[98], '100': save[100] });

/** The curve of a pair as operating points, cut at equal shares. A group of equal scores lies on a straight line, as in the random mix. */
function pointsOf(sample: PairSample, order: Int32Array, weight?: Float64Array): OperatingPoint[] {
  const cheapest = mean(sample.cheapUsd, weight);
  const points: OperatingPoint[] = [{ cost: cheapest, quality: mean(sample.cheap, weight) }];
  let total = 0;
  for (let i = 0; i < order.length; i++) total += weight === undefined ? 1 : weight[i]!;
  let cost = cheapest;
  let quality = points[0]!.quality;
  const step = Math.max(1, Math.floor(order.length / aiqCuts));
  let sinceCut = 0;
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    const share = (weight === undefined ? 1 : weight[row]!) / total;
    cost += share * (sample.referenceUsd[row]! - sample.cheapUsd[row]!);
    quality += share * (sample.reference[row]! - sample.cheap[row]!);
    const next = order[at + 1];
    const tied = next !== undefined && sample.routerScore[next] === sample.routerScore[row];
    sinceCut += 1;
    if (tied || (sinceCut < step && next !== undefined)) continue;
    points.push({ cost, quality });
    sinceCut = 0;
  }
  return points;
}

function pairAiq(sample: PairSample, order: Int32Array, weight?: Float64Array): number | undefined {
  const cheap = mean(sample.cheapUsd, weight);
  const dear = mean(sample.referenceUsd, weight);
  return averageQuality(pointsOf(sample, order, weight), Math.min(cheap, dear), Math.max(cheap, dear));
}

function leastCostAt98({ cheap, reference, cheapUsd, referenceUsd }: PairSample): OperatingPoint {
  const from = { quality: mean(cheap), cost: mean(cheapUsd) };
  const to = { quality: mean(reference), cost: mean(referenceUsd) };
  const needed = 0.98 * to.quality;
  const share =
    from.quality >= needed ? 0 : Math.min(1, (needed - from.quality) / (to.quality - from.quality));
  return {
    quality: from.quality + share * (to.quality - from.quality),
    cost: from.cost + share * (to.cost - from.cost),
  };
}

/** The oracle where quality counts first: the better answer, the cheaper one when they are equal. */
function bestOfBoth({ cheap, reference, cheapUsd, referenceUsd }: Outcomes): OperatingPoint {
  let quality = 0;
  let cost = 0;
  for (let i = 0; i < cheap.length; i++) {
    const useReference =
      reference[i]! > cheap[i]! || (reference[i] === cheap[i] && referenceUsd[i]! < cheapUsd[i]!);
    quality += (useReference ? reference[i]! : cheap[i]!) / cheap.length;
    cost += (useReference ? referenceUsd[i]! : cheapUsd[i]!) / cheap.length;
  }
  return { quality, cost };
}

function byGroup(
  sample: PairSample,
  group: string[],
): { [group: string]: { n: number; apgr: number | null } } {
  return Object.fromEntries(
    [...new Set(group)].sort().map((name) => {
      const rows = group.flatMap((own, i) => (own === name ? [i] : []));
      const pick = (values: Float64Array) => Float64Array.from(rows, (i) => values[i]!);
      const own: PairSample = {
        cheap: pick(sample.cheap),
        reference: pick(sample.reference),
        cheapUsd: pick(sample.cheapUsd),
        referenceUsd: pick(sample.referenceUsd),
        routerScore: pick(sample.routerScore),
      };
      return [name, { n: rows.length, apgr: pairMetrics(own, orderByScore(own.routerScore)).apgr ?? null }];
    }),
  );
}
