/** Rows of a CSV text as objects by the names of its first line. Quoted fields may hold commas, quotes and line breaks. */
export function csvRows(content: string): { [column: string]: string | undefined }[] {
  const [head, ...lines] = csvLines(content.replace(/^﻿/, ''));
  if (head === undefined) return [];
  return lines.map((cells) => Object.fromEntries(head.map((name, index) => [name, cells[index]])));
}

function csvLines(content: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy;
  while (cell.lastIndex < content.length) {
    const found = cell.exec(content);
    if (found === null) break;
    const [, value = '', end] = found;
    cells.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end !== ',') {
      lines.push(cells);
      cells = [];
    }
  }
  if (cells.length > 0) lines.push(cells);
  return lines;
}
