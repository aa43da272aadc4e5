import { bootstrap } from '../metrics/bootstrap.ts';
import { honestThresholds } from '../metrics/honest.ts';
import { averageQuality, type OperatingPoint } from '../metrics/hull.ts';
import { orderByScore, type PairMetrics, type PairSample, pairMetrics } from '../metrics/pair.ts';
import type { EvaluationRow, RoutedRows, Split } from '../result.ts';
import { costsOf, fixedRow, mean, scoresOf, type Table } from './table.ts';

/** Cuts along the curve that the hull of AIQ is drawn through; more change it in the fourth digit. */
const aiqCuts = 64;

/** The rows of an evaluation between one cheap model and the reference. */
export function comparePair(table: Table): EvaluationRow[] {
  const outcomes: Omit<PairSample, 'routerScore'> = {
    reference: scoresOf(table, 0),
    referenceUsd: costsOf(table, 0),
    cheap: scoresOf(table, 1),
    cheapUsd: costsOf(table, 1),
  };
  const n = table.rows.length;
  const random: PairSample = { ...outcomes, routerScore: new Float64Array(n) };
  const oracle: PairSample = {
    ...outcomes,
    routerScore: Float64Array.from(outcomes.reference, (score, i) => score - outcomes.cheap[i]!),
  };
  return [
    fixed('always-cheap', outcomes.cheap, outcomes.cheapUsd, outcomes, table),
    fixed('always-reference', outcomes.reference, outcomes.referenceUsd, outcomes, table),
    curveRow('random', 'all', random, table, leastCostAt98(random)),
    ...table.routed.map((routed) => routedRow(routed, outcomes, table)),
    curveRow('oracle', 'all', oracle, table, bestOfBoth(outcomes)),
  ];
}

function fixed(
  name: string,
  score: Float64Array,
  usd: Float64Array,
  outcomes: Omit<PairSample, 'routerScore'>,
  table: Table,
): EvaluationRow {
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
  return { ...row, ci };
}

function routedRow(
  routed: RoutedRows,
  outcomes: Omit<PairSample, 'routerScore'>,
  table: Table,
): EvaluationRow {
  const [reference, cheap] = routed.quality;
  const sample: PairSample = {
    ...outcomes,
    // By gain: what the reference is expected to add, not how hard the prompt looks.
    routerScore: Float64Array.from(reference!, (quality, i) => quality - cheap![i]!),
  };
  const honest = honestThresholds(sample, routed.fold);
  const at98 = { quality: honest[98].quality, cost: honest[98].costUsd };
  return {
    ...curveRow('ours', routed.split, sample, table, at98),
    honest: Object.fromEntries(
      Object.entries(honest).map(([target, { qualityRatio, save }]) => [
        target,
        { quality_ratio: qualityRatio, save },
      ]),
    ),
    ...(routed.group === undefined ? {} : { groups: byGroup(sample, routed.group) }),
  };
}

function curveRow(
  name: string,
  split: Split,
  sample: PairSample,
  table: Table,
  at: OperatingPoint,
): EvaluationRow {
  const order = orderByScore(sample.routerScore);
  const metrics = pairMetrics(sample, order);
  const n = order.length;
  const ci = bootstrap(n, table.bootstrap, table.seed, (weight) => {
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
  return {
    name,
    split,
    n,
    quality: at.quality,
    cost_usd: at.cost,
    save: saveOf(metrics),
    apgr: metrics.apgr ?? null,
    cpt50: metrics.cpt50 ?? null,
    cpt80: metrics.cpt80 ?? null,
    aiq: pairAiq(sample, order) ?? null,
    ci,
  };
}

const saveOf = ({ save }: PairMetrics) => ({ '95': save[95], '98': save[98], '100': save[100] });

/** The curve of a pair as operating points, cut at equal shares. A group of equal scores lies on a straight line, as in the random mix. */
function pairAiq(sample: PairSample, order: Int32Array, weight?: Float64Array): number | undefined {
  const cheapest = mean(sample.cheapUsd, weight);
  const dearest = mean(sample.referenceUsd, weight);
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
  return averageQuality(points, Math.min(cheapest, dearest), Math.max(cheapest, dearest));
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
function bestOfBoth({
  cheap,
  reference,
  cheapUsd,
  referenceUsd,
}: Omit<PairSample, 'routerScore'>): OperatingPoint {
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
