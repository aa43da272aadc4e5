import { type CatalogData, placeKey } from '../compile.ts';
import type { PriceEntry } from '../data-file.ts';
import type { PriceRow } from '../price.ts';
import { endOf, isTimed, startOf } from '../price-overlap.ts';
import type { BuildSource, Offer, QuotedTier } from './offer.ts';
import { priceFields } from './offer.ts';
import { type Finding, type Quote, reconcile } from './reconcile.ts';

interface Question {
  data: CatalogData;
  /** By catalogue id. */
  offers: Map<string, Offer[]>;
  sources: Map<string, BuildSource>;
  accepted: ReadonlySet<string>;
  nowMs: number;
}

export interface Proposals {
  rows: PriceEntry[];
  places: number;
  newPrices: string[];
  changed: { place: string; from: string; was: string; becomes: string; source: string }[];
  confirmed: number;
  leftOut: { place: string; why: string }[];
  findings: Finding[];
  /** Keys of `accepted` that named a place. */
  used: string[];
}

/** What the catalogue says already, as one of the sources. */
const catalogueSource = 'catalogue';

/** Weighs every place that a source prices: nothing to do, a new row, or left out until somebody looks. */
export function propose(question: Question): Proposals {
  const result: Proposals = {
    rows: [],
    places: 0,
    newPrices: [],
    changed: [],
    confirmed: 0,
    leftOut: [],
    findings: [],
    used: [],
  };
  for (const [model, offers] of question.offers) {
    for (const group of byPlace(offers)) {
      if (group.quotes.length === 0) continue;
      result.places += 1;
      proposeAt(model, group, question, result);
    }
  }
  return result;
}

interface Place {
  vendor: string;
  region: string | undefined;
  /** One quote a source: where it lists a model twice, its plainest name counts. */
  quotes: { offer: Offer; tiers: QuotedTier[] }[];
}

function byPlace(offers: Offer[]): Place[] {
  const places = new Map<string, Place>();
  for (const offer of offers.toSorted((a, b) => a.native.length - b.native.length)) {
    const { vendor, region, tiers, source } = offer;
    const key = `${vendor} ${region ?? ''}`;
    const place = places.get(key) ?? { vendor, region, quotes: [] };
    places.set(key, place);
    if (tiers.length > 0 && !place.quotes.some((each) => each.offer.source === source))
      place.quotes.push({ offer, tiers });
  }
  return [...places.values()];
}

function proposeAt(model: string, place: Place, question: Question, result: Proposals): void {
  const key = `${model}@${place.vendor}${place.region === undefined ? '' : `/${place.region}`}`;
  const { sources, accepted, nowMs } = question;
  const rows = rowsInForce(question.data, model, place, nowMs);
  const quotes: Quote[] = place.quotes.map(({ offer, tiers }) => ({
    source: offer.source,
    asOf: sources.get(offer.source)!.asOf,
    tiers,
  }));
  const current = rows.length === 0 ? undefined : quoteOf(rows);
  const findings = reconcile(key, current === undefined ? quotes : [current, ...quotes]);
  result.findings.push(...findings);
  const wish = [...accepted].find((each) => each === key || each.startsWith(`${key}=`));
  if (wish !== undefined) result.used.push(wish);
  const wanted = wish?.slice(key.length + 1) ?? '';
  const newest = quotes.toSorted((a, b) => Date.parse(b.asOf) - Date.parse(a.asOf))[0]!;
  const chosen = quotes.find(({ source }) => source === wanted) ?? newest;
  if (current !== undefined && sameFigures(current.tiers, chosen.tiers)) {
    result.confirmed += 1;
    return;
  }
  // An older reading cannot know better than a newer one; it has been compared, and that is all.
  if (current !== undefined && wish === undefined && Date.parse(chosen.asOf) <= Date.parse(current.asOf))
    return;
  const doubt = doubtOf(findings, chosen.tiers, rows);
  if (doubt !== undefined && wish === undefined) {
    result.leftOut.push({ place: key, why: doubt });
    return;
  }
  const entries = entriesOf(model, place, chosen, sources.get(chosen.source)!);
  result.rows.push(...entries);
  if (current === undefined) result.newPrices.push(key);
  else {
    const [was, becomes] = [described(current.tiers), described(chosen.tiers)];
    result.changed.push({ place: key, from: chosen.asOf, was, becomes, source: chosen.source });
  }
}

function doubtOf(findings: Finding[], tiers: QuotedTier[], rows: PriceRow[]): string | undefined {
  const [first] = findings;
  if (first !== undefined) {
    const values = first.values.map(({ source, usdPerMillion }) => `${source} ${usdPerMillion}`).join(', ');
    const more = findings.length === 1 ? '' : ` (and ${findings.length - 1} more)`;
    return `${first.kind} of ${first.field}: ${values}. ${first.diagnosis}${more}`;
  }
  if (tiers.some(({ input }) => input === 0))
    return 'free, says the only source: a promotion, or a price it does not know';
  if (rows.some((row) => isTimed(row) || row.outputTokensUpTo !== undefined || row.converted !== undefined))
    return 'the catalogue has rows by the hour, the length of the answer or in another currency, which the source does not';
  return undefined;
}

/** The rows that hold now, with those of the region before those of every region. */
function rowsInForce(data: CatalogData, model: string, place: Place, nowMs: number): PriceRow[] {
  const rows = (data.pricesByPlace.get(placeKey(model, place.vendor)) ?? []).filter(
    (row) => startOf(row) <= nowMs && nowMs < endOf(row),
  );
  const fitting = rows.filter((row) => row.region === place.region);
  // A source without regions speaks of the vendor's list price, which the catalogue may have under the main region's name.
  const found =
    fitting.length > 0
      ? fitting
      : place.region === undefined
        ? rows
        : rows.filter((row) => row.region === undefined);
  const own = found.filter((row) => row.origin === 'operator');
  return own.length > 0 ? own : found;
}

function quoteOf(rows: PriceRow[]): Quote {
  const plain = rows.filter((row) => !isTimed(row) && row.outputTokensUpTo === undefined);
  const region = plain[0]?.region;
  const tiers = plain
    .filter((row) => row.region === region)
    .map((row) => ({
      inputTokensAbove: row.inputTokensAbove,
      ...Object.fromEntries(
        priceFields.flatMap((field) => (row[field] === undefined ? [] : [[field, row[field] / 1e6]])),
      ),
    })) as QuotedTier[];
  const asOf = rows
    .map((row) => row.asOf)
    .sort()
    .at(-1)!;
  return { source: catalogueSource, asOf, tiers };
}

function sameFigures(a: QuotedTier[], b: QuotedTier[]): boolean {
  if (a.length !== b.length) return false;
  return b.every((tier) => {
    const other = a.find((each) => each.inputTokensAbove === tier.inputTokensAbove);
    // What only the catalogue knows, such as one-hour cache writes, is no change.
    return (
      other !== undefined &&
      priceFields.every((field) => tier[field] === undefined || tier[field] === other[field])
    );
  });
}

function entriesOf(model: string, place: Place, chosen: Quote, source: BuildSource): PriceEntry[] {
  return chosen.tiers.map(({ inputTokensAbove, ...figures }) => ({
    model,
    vendor: place.vendor,
    region: place.region ?? null,
    from: chosen.asOf,
    to: null,
    inputTokensAbove,
    ...(Object.fromEntries(
      Object.entries(figures).filter(([, figure]) => figure !== undefined),
    ) as typeof figures),
    source: { source: source.citation, asOf: source.asOf },
  }));
}

function described(tiers: QuotedTier[]): string {
  return tiers
    .map(
      (tier) =>
        `${tier.input}/${tier.output}${tier.inputTokensAbove === 0 ? '' : ` above ${tier.inputTokensAbove}`}`,
    )
    .join(', ');
}
