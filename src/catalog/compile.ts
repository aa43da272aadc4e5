import * as z from 'zod';
import { findVendor } from '../providers/index.ts';
import {
  type CatalogContent,
  catalogFileSchema,
  completeModelSchema,
  type ModelEntry,
  type PartialModelEntry,
  type PriceEntry,
  type Serving,
  type SourceReference,
} from './data-file.ts';
import { type DatedRate, rateTimeline } from './exchange-rate.ts';
import type { FactSource, Licence, Model } from './model.ts';
import type { PriceRow } from './price.ts';
import { priceRows } from './price-entry.ts';
import { findOverlap } from './price-overlap.ts';

/** A catalogue file as read: parsed JSON or YAML, not yet checked. */
export interface CatalogFile {
  /** Named in error messages, e.g. a path. */
  label: string;
  origin: 'operator' | 'shipped';
  content: unknown;
  /** The form, and that no prices overlap, have been checked before (a test checks the shipped files): start-up need not do it again. */
  checked?: CatalogContent | undefined;
}

/** Files merged and checked: what a catalogue is made of. */
export interface CatalogData {
  models: Model[];
  /** By model id. */
  servings: Map<string, Serving[]>;
  /** The operator's rows first. */
  prices: PriceRow[];
  /** The same by `placeKey`. */
  pricesByPlace: Map<string, PriceRow[]>;
  /** What each vendor is known to serve, by a serving or a price, in the order of the models. */
  modelsByVendor: Map<string, Model[]>;
}

type Sources = Map<string, FactSource>;
type Licences = Map<string, Licence>;

/** What later files may name: citations, licences and exchange rates, from every file. */
interface Tables {
  sources: Sources;
  licences: Licences;
  rates: Map<string, DatedRate[]>;
}

/** One model at one vendor, as a key. Model ids hold no spaces. */
export function placeKey(model: string, vendor: string): string {
  return `${model} ${vendor}`;
}

/**
 * Merges files, later ones over earlier ones, and checks what no single row can show: names that clash, prices that overlap,
 * prices of models or vendors that do not exist. Throws an Error that names the file and the row at fault.
 */
export function compileCatalogData(files: CatalogFile[]): CatalogData {
  const parsed = files.map((file) => ({ file, content: file.checked ?? parseFile(file) }));
  const tables = tablesOf(parsed);
  const entries = new Map<string, { entry: PartialModelEntry; file: CatalogFile }>();
  for (const { file, content } of parsed) {
    for (const entry of mergeable(content.models ?? [], file.label)) {
      const before = entries.get(entry.id);
      entries.set(entry.id, { entry: { ...before?.entry, ...entry }, file });
    }
  }
  const complete = [...entries.values()].map(({ entry, file }) => completeModel(entry, file));
  const models = complete.map((entry) => modelOf(entry, tables));
  checkNames(models);
  const priced = parsed.map(({ file, content }) => ({
    file,
    rows: pricesOf(file, content.prices ?? [], entries, tables),
  }));
  const overlap = findOverlap(
    priced.filter(({ file }) => file.checked === undefined).flatMap(({ rows }) => rows),
  );
  if (overlap !== undefined) throw new Error(`prices overlap: ${overlap}`);
  const prices = [
    ...priced.filter(({ file }) => file.origin === 'operator'),
    ...priced.filter(({ file }) => file.origin !== 'operator'),
  ].flatMap(({ rows }) => rows);
  const servings = servingsOf(complete);
  return {
    models,
    servings,
    prices,
    pricesByPlace: byPlace(prices),
    modelsByVendor: byVendor(models, servings, prices),
  };
}

function pricesOf(
  file: CatalogFile,
  entries: PriceEntry[],
  models: ReadonlyMap<string, unknown>,
  { sources, rates }: Tables,
): PriceRow[] {
  const rows: PriceRow[] = [];
  for (const entry of entries) {
    const where = `${file.label}: price of «${entry.model}» at «${entry.vendor}»`;
    if (!models.has(entry.model)) throw new Error(`${where}: there is no such model; add it to \`models\``);
    // An operator's label for a region (a proxy, a private address) is as good as the vendor's.
    const region = file.origin === 'operator' ? undefined : entry.region;
    checkPlace(entry.vendor, region === undefined || region === null ? [] : [region], where);
    const cite = (reference: SourceReference) => cited(reference, sources, where);
    const dated = entry.currency === undefined ? [] : (rates.get(entry.currency) ?? []);
    for (const row of priceRows(entry, { cite, rates: dated, origin: file.origin, where })) rows.push(row);
  }
  return rows;
}

function parseFile(file: CatalogFile): CatalogContent {
  const parsed = catalogFileSchema.safeParse(file.content);
  if (!parsed.success) throw new Error(`${file.label}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function tablesOf(parsed: { file: CatalogFile; content: CatalogContent }[]): Tables {
  const sources: Sources = new Map();
  const licences: Licences = new Map();
  for (const { content } of parsed) {
    for (const [key, { source, asOf }] of Object.entries(content.sources ?? {}))
      sources.set(key, { source, asOf });
  }
  for (const { file, content } of parsed) {
    for (const [id, { source, ...terms }] of Object.entries(content.licences ?? {})) {
      const readAt =
        source === undefined ? undefined : cited(source, sources, `${file.label}: licence «${id}»`);
      licences.set(id, { id, ...terms, readAt });
    }
  }
  const rates = new Map<string, DatedRate[]>();
  for (const { file, content } of parsed) {
    for (const { currency, usd, from, source } of content.rates ?? []) {
      const where = `${file.label}: rate of ${currency}`;
      const rate = { usd, from, source: cited(source, sources, where), origin: file.origin };
      rates.set(currency, [...(rates.get(currency) ?? []), rate]);
    }
  }
  for (const [currency, each] of rates) rates.set(currency, rateTimeline(currency, each));
  return { sources, licences, rates };
}

function mergeable(models: PartialModelEntry[], label: string): PartialModelEntry[] {
  const seen = new Set<string>();
  for (const { id } of models) {
    if (seen.has(id)) throw new Error(`${label}: model «${id}» is there twice`);
    seen.add(id);
  }
  return models;
}

function completeModel(entry: PartialModelEntry, file: CatalogFile): ModelEntry {
  // The shipped files have been checked as a whole: their models are complete.
  if (file.checked !== undefined) return entry as ModelEntry;
  const parsed = completeModelSchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${file.label}: model «${entry.id}» is new, so every field is needed: ${z.prettifyError(parsed.error)}`,
  );
}

function modelOf(entry: ModelEntry, { sources, licences }: Tables): Model {
  const { servedBy: _servedBy, scores, facts, evidence, released, licence, ...plain } = entry;
  const where = `model «${entry.id}»`;
  return {
    ...plain,
    licence: licenceOf(licence, licences, where),
    released: released ?? undefined,
    scores: scores.map(({ source, ...score }) => ({ ...score, ...cited(source, sources, where) })),
    facts: facts.map((fact) => cited(fact, sources, where)),
    evidence: evidence?.map(({ source, ...value }) => ({ ...value, ...cited(source, sources, where) })),
  };
}

function licenceOf(reference: ModelEntry['licence'], licences: Licences, where: string): Licence {
  if (typeof reference !== 'string') return reference;
  const licence = licences.get(reference);
  if (licence === undefined) throw new Error(`${where}: there is no licence «${reference}» in \`licences\``);
  return licence;
}

function cited(reference: SourceReference, sources: Sources, where: string): FactSource {
  if (typeof reference !== 'string') return reference;
  const source = sources.get(reference);
  if (source === undefined) throw new Error(`${where}: there is no source «${reference}» in \`sources\``);
  return source;
}

function byPlace(prices: PriceRow[]): Map<string, PriceRow[]> {
  const places = new Map<string, PriceRow[]>();
  for (const row of prices) {
    const key = placeKey(row.model, row.vendor);
    const rows = places.get(key);
    if (rows === undefined) places.set(key, [row]);
    else rows.push(row);
  }
  return places;
}

function byVendor(
  models: Model[],
  servings: Map<string, Serving[]>,
  prices: PriceRow[],
): Map<string, Model[]> {
  const vendorsOf = new Map<string, Set<string>>();
  for (const [model, each] of servings) vendorsOf.set(model, new Set(each.map(({ vendor }) => vendor)));
  for (const { model, vendor } of prices) vendorsOf.get(model)?.add(vendor);
  const found = new Map<string, Model[]>();
  for (const model of models) {
    for (const vendor of vendorsOf.get(model.id) ?? []) {
      const list = found.get(vendor);
      if (list === undefined) found.set(vendor, [model]);
      else list.push(model);
    }
  }
  return found;
}

function servingsOf(entries: ModelEntry[]): Map<string, Serving[]> {
  const servings = new Map<string, Serving[]>();
  for (const { id, servedBy } of entries) {
    for (const { vendor, regions } of servedBy) checkPlace(vendor, regions ?? [], `model «${id}»`);
    servings.set(id, servedBy);
  }
  return servings;
}

function checkNames(models: Model[]): void {
  const owners = new Map<string, string>();
  for (const model of models) {
    for (const name of [model.id, ...model.aliases]) {
      const owner = owners.get(name);
      if (owner !== undefined)
        throw new Error(`the name «${name}» belongs to both «${owner}» and «${model.id}»`);
      owners.set(name, model.id);
    }
  }
}

function checkPlace(vendorId: string, regions: string[], where: string): void {
  const vendor = findVendor(vendorId);
  if (vendor === undefined) throw new Error(`${where}: there is no vendor «${vendorId}»`);
  for (const region of regions) {
    if (vendor.regions[region] === undefined) {
      const known = Object.keys(vendor.regions).join(', ');
      throw new Error(`${where}: vendor «${vendorId}» has no region «${region}»; it has ${known}`);
    }
  }
}
