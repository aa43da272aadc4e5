import type { CatalogData } from '../compile.ts';
import type { PartialModelEntry } from '../data-file.ts';
import type { BuildSource, Offer } from './offer.ts';

/** A limit that a source states otherwise than the catalogue. */
export interface FactChange {
  model: string;
  vendor: string;
  field: 'contextTokens' | 'outputTokensMax';
  ours: number;
  theirs: number;
  source: string;
  asOf: string;
  accepted: boolean;
}

interface Question {
  data: CatalogData;
  offers: Map<string, Offer[]>;
  sources: Map<string, BuildSource>;
  accepted: ReadonlySet<string>;
}

const fields = ['contextTokens', 'outputTokensMax'] as const;

/** Limits steer routing, so a changed one is only listed; accepted as `model:field` it goes into the overlay. */
export function changedFacts({ data, offers, sources, accepted }: Question): {
  changes: FactChange[];
  entries: PartialModelEntry[];
  used: string[];
} {
  const changes: FactChange[] = [];
  const entries: PartialModelEntry[] = [];
  const used: string[] = [];
  for (const model of data.models) {
    for (const offer of offers.get(model.id) ?? []) {
      const serving = data.servings.get(model.id)?.find(({ vendor }) => vendor === offer.vendor);
      // What a host that the catalogue does not know serves less of is no news about the model.
      if (serving === undefined) continue;
      for (const field of fields) {
        const theirs = offer[field];
        const ours = serving[field] ?? model[field];
        if (theirs === undefined || theirs === ours || ours === 0) continue;
        const key = `${model.id}:${field}`;
        const wish = [key, `${key}=${offer.source}`].find((each) => accepted.has(each));
        const repeated = entries.some((entry) => entry.id === model.id && entry[field] !== undefined);
        const taken = wish !== undefined && !repeated;
        if (wish !== undefined) used.push(wish);
        if (taken) entries.push({ id: model.id, [field]: theirs });
        changes.push({
          model: model.id,
          vendor: offer.vendor,
          field,
          ours,
          theirs,
          source: offer.source,
          asOf: sources.get(offer.source)!.asOf,
          accepted: taken,
        });
      }
    }
  }
  return { changes, entries, used };
}
