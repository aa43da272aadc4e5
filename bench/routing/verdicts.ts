import type { EvaluationRow } from '../../src/evaluation/index.ts';
import { type MeasuredTask, rowOf } from './measure.ts';
import { simpleRouters, targets } from './targets.ts';

export interface Verdict {
  target: string;
  measured: string;
  holds: boolean;
}

const three = (value: number | null | undefined) => value?.toFixed(3) ?? '–';
const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Figures whose mean over tasks is compared between routers, column by column. */
export const columns: {
  id: string;
  split: 'in-domain' | 'left-out';
  of: (row: EvaluationRow) => number | null;
}[] = (['in-domain', 'left-out'] as const).flatMap((split) => [
  { id: `${split} APGR`, split, of: (row: EvaluationRow) => row.apgr },
  { id: `${split} save@95`, split, of: (row: EvaluationRow) => row.save['95'] },
  { id: `${split} save@98`, split, of: (row: EvaluationRow) => row.save['98'] },
  { id: `${split} save@100`, split, of: (row: EvaluationRow) => row.save['100'] },
  { id: `${split} AIQ`, split, of: (row: EvaluationRow) => row.aiq },
]);

export function columnMean(
  measured: MeasuredTask[],
  router: string,
  column: (typeof columns)[number],
): number | undefined {
  const values = measured
    .map((task) => rowOf(task, router, column.split))
    .flatMap((row) => (row === undefined ? [] : [column.of(row)]))
    .filter(isNumber);
  return values.length === 0 ? undefined : meanOf(values);
}

export function verdictsOf(measured: MeasuredTask[], routers: readonly string[]): Verdict[] {
  const pairs = measured.filter(({ task }) => task.kind === 'pair');
  return [
    ...inDomain(pairs, routers),
    ...leftOut(pairs),
    ...leftOutKept(pairs),
    ...many(measured),
    ...means(measured, routers),
    ...newModels(measured),
  ];
}

function inDomain(pairs: MeasuredTask[], routers: readonly string[]): Verdict[] {
  const found: Verdict[] = [];
  for (const pair of pairs) {
    const own = rowOf(pair, 'ours', 'in-domain')?.apgr;
    const others = routers.flatMap((router) => {
      const apgr = router === 'ours' ? undefined : rowOf(pair, router, 'in-domain')?.apgr;
      return isNumber(apgr) ? [{ router, apgr }] : [];
    });
    if (!isNumber(own) || others.length === 0) continue;
    const best = others.reduce((a, b) => (b.apgr > a.apgr ? b : a));
    const published = simpleRouters[pair.task.id]?.apgr;
    found.push({
      target: `${pair.task.id}: in-domain APGR above the best baseline here${published === undefined ? '' : ` and ${three(published)}`}`,
      measured: `${three(own)} against ${three(best.apgr)} (${best.router})`,
      holds: own > best.apgr && own > (published ?? Number.NEGATIVE_INFINITY),
    });
  }
  const upper = pairs.flatMap((pair) => {
    const own = rowOf(pair, 'ours', 'in-domain')?.apgr;
    const simple = simpleRouters[pair.task.id];
    return simple === undefined || !isNumber(own) ? [] : [own > simple.ci[1]];
  });
  if (upper.length > 0) {
    const above = upper.filter(Boolean).length;
    found.push({
      target:
        "in-domain APGR above the upper end of the best simple router's interval on at least half of the tasks",
      measured: `${above} of ${upper.length}`,
      holds: 2 * above >= upper.length,
    });
  }
  const fixed = (split: 'in-domain' | 'left-out', wanted: { [task: string]: number }) => {
    for (const [id, value] of Object.entries(wanted)) {
      const pair = pairs.find(({ task }) => task.id === id);
      const own = pair === undefined ? undefined : rowOf(pair, 'ours', split)?.apgr;
      if (!isNumber(own)) continue;
      found.push({ target: `${id}: ${split} APGR ≥ ${value}`, measured: three(own), holds: own >= value });
    }
  };
  fixed('in-domain', targets.apgrInDomain);
  fixed('left-out', targets.apgrLeftOut);
  return found;
}

/** Where neither model has an outcome anywhere else there is nothing to rank by: all prompts tie, in every resample. */
const isTied = ({ ci }: EvaluationRow) => ci['apgr'] !== undefined && ci['apgr'][0] === ci['apgr'][1];

function leftOut(pairs: MeasuredTask[]): Verdict[] {
  const all = pairs.flatMap((pair) => {
    const row = rowOf(pair, 'ours', 'left-out');
    return row === undefined || row.apgr === null ? [] : [{ pair, row, apgr: row.apgr }];
  });
  const rows = all.filter(({ row }) => !isTied(row));
  const tied = all.filter(({ row }) => isTied(row)).map(({ pair }) => pair.task.id);
  if (rows.length === 0) return [];
  const least = rows.reduce((a, b) => (b.apgr < a.apgr ? b : a));
  const { rowsMin, gapMin, apgr: half } = targets.harm;
  const harmed = rows.filter(({ pair, row }) => {
    const [reference, cheap] = Object.values(pair.evaluation.models);
    const gap = reference!.quality - cheap!.quality;
    return row.n >= rowsMin && gap >= gapMin && (row.ci['apgr']?.[1] ?? 1) < half;
  });
  const mean = meanOf(rows.map(({ apgr }) => apgr));
  return [
    {
      target: `left-out APGR ≥ ${targets.leftOutMean} in the mean of pairs`,
      measured: `${three(mean)} over ${rows.length}${tied.length === 0 ? '' : `; of the models of ${tied.join(', ')} nothing else is known`}`,
      holds: mean >= targets.leftOutMean,
    },
    {
      target: `left-out APGR ≥ ${targets.leftOutLeast} on each pair`,
      measured: `least ${three(least.apgr)} (${least.pair.task.id})`,
      holds: least.apgr >= targets.leftOutLeast,
    },
    {
      target: `no pair of n ≥ ${rowsMin} and a gap ≥ ${100 * gapMin} points with its whole left-out interval below ${half}`,
      measured: harmed.length === 0 ? 'none' : harmed.map(({ pair }) => pair.task.id).join(', '),
      holds: harmed.length === 0,
    },
  ];
}

function leftOutKept(pairs: MeasuredTask[]): Verdict[] {
  return pairs.flatMap((pair) => {
    const honest = rowOf(pair, 'ours', 'left-out')?.honest?.['95'];
    if (honest === undefined) return [];
    const { quality_ratio: kept, save, random_save: mix } = honest;
    return [
      {
        target: `${pair.task.id}: aiming at 95 % left out keeps ≥ ${100 * targets.leftOutKept95} % and saves more than the random mix of equal quality`,
        measured: `kept ${(100 * kept).toFixed(1)} %, saved ${(100 * save).toFixed(1)} %, mix ${mix === null ? '–' : `${(100 * mix).toFixed(1)} %`}`,
        holds: kept >= targets.leftOutKept95 && save > (mix ?? Number.NEGATIVE_INFINITY),
      },
    ];
  });
}

function many(measured: MeasuredTask[]): Verdict[] {
  const pool = measured.find(({ task }) => task.id === targets.manyInDomain.task);
  const row = pool === undefined ? undefined : rowOf(pool, 'ours', 'in-domain');
  if (row === undefined || row.aiq === null) return [];
  const own = [row.save['95'], row.save['98'], row.save['100']];
  const { save, aiq, task } = targets.manyInDomain;
  return [
    {
      target: `${task}: saving at 95/98/100 % ≥ ${save.join('/')}, AIQ ≥ ${aiq} (the aim was set on the full set of 13 models)`,
      measured: `${own.map((value) => value?.toFixed(2)).join('/')}, ${three(row.aiq)}`,
      holds: own.every((value, i) => value !== null && value >= save[i]!) && row.aiq >= aiq,
    },
  ];
}

function means(measured: MeasuredTask[], routers: readonly string[]): Verdict[] {
  return columns.flatMap((column) => {
    const own = columnMean(measured, 'ours', column);
    const others = routers.flatMap((router) => {
      const mean = router === 'ours' ? undefined : columnMean(measured, router, column);
      return mean === undefined ? [] : [{ router, mean }];
    });
    if (own === undefined || others.length === 0) return [];
    const best = others.reduce((a, b) => (b.mean > a.mean ? b : a));
    return [
      {
        target: `ahead of every baseline in the mean ${column.id}`,
        measured: `${three(own)} against ${three(best.mean)} (${best.router})`,
        holds: own > best.mean,
      },
    ];
  });
}

function newModels(measured: MeasuredTask[]): Verdict[] {
  const losses = measured.flatMap(({ task, evaluation }) =>
    evaluation.rows.flatMap((row) => {
      const metric = task.kind === 'pair' ? 'apgr' : 'aiq';
      const loss = row.unseen?.loss[metric];
      return loss === undefined
        ? []
        : [{ what: `${task.id} ${row.unseen!.model}`, loss: loss.difference, metric }];
    }),
  );
  return (['apgr', 'aiq'] as const).flatMap((metric) => {
    const own = losses.filter((one) => one.metric === metric);
    if (own.length === 0) return [];
    const worst = own.reduce((a, b) => (b.loss > a.loss ? b : a));
    const mean = meanOf(own.map(({ loss }) => loss));
    const { probes, lossMax } = targets.newModel;
    return [
      {
        target: `a model known by ${probes} prompts loses ≤ ${lossMax} of ${metric.toUpperCase()} in the mean`,
        measured: `${three(mean)} over ${own.length}, most ${three(worst.loss)} (${worst.what})`,
        holds: mean <= lossMax,
      },
    ];
  });
}
