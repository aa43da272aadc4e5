import { type RowFigures, rowFigures } from './report-data.ts';
import { savingsRow } from './rows.ts';

/** RFC 4180, one line for each row, amounts in whole nano-USD. */
export function savingsCsv(rows: readonly RowFigures[], by: string): string {
  // The columns are there also where no row is.
  const names = Object.keys(rowFigures(savingsRow(undefined, [], new Map()))) as (keyof RowFigures)[];
  const head = names.map((name) => (name === 'group' ? by : name));
  const lines = rows.map((row) => names.map((name) => cell(row[name])));
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula is kept from being one (OWASP, CSV injection). */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number' || /^-?\d+$/.test(value)) return String(value);
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
