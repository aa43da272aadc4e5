import type { EvaluationRow } from '../../src/evaluation/index.ts';
import { type MeasuredTask, rowOf } from './measure.ts';
import { simpleRouters } from './targets.ts';
import { columnMean, columns, type Verdict } from './verdicts.ts';

const figure = (value: number | null | undefined, digits = 2) =>
  typeof value === 'number' ? value.toFixed(digits) : '–';
const range = (row: EvaluationRow, metric: string) => {
  const ci = row.ci[metric];
  return ci === undefined ? '' : ` [${ci[0].toFixed(2)}, ${ci[1].toFixed(2)}]`;
};
const share = (value: number) => (100 * value).toFixed(1);

/** One task: every row, ours and the baselines by split, the target figures beneath. */
export function printTask({ task, reference, evaluation }: MeasuredTask): void {
  const pair = task.kind === 'pair';
  const [first, second] = Object.entries(evaluation.models);
  const models = pair
    ? `${second![0]} ${figure(second![1].quality, 3)} → ${first![0]} ${figure(first![1].quality, 3)}`
    : `${Object.keys(evaluation.models).length} models, best ${reference} ${figure(first![1].quality, 3)}`;
  console.log(`\n${task.id} (${task.use}): ${evaluation.n} prompts, ${models}`);
  const header = [
    'row',
    'split',
    pair ? 'APGR [95 %]' : 'AIQ [95 %]',
    'save@95',
    '@98',
    '@100',
    'honest 95: kept, saved (mix)',
    'honest 98',
    'ours ahead by',
  ];
  const rows = evaluation.rows.map((row) => {
    const honest = (target: '95' | '98') => {
      const own = row.honest?.[target];
      if (own === undefined) return '';
      const mix = own.random_save === null ? '–' : share(own.random_save);
      return `${share(own.quality_ratio)}, ${share(own.save)} (${mix})`;
    };
    const metric = pair ? 'apgr' : 'aiq';
    const ahead = row.ours_ahead?.[metric] ?? row.unseen?.loss[metric];
    return [
      row.unseen === undefined ? row.name : `${row.name}, new ${row.unseen.model}`,
      row.split,
      `${figure(row[metric], 3)}${range(row, metric)}`,
      `${figure(row.save['95'])}${range(row, 'save95')}`,
      figure(row.save['98']),
      figure(row.save['100']),
      honest('95'),
      honest('98'),
      ahead === undefined
        ? ''
        : `${figure(ahead.difference, 3)} [${ahead.ci.map((value) => value.toFixed(3)).join(', ')}]`,
    ];
  });
  printTable([header, ...rows]);
  const aim = simpleRouters[task.id];
  if (aim === undefined) return;
  console.log(
    `  best simple router elsewhere: in domain ${figure(aim.apgr, 3)} [${aim.ci.join(', ')}] (${aim.by}), save ${aim.save.join(' / ')}; left out ${figure(aim.leftOut, 3)}`,
  );
}

function printTable(cells: string[][]): void {
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  for (const row of cells)
    console.log(
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}`,
    );
}

export function printVerdicts(verdicts: readonly Verdict[]): void {
  const show = ({ target, measured }: Verdict) => console.log(`  ${target}: ${measured}`);
  console.log('\nTargets that hold');
  verdicts.filter(({ holds }) => holds).forEach(show);
  console.log('\nTargets that do not');
  verdicts.filter(({ holds }) => !holds).forEach(show);
}

/** Tables for a document: a row per task, a column per router, for each split; then the means of all columns. */
export function markdownOf(measured: MeasuredTask[], routers: readonly string[]): string {
  const pairs = measured.filter(({ task }) => task.kind === 'pair');
  const pools = measured.filter(({ task }) => task.kind === 'pool');
  const nameOf = (router: string) =>
    measured.flatMap(({ evaluation }) => evaluation.rows).find((row) => row.router === router)?.name ??
    router;
  const head = (first: string) =>
    `| ${first} | n | ${routers.map(nameOf).join(' | ')} |\n|---|---|${routers.map(() => '---').join('|')}|`;
  const lines = (tasks: MeasuredTask[], split: 'in-domain' | 'left-out', metric: 'apgr' | 'aiq') =>
    tasks.map((one) => {
      const values = routers.map((router) => rowOf(one, router, split)?.[metric] ?? undefined);
      const best = Math.max(...values.filter((value) => value !== undefined));
      const cells = routers.map((router, r) => {
        const row = rowOf(one, router, split);
        const text = `${figure(values[r], 3)}${router === 'ours' && row !== undefined ? range(row, metric) : ''}`;
        return values[r] === best ? `**${text}**` : text;
      });
      return `| ${one.task.id} | ${one.evaluation.n} | ${cells.join(' | ')} |`;
    });
  const part = (tasks: MeasuredTask[], split: 'in-domain' | 'left-out', metric: 'apgr' | 'aiq') =>
    tasks.length === 0 ? [] : [head(`${metric.toUpperCase()}, ${split}`), ...lines(tasks, split, metric), ''];
  const means = columns.map((column) => {
    const cells = routers.map((router) => figure(columnMean(measured, router, column), 3));
    return `| ${column.id} | | ${cells.join(' | ')} |`;
  });
  return [
    ...part(pairs, 'in-domain', 'apgr'),
    ...part(pairs, 'left-out', 'apgr'),
    ...part(pools, 'in-domain', 'aiq'),
    ...part(pools, 'left-out', 'aiq'),
    head('mean of tasks'),
    ...means,
    '',
  ].join('\n');
}
