import type { FaultRow } from './faults.ts';
import type { Row } from './run.ts';

/** One line as soon as a run is over. */
export function printRow({ cli, upstream, check, problems, seconds, output }: Row): void {
  const passed = problems.length === 0;
  console.error(`${passed ? '✔' : '✖'} ${cli} → ${upstream}, ${check} (${seconds.toFixed(1)} s)`);
  for (const problem of problems) console.error(`    ${problem}`);
  if (output !== undefined) console.error(indented(`${output.stdout}\n${output.stderr}`));
}

export function printRows(
  rows: Row[],
  versions: { [cli: string]: string },
  how: { isolated: boolean; namesSeen: boolean },
): void {
  console.log(
    table(
      ['client', 'version', 'upstream', 'check', 'result', 'seconds', 'sent', 'upstream got', 'largest body'],
      rows.map((row) => [
        row.cli,
        versions[row.cli] ?? '',
        row.upstream,
        row.check,
        row.problems.length === 0 ? 'pass' : 'FAIL',
        row.seconds.toFixed(1),
        String(Object.values(row.requests).reduce((sum, count) => sum + count, 0)),
        String(row.upstreamRequests),
        `${Math.round(row.bodyBytesMax / 1000)} KB`,
      ]),
    ),
  );
  console.log('\nWhat they send:');
  for (const [cli, own] of Object.entries(Object.groupBy(rows, ({ cli }) => cli))) {
    const kinds = new Set(own?.flatMap(({ requests }) => Object.keys(requests)));
    console.log(`  ${cli}: ${[...kinds].sort().join(', ')}`);
  }
  console.log('\nWhat a translation could not carry (x-yumen-dropped-params):');
  for (const row of rows.filter(({ check, dropped }) => check === 'tool loop' && dropped.length > 0))
    console.log(`  ${row.cli} → ${row.upstream}: ${row.dropped.join(', ')}`);
  console.log(`\n${outsideOf(rows, how)}`);
}

/** What is known stands beside what was seen, so that a gateway that provokes repetitions shows. */
export function printFaults(rows: FaultRow[]): void {
  console.log(
    table(
      [
        'client',
        'failure',
        'requests',
        'on record',
        'without a gateway',
        'answered with',
        'upstream got',
        'seconds',
        'in the end',
      ],
      rows.map((row) => [
        row.cli,
        row.fault,
        String(row.requests),
        String(row.known ?? '-'),
        String(row.direct ?? '-'),
        row.statuses,
        String(row.upstreamRequests),
        row.seconds.toFixed(1),
        row.problem ?? (row.answered ? 'answered' : row.unfinished ? 'still trying' : 'gave up'),
      ]),
    ),
  );
}

function outsideOf(rows: Row[], { isolated, namesSeen }: { isolated: boolean; namesSeen: boolean }): string {
  if (!isolated) {
    return 'No namespace could be made here: the clients ran with their switches alone, and what they tried outside was not seen.';
  }
  const seen = namesSeen ? '' : ' Names could not be watched: lookups do not come to us here.';
  const tries = rows
    .filter(({ outside }) => outside.names.length > 0 || outside.connects > 0)
    .map(
      ({ cli, upstream, check, outside }) =>
        `\n  ${cli} → ${upstream}, ${check}: ${[...outside.names, `${outside.connects} addresses`].join(', ')}`,
    );
  return `Ran with loopback only.${seen} Tried outside:${tries.length === 0 ? ' nothing.' : tries.join('')}`;
}

/** Rows of cells as a table in Markdown. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function indented(text: string): string {
  return text.trim().replace(/^/gm, '    | ');
}
