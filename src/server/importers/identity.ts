import { type Catalog, createCatalog } from '../../catalog/index.ts';
import { createProvider, findVendor, namesOfOnesOwn } from '../../providers/index.ts';
import type { DraftEntry } from './draft.ts';
import { withoutTokens } from './secrets.ts';

/** Says which model an entry of the source is. */
export interface ModelNames {
  /** The catalogue's id; undefined where the catalogue does not know the model. */
  known(entry: Pick<DraftEntry, 'account' | 'upstream' | 'base' | 'group'>): string | undefined;
  /** The catalogue's id behind a name or an alias. */
  byName(name: string): string | undefined;
  /** A vendor that serves the model of this name, the maker's own first. */
  vendorOf(name: string): string | undefined;
}

/** Reads the shipped catalogue once for an import. */
export function modelNames(): ModelNames {
  const catalog = createCatalog({ providers: [] });
  const servings = new Map<string, Map<string, string>>();
  const byName = (name: string) => catalog.findModel(name)?.id;
  const atVendor = (vendor: string, upstream: string) => {
    const names = servings.get(vendor) ?? servingNames(vendor);
    servings.set(vendor, names);
    return names.get(upstream.toLowerCase());
  };
  const find = (vendor: string, name: string) => {
    for (const form of forms(name)) {
      const id = atVendor(vendor, form) ?? byName(form);
      if (id !== undefined) return id;
    }
    return undefined;
  };
  return {
    byName,
    vendorOf: (name) => vendorOf(catalog, name),
    known({ account, upstream, base, group }) {
      const said = base === undefined ? undefined : find(account.vendor, base);
      if (said !== undefined) return said;
      const found = find(account.vendor, upstream);
      if (found !== undefined) return found;
      // A name of the operator's own says nothing; the name that clients call does.
      return namesOfOnesOwn[account.vendor]?.test(upstream) === true ? byName(group) : undefined;
    },
  };
}

/** Other forms of a name, as clouds write them: `us.anthropic.claude-…-v1:0`, `claude-…@20251001`, `models/…`. */
function forms(name: string): string[] {
  const plain = name.trim().replace(/^models\//, '');
  const withoutPlace = plain.replace(/^(us|us-gov|eu|jp|au|apac|global)\./, '');
  const withoutMaker = withoutPlace.replace(/^[a-z]+\./, '').replace(/-v\d+(:\d+)?$/, '');
  return [
    ...new Set([plain, withoutPlace, `global.${withoutPlace}`, withoutMaker, plain.replace(/@.*$/, '')]),
  ];
}

/** What the catalogue's models are called at a vendor, in any of its regions. */
function servingNames(vendorId: string): Map<string, string> {
  const vendor = findVendor(vendorId);
  const names = new Map<string, string>();
  if (vendor === undefined) return names;
  const regions = Object.keys(vendor.regions);
  const providers = (regions.length === 0 ? [undefined] : regions).map((region, index) =>
    createProvider({
      id: `any-${index}`,
      vendor: vendorId,
      region,
      baseUrl: 'https://placeholder.invalid/v1',
      apiKey: 'placeholder',
    }),
  );
  for (const { upstreamName, model } of createCatalog({ providers }).deployments())
    names.set(upstreamName.toLowerCase(), model.id);
  return names;
}

function vendorOf(catalog: Catalog, name: string): string | undefined {
  const found = catalog.resolve(name);
  return found.kind === 'not-deployed' ? found.vendors[0] : undefined;
}

/** A name that a deployment may have: no spaces, no `#`, no token of a secret. */
export function deployableName(name: string): string {
  const plain = withoutTokens(name)
    .replace(/[\s#]+/g, '-')
    .slice(0, 200);
  return plain === '' ? 'model' : plain;
}

/** A name for a route or a provider: letters, digits, dots, dashes and underscores. */
export function plainId(name: string): string {
  const plain = withoutTokens(name)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/-+$/, '')
    .slice(0, 64);
  return plain === '' ? 'imported' : plain;
}

/** Makes an id unique among those given before, in any case. */
export class UniqueIds {
  readonly #given = new Set<string>();
  readonly #numbers = new Map<string, number>();

  make(wanted: string): string {
    const key = wanted.toLowerCase();
    let number = this.#numbers.get(key) ?? 1;
    let id = wanted;
    while (this.#given.has(id.toLowerCase())) {
      number += 1;
      id = `${wanted}-${number}`;
    }
    this.#numbers.set(key, number);
    this.#given.add(id.toLowerCase());
    return id;
  }
}
