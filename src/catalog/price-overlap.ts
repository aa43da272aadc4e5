import type { PriceRow } from './price.ts';

/**
 * Finds two rows that would hold at once with nothing to choose between them, and says which. A row with hours beside one
 * without is no overlap: the one with hours comes first.
 */
export function findOverlap(rows: PriceRow[]): string | undefined {
  const groups = new Map<string, PriceRow[]>();
  for (const row of rows) {
    const { origin, model, vendor, region, inputTokensAbove, outputTokensUpTo } = row;
    const key = [origin, model, vendor, region, inputTokensAbove, outputTokensUpTo, isTimed(row)].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  for (const group of groups.values()) {
    for (const [index, row] of group.entries()) {
      const other = group
        .slice(index + 1)
        .find((each) => datesMeet(row, each) && daysMeet(row, each) && hoursMeet(row, each));
      if (other !== undefined) {
        const tier = row.inputTokensAbove === 0 ? '' : `, above ${row.inputTokensAbove} input tokens`;
        return `«${row.model}» at «${row.vendor}» (${row.region ?? 'every region'}${tier}) has rows from ${row.from} and from ${other.from}`;
      }
    }
  }
  return undefined;
}

export function isTimed(row: PriceRow): boolean {
  return row.minutesUtc !== undefined || row.weekdaysUtc !== undefined;
}

function datesMeet(a: PriceRow, b: PriceRow): boolean {
  return startOf(a) < endOf(b) && startOf(b) < endOf(a);
}

export function startOf(row: PriceRow): number {
  return Date.parse(row.from);
}

export function endOf(row: PriceRow): number {
  return row.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(row.to);
}

function daysMeet(a: PriceRow, b: PriceRow): boolean {
  if (a.weekdaysUtc === undefined || b.weekdaysUtc === undefined) return true;
  return a.weekdaysUtc.some((day) => b.weekdaysUtc?.includes(day));
}

function hoursMeet(a: PriceRow, b: PriceRow): boolean {
  if (a.minutesUtc === undefined || b.minutesUtc === undefined) return true;
  return a.minutesUtc.some(([start, end]) => b.minutesUtc?.some(([from, to]) => start < to && from < end));
}
