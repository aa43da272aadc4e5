import * as z from 'zod';
import { findVendor } from '../providers/index.ts';
import { picoUsdPerToken } from '../std/index.ts';
import {
  catalogFileSchema,
  completeModelSchema,
  type ModelEntry,
  type PartialModelEntry,
  type PriceEntry,
  type Serving,
  type SourceReference,
} from './data-file.ts';
import type { FactSource, Model } from './model.ts';
import type { PriceRow } from './price.ts';
import { findOverlap } from './price-overlap.ts';

/** A catalogue file as read: parsed JSON or YAML, not yet checked. */
export interface CatalogFile {
  /** Named in error messages, e.g. a path. */
  label: string;
  origin: 'operator' | 'shipped';
  content: unknown;
}

/** Files merged and checked: what a catalogue is made of. */
export interface CatalogData {
  models: Model[];
  /** By model id. */
  servings: Map<string, Serving[]>;
  /** The operator's rows first. */
  prices: PriceRow[];
}

type Sources = Map<string, FactSource>;

/**
 * Merges files, later ones over earlier ones, and checks what no single row can show: names that clash, prices that overlap,
 * prices of models or vendors that do not exist. Throws an Error that names the file and the row at fault.
 */
export function compileCatalogData(files: CatalogFile[]): CatalogData {
  const sources: Sources = new Map();
  const entries = new Map<string, { entry: PartialModelEntry; label: string }>();
  const prices: { row: PriceRow; label: string }[] = [];
  for (const file of files) {
    const parsed = parseFile(file);
    for (const [key, { source, asOf }] of Object.entries(parsed.sources)) sources.set(key, { source, asOf });
    for (const entry of mergeable(parsed.models, file.label)) {
      const before = entries.get(entry.id);
      entries.set(entry.id, { entry: { ...before?.entry, ...entry }, label: file.label });
    }
    for (const entry of parsed.prices) {
      prices.push({ row: priceRow(entry, sources, file), label: file.label });
    }
  }
  const complete = [...entries.values()].map(({ entry, label }) => completeModel(entry, label));
  const models = complete.map((entry) => modelOf(entry, sources));
  checkNames(models);
  const ids = new Set(models.map((model) => model.id));
  for (const { row, label } of prices) checkPrice(row, ids, label);
  const rows = prices.map(({ row }) => row);
  const operatorFirst = [
    ...rows.filter((row) => row.origin === 'operator'),
    ...rows.filter((row) => row.origin !== 'operator'),
  ];
  const overlap = findOverlap(operatorFirst);
  if (overlap !== undefined) throw new Error(`prices overlap: ${overlap}`);
  return { models, servings: servingsOf(complete), prices: operatorFirst };
}

function parseFile(file: CatalogFile): z.infer<typeof catalogFileSchema> {
  const parsed = catalogFileSchema.safeParse(file.content);
  if (!parsed.success) throw new Error(`${file.label}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function mergeable(models: PartialModelEntry[], label: string): PartialModelEntry[] {
  const seen = new Set<string>();
  for (const { id } of models) {
    if (seen.has(id)) throw new Error(`${label}: model «${id}» is there twice`);
    seen.add(id);
  }
  return models;
}

function completeModel(entry: PartialModelEntry, label: string): ModelEntry {
  const parsed = completeModelSchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${label}: model «${entry.id}» is new, so every field is needed: ${z.prettifyError(parsed.error)}`,
  );
}

function modelOf(entry: ModelEntry, sources: Sources): Model {
  const { servedBy: _servedBy, scores, facts, released, ...plain } = entry;
  const where = `model «${entry.id}»`;
  return {
    ...plain,
    released: released ?? undefined,
    scores: scores.map(({ source, ...score }) => ({ ...score, ...cited(source, sources, where) })),
    facts: facts.map((fact) => cited(fact, sources, where)),
  };
}

function cited(reference: SourceReference, sources: Sources, where: string): FactSource {
  if (typeof reference !== 'string') return reference;
  const source = sources.get(reference);
  if (source === undefined) throw new Error(`${where}: there is no source «${reference}» in \`sources\``);
  return source;
}

function priceRow(entry: PriceEntry, sources: Sources, file: CatalogFile): PriceRow {
  const { source, region, to, ...plain } = entry;
  const where = `${file.label}: price of «${entry.model}» at «${entry.vendor}»`;
  return {
    ...plain,
    ...cited(source, sources, where),
    region: region ?? undefined,
    to: to ?? undefined,
    input: picoUsdPerToken(entry.input),
    output: picoUsdPerToken(entry.output),
    outputThinking: optionalPico(entry.outputThinking),
    cacheRead: optionalPico(entry.cacheRead),
    cacheWrite: optionalPico(entry.cacheWrite),
    cacheWrite1h: optionalPico(entry.cacheWrite1h),
    origin: file.origin,
  };
}

function optionalPico(usdPerMillion: number | undefined): number | undefined {
  return usdPerMillion === undefined ? undefined : picoUsdPerToken(usdPerMillion);
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

function checkPrice(row: PriceRow, modelIds: Set<string>, label: string): void {
  const where = `${label}: price of «${row.model}» at «${row.vendor}»`;
  if (!modelIds.has(row.model)) throw new Error(`${where}: there is no such model; add it to \`models\``);
  // An operator's label for a region (a proxy, a private address) is as good as the vendor's.
  const regions = row.region === undefined || row.origin === 'operator' ? [] : [row.region];
  checkPlace(row.vendor, regions, where);
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
