import { compileCatalogData } from '../compile.ts';
import type { CatalogContent, PartialModelEntry, PriceEntry } from '../data-file.ts';
import { catalogFiles } from '../shipped.ts';
import { changedFacts, type FactChange } from './changed-facts.ts';
import { createJoiner, normalName } from './join.ts';
import { newModel } from './new-model.ts';
import type { BuildSource, Offer } from './offer.ts';
import { propose } from './propose.ts';
import type { OpenWeights } from './read-atom.ts';
import { readLitellm } from './read-litellm.ts';
import { readModelsDev } from './read-models-dev.ts';
import type { Finding } from './reconcile.ts';
import { epochScores } from './scores.ts';
import { type SourceNames, shippedSourceNames } from './source-names.ts';

/** Files as they come, parsed. Absent = not given. */
export interface BuildInput {
  modelsDev?: { content: unknown; source: BuildSource } | undefined;
  litellm?: { content: unknown; source: BuildSource } | undefined;
  atom?: { weights: OpenWeights; source: BuildSource } | undefined;
  epoch?: { mmlu: Map<string, number>; source: BuildSource } | undefined;
  /** An overlay of before: its rows are closed, never changed, and what the operator wrote stays. */
  overlay?: CatalogContent | undefined;
  /** Keys of findings that the operator has looked at, as `place`, `place=source`, or `model:field` for a fact. */
  accepted: string[];
  nowMs: number;
  /** Only these vendors; absent = all. */
  vendors?: string[] | undefined;
  names?: SourceNames | undefined;
}

export interface BuildReport {
  sources: (BuildSource & { entries: number; unmapped: { [provider: string]: number } })[];
  /** Places (model, vendor, region) that a source speaks of and the catalogue knows by model. */
  placesJoined: number;
  newModels: string[];
  /** Places that get a price for the first time, and those whose price changes from a date on. */
  newPrices: string[];
  changedPrices: { place: string; from: string; was: string; becomes: string; source: string }[];
  confirmedPrices: number;
  /** Left out until somebody looks: accept by `--accept PLACE` or `PLACE=SOURCE`. */
  leftOut: { place: string; why: string }[];
  findings: Finding[];
  changedFacts: FactChange[];
  newScores: number;
  /** Keys of `accepted` that name nothing. */
  unknownKeys: string[];
}

/**
 * Joins what the sources say with the catalogue and makes an overlay of it. A price that billing uses is never changed: a changed one
 * becomes a row with its own date, and where sources conflict nothing is proposed until the operator accepts it by name. Throws an
 * Error when the result would not compile.
 */
export function buildOverlay(input: BuildInput): { overlay: CatalogContent; report: BuildReport } {
  const names = input.names ?? shippedSourceNames();
  const before = compileCatalogData(catalogFiles(input.overlay));
  const joiner = createJoiner(before, names.aliases);
  const read = [
    ...(input.modelsDev === undefined
      ? []
      : [
          {
            ...input.modelsDev,
            read: readModelsDev(input.modelsDev.content, names, input.modelsDev.source.key),
          },
        ]),
    ...(input.litellm === undefined
      ? []
      : [{ ...input.litellm, read: readLitellm(input.litellm.content, names, input.litellm.source.key) }]),
  ];
  const sources = new Map(read.map(({ source }) => [source.key, source]));
  const known = new Map<string, Offer[]>();
  const unknown = new Map<string, Offer[]>();
  for (const offer of read.flatMap((each) => each.read.offers)) {
    if (input.vendors?.includes(offer.vendor) === false) continue;
    const id = joiner.find(offer.vendor, offer.native);
    const [group, key] = id === undefined ? [unknown, normalName(offer.native)] : [known, id];
    group.set(key, [...(group.get(key) ?? []), offer]);
  }
  const models: PartialModelEntry[] = [];
  const added: string[] = [];
  for (const [id, all] of unknown) {
    const offers = all.filter(({ retired }) => retired === undefined || Date.parse(retired) > input.nowMs);
    const entry = newModel(id, offers, sources, input.atom);
    if (entry === undefined) continue;
    models.push(entry);
    added.push(id);
    known.set(id, offers);
  }
  const accepted = new Set(input.accepted);
  const priced = propose({ data: before, offers: known, sources, accepted, nowMs: input.nowMs });
  const facts = changedFacts({ data: before, offers: known, sources, accepted });
  const scores = epochScores(before, input.epoch);
  const overlay: CatalogContent = {
    ...input.overlay,
    about:
      input.overlay?.about ??
      'Made by `yumen catalog build`. It wins over the shipped catalogue; edit it freely.',
    models: mergedModels(input.overlay?.models ?? [], [...models, ...facts.entries, ...scores.entries]),
    prices: [...closed(input.overlay?.prices ?? [], priced.rows), ...priced.rows],
  };
  compileCatalogData(catalogFiles(overlay));
  const used = new Set([...priced.used, ...facts.used]);
  return {
    overlay,
    report: {
      sources: [
        ...read.map((each) => ({
          ...each.source,
          entries: each.read.offers.length,
          unmapped: each.read.unmapped,
        })),
        ...(input.atom === undefined
          ? []
          : [{ ...input.atom.source, entries: input.atom.weights.organisations.size, unmapped: {} }]),
        ...(input.epoch === undefined
          ? []
          : [{ ...input.epoch.source, entries: input.epoch.mmlu.size, unmapped: {} }]),
      ],
      placesJoined: priced.places,
      newModels: added.sort(),
      newPrices: priced.newPrices,
      changedPrices: priced.changed,
      confirmedPrices: priced.confirmed,
      leftOut: priced.leftOut,
      findings: priced.findings,
      changedFacts: facts.changes,
      newScores: scores.count,
      unknownKeys: input.accepted.filter((key) => !used.has(key)),
    },
  };
}

/** Later entries of a model over earlier ones, as files merge. */
function mergedModels(before: PartialModelEntry[], more: PartialModelEntry[]): PartialModelEntry[] {
  const entries = new Map<string, PartialModelEntry>();
  for (const entry of [...before, ...more]) entries.set(entry.id, { ...entries.get(entry.id), ...entry });
  return [...entries.values()];
}

/** Open rows of places that get new ones end where the new ones begin. */
function closed(before: PriceEntry[], rows: PriceEntry[]): PriceEntry[] {
  return before.map((row) => {
    const next = rows.find(
      (each) =>
        each.model === row.model &&
        each.vendor === row.vendor &&
        (each.region ?? null) === (row.region ?? null) &&
        Date.parse(each.from) > Date.parse(row.from),
    );
    const open =
      row.to === undefined ||
      row.to === null ||
      (next !== undefined && Date.parse(row.to) > Date.parse(next.from));
    return next === undefined || !open ? row : { ...row, to: next.from };
  });
}
