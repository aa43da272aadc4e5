import type { PriceRow } from './price.ts';

/** One line that identifies a price row for audit: what it prices, when it holds, its rates in USD per 1M tokens, who says so. */
export function describePriceRow(row: PriceRow): string {
  const rates = [
    ['in', row.input],
    ['out', row.output],
    ['out-thinking', row.outputThinking],
    ['cache-read', row.cacheRead],
    ['cache-write', row.cacheWrite],
    ['cache-write-1h', row.cacheWrite1h],
  ] as const;
  return [
    `${row.vendor}/${row.model}@${row.region ?? '*'}`,
    `from ${row.from}`,
    ...(row.to === undefined ? [] : [`to ${row.to}`]),
    ...(row.inputTokensAbove === 0 ? [] : [`above ${row.inputTokensAbove} input tokens`]),
    ...(row.inputTokensUpTo === undefined ? [] : [`up to ${row.inputTokensUpTo} input tokens`]),
    ...(row.hoursUtc === undefined
      ? []
      : [`hours ${row.hoursUtc.map(([start, end]) => `${start}-${end}`).join(',')} UTC`]),
    ...(row.weekdaysUtc === undefined ? [] : [`weekdays ${row.weekdaysUtc.join(',')}`]),
    ...rates.flatMap(([name, pico]) => (pico === undefined ? [] : [`${name} ${usdPerMillion(pico)}`])),
    `(${row.origin === 'operator' ? 'operator: ' : ''}${row.source}, ${row.asOf})`,
  ].join(' ');
}

/** Pico-USD per token are millionths of USD per 1M tokens: six decimals say all of it. */
function usdPerMillion(pico: number): string {
  const whole = Math.floor(pico / 1_000_000);
  const fraction = (pico % 1_000_000).toString().padStart(6, '0').replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
