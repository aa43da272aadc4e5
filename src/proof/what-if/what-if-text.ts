import { formatUsd } from '../../std/index.ts';
import type { Measured } from '../stats/ratio.ts';
import type { Counts, WhatIfReport } from './what-if.ts';

/** The report for a terminal. */
export function whatIfText(report: WhatIfReport): string {
  const { cost, expectedLoss, compared, decisions, changed, refused, notReplayable, measured } = report;
  const lines = [
    `${report.route}: of ${decisions} decisions ${changed} would have gone elsewhere${refused > 0 ? `, ${refused} could not have been served` : ''}${notReplayable > 0 ? `, ${notReplayable} cannot be made again` : ''}.`,
    '',
    `expected cost  $${formatUsd(cost.beforeNano)} → $${formatUsd(cost.afterNano)}${cost.ratio === undefined ? '' : ` (× ${plusMinus(cost.ratio)}, 95 % by sessions)`}, over ${compared} with a known price`,
    `expected loss  ${points(expectedLoss.before)} → ${points(expectedLoss.after)} points on average, by the router's own estimate`,
  ];
  if (measured === undefined)
    lines.push('measured loss  the window has no pairs of this route and reference');
  else
    lines.push(
      `measured loss  ${measuredText(measured.before)} → ${measuredText(measured.after)} on ${measured.pairs} pairs${measured.notCovered > 0 ? `; ${measured.notCovered} have no graded answer of whoever would have answered` : ''}`,
    );
  lines.push(...table('answered by', report.answers));
  lines.push(...table('processed in', report.processing), ...table('models from', report.origin));
  for (const { from, to, requests } of report.moved)
    lines.push(`  ${requests} would leave ${from} for ${to}`);
  lines.push(
    '',
    'Each decision by itself: conversations, caches, health and what was learned are as they were.',
  );
  return `${lines.join('\n')}\n`;
}

function table(title: string, rows: readonly { name: string; counts: Counts }[]): string[] {
  const lines = rows.map(({ name, counts }) => `  ${name}: ${counts.before} → ${counts.after}`);
  return lines.length === 0 ? [] : ['', title, ...lines];
}

const points = (loss: number): string => (100 * loss).toFixed(2);
const plusMinus = ({ value, margin }: Measured): string => `${value.toFixed(3)} ± ${margin.toFixed(3)}`;
const measuredText = (one: Measured | undefined): string =>
  one === undefined ? 'not measured' : `${points(one.value)} ± ${points(one.margin)}`;
