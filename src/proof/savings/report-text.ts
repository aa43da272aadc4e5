import { percentText, plusMinus, shareOf, usdText } from './figures-text.ts';
import type { ReportData, RowFigures } from './report-data.ts';

/** The report for a terminal: totals and routes. */
export function reportText(data: ReportData): string {
  const { total } = data;
  const lines = [
    `${data.from} to ${data.to}`,
    `spent ${usdText(total.spent_nano_usd)}, of this proof ${usdText(total.proof_nano_usd)}; ${total.compared_requests} of ${total.requests} requests are compared`,
    ...netLines(total),
  ];
  for (const one of data.routes) {
    const quality =
      one.quality === null || one.quality_margin === null
        ? 'quality not measured (no pairs)'
        : `quality ${plusMinus(one.quality, one.quality_margin)} (estimate, ${one.pairs} pairs)`;
    const row = data.by.route.find(({ group }) => group === one.route);
    const certificate = data.certificates.find((each) => each.route === one.route && each.ended_at === null);
    lines.push(
      '',
      `${one.route}: ${quality}; ${certificate === undefined ? 'no certificate' : `certified: mean loss at most ${certificate.issued.loss_bound.toFixed(4)}`}`,
    );
    if (row !== undefined) lines.push(...netLines(row).map((line) => `  ${line}`));
  }
  return `${lines.join('\n')}\n`;
}

function netLines(row: RowFigures): string[] {
  const line = (name: string, net: string | null, baseline: string | null) => {
    if (net === null || baseline === null) return `${name}  not defined without pairs`;
    const share = shareOf(net, baseline);
    return `${name}  ${usdText(net)}${share === null ? '' : ` (${percentText(share)})`}`;
  };
  return [
    line(
      'net saving against the warm reference   ',
      row.net_warm_reference_nano_usd,
      row.warm_reference_nano_usd,
    ),
    line('net saving against the best single model', row.net_best_single_nano_usd, row.best_single_nano_usd),
    line('net saving against a random mix         ', row.net_random_mix_nano_usd, row.random_mix_nano_usd),
  ];
}
