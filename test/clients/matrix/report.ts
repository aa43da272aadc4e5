import type { Cell } from './cell.ts';

export interface Row {
  client: string;
  lacks: { [feature: string]: string };
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
  const body = rows.map(({ client, lacks, cells }) => [
    client,
    ...cells.map(({ passed, total }) => `${passed}/${total}${passed === total ? '' : ' ✖'}`),
    notesOf(lacks, notes),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((line) => line[at]!.length)));
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...body].map(
    (line) => `| ${line.map((text, at) => text.padEnd(widths[at]!)).join(' | ')} |`,
  );
  const { passed, total } = sumOf(rows);
  return [
    ...lines,
    '',
    'Checks passed of those the SDK can be put to. What it has not is not asked of it:',
    ...[...notes].map(([note, number]) => `  ${number}. ${note}`),
    '',
    `${passed} of ${total} checks pass; ${rows.length} clients, ${seconds.toFixed(0)} s. Calls to other machines: ${outside.join(', ') || 'none'}.`,
  ].join('\n');
}

/** Numbers of what a client lacks, which is the same with every upstream. */
function notesOf(lacks: Row['lacks'], notes: Map<string, number>): string {
  const byReason = new Map<string, string[]>();
  for (const [feature, reason] of Object.entries(lacks)) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), feature]);
  }
  const numbers = [...byReason].map(([reason, features]) => {
    const note = `${features.join(', ')}: ${reason}`;
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
