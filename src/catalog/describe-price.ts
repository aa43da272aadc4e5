import type { Conversion, PriceRow } from './price.ts';

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
    ...(row.outputTokensUpTo === undefined ? [] : [`answers up to ${row.outputTokensUpTo} tokens`]),
    ...(row.minutesUtc === undefined
      ? []
      : [`hours ${row.minutesUtc.map(([start, end]) => `${time(start)}-${time(end)}`).join(',')} UTC`]),
    ...(row.weekdaysUtc === undefined ? [] : [`weekdays ${row.weekdaysUtc.join(',')}`]),
    ...rates.flatMap(([name, pico]) => (pico === undefined ? [] : [`${name} ${usdPerMillion(pico)}`])),
    ...(row.perRequest === undefined ? [] : [`a-request ${usdPerMillion(row.perRequest / 1_000_000)}`]),
    ...(row.converted === undefined ? [] : [conversion(row.converted)]),
    `(${row.origin === 'operator' ? 'operator: ' : ''}${row.source}, ${row.asOf})`,
  ].join(' ');
}

function conversion({ currency, usdPerUnit, from, source }: Conversion): string {
  return `billed in ${currency} at ${usdPerUnit} USD since ${from} [${source}]`;
}

/** `16` for a full hour, else `16:30`. */
function time(minute: number): string {
  const rest = minute % 60;
  return rest === 0 ? String(minute / 60) : `${Math.floor(minute / 60)}:${String(rest).padStart(2, '0')}`;
}

/** Pico-USD per token are millionths of USD per 1M tokens: six decimals say all of it. */
function usdPerMillion(pico: number): string {
  const whole = Math.floor(pico / 1_000_000);
  const fraction = (pico % 1_000_000).toString().padStart(6, '0').replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
