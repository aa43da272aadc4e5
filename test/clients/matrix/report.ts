import type { Cell } from './cell.ts';

export interface Row {
  client: string;
  cells: Cell[];
}

interface Report {
  rows: Row[];
  seconds: number;
  /** Names of other machines that an SDK wanted to call. */
  outside: string[];
}

/** Clients down, upstream dialects across; what a client cannot do stands below. */
export function tableOf({ rows, seconds, outside }: Report): string {
  const notes = new Map<string, number>();
  const head = ['client', ...(rows[0]?.cells.map(({ upstream }) => upstream) ?? []), 'n/a'];
  const body = rows.map(({ client, cells }) => [
    client,
    ...cells.map(({ passed, total }) => `${passed}/${total}${passed === total ? '' : ' ✖'}`),
    notesOf(cells, notes),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((line) => line[at]!.length)));
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...body].map(
    (line) => `| ${line.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`,
  );
  const { passed, total } = sumOf(rows);
  return [
    ...lines,
    '',
    'Checks passed of those the SDK can be put to. Not applicable:',
    ...[...notes].map(([note, number]) => `  ${number}. ${note}`),
    '',
    `${passed} of ${total} checks pass; ${rows.length} clients, ${seconds.toFixed(0)} s. Calls to other machines: ${outside.join(', ') || 'none'}.`,
  ].join('\n');
}

/** What a client lacks is the same with every upstream. */
function notesOf([cell]: Cell[], notes: Map<string, number>): string {
  const byReason = new Map<string, string[]>();
  for (const { check, reason } of cell?.lacking ?? []) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), check]);
  }
  const numbers = [...byReason].map(([reason, checks]) => {
    const note = `${reason} (${checks.map((check) => `«${check}»`).join(', ')})`;
    if (!notes.has(note)) notes.set(note, notes.size + 1);
    return notes.get(note);
  });
  return numbers.join(' ');
}

export function jsonOf({ rows, seconds, outside }: Report): object {
  return { ...sumOf(rows), seconds: Math.round(seconds * 10) / 10, outside, clients: rows };
}

function sumOf(rows: Row[]): { passed: number; total: number } {
  const cells = rows.flatMap((row) => row.cells);
  return {
    passed: cells.reduce((sum, cell) => sum + cell.passed, 0),
    total: cells.reduce((sum, cell) => sum + cell.total, 0),
  };
}
