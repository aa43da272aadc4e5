/** From values to places on the page. */
export interface Scale {
  from: number;
  to: number;
  of(value: number): number;
  /** The place of the value, or of the nearest one that is on the page. */
  within(value: number): number;
}

const margin = 0.06;
const ticksWanted = 6;

/** A linear scale that holds all values with a little room; never below 0 where no value is. */
export function scaleOf(values: readonly number[], start: number, end: number): Scale {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const room = margin * (most - least || Math.abs(most) || 1);
  const from = least >= 0 ? Math.max(0, least - room) : least - room;
  const to = most + room;
  const of = (value: number) => start + ((value - from) / (to - from)) * (end - start);
  return { from, to, of, within: (value) => of(Math.max(from, Math.min(to, value))) };
}

/** Round values along a scale. */
export function ticksOf({ from, to }: Scale): number[] {
  const rough = (to - from) / ticksWanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step); tick * step <= to; tick++) ticks.push(tick * step);
  return ticks;
}

export const formatted = (value: number) => String(Number(value.toPrecision(6)));

export const escaped = (content: string) =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
