import type { FactSource, Model } from './model.ts';
import type { PriceRow } from './price.ts';

/**
 * After how many days a fact wants a second look. Prices move most: a vendor cut or raised a flagship's price about every two months
 * in 2026. Limits and abilities change with new versions, licences and scores of a given model hardly ever, but pages go away.
 */
const daysMax = { price: 45, rate: 30, facts: 180, score: 365 } as const;

type FactKind = keyof typeof daysMax;

/** How old a fact is, for a badge beside it. */
export interface Staleness {
  ageDays: number;
  daysMax: number;
  stale: boolean;
}

const msPerDay = 86_400_000;

/** `asOf` that is no date (the operator's own word in the configuration) never ages: it is as true as the operator keeps it. */
export function staleness(fact: Pick<FactSource, 'asOf'> & { kind: FactKind }, nowMs: number): Staleness {
  const readMs = Date.parse(fact.asOf);
  const ageDays = Number.isNaN(readMs) ? 0 : Math.max(0, Math.floor((nowMs - readMs) / msPerDay));
  return { ageDays, daysMax: daysMax[fact.kind], stale: ageDays > daysMax[fact.kind] };
}

/** Of a price row; a closed row is history, which does not age, and one in another currency is no fresher than its exchange rate. */
export function priceStaleness(row: PriceRow, nowMs: number): Staleness {
  const price = staleness({ kind: 'price', asOf: row.asOf }, nowMs);
  if (row.to !== undefined && Date.parse(row.to) <= nowMs) return { ...price, stale: false };
  if (price.stale || row.converted === undefined) return price;
  const rate = staleness({ kind: 'rate', asOf: row.converted.from }, nowMs);
  return rate.stale ? rate : price;
}

/** Of what a model is and can do: as fresh as the newest of the sources that say so. */
export function modelStaleness(model: Pick<Model, 'facts'>, nowMs: number): Staleness | undefined {
  const newest = model.facts
    .map(({ asOf }) => asOf)
    .sort()
    .at(-1);
  return newest === undefined ? undefined : staleness({ kind: 'facts', asOf: newest }, nowMs);
}
