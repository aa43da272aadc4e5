import { findVendor } from '../../providers/index.ts';
import table from '../data/source-names.json' with { type: 'json' };

/** Where a source's vendor is in ours. */
export interface SourceVendor {
  vendor: string;
  /** Part of the address of the region meant; absent = every region. */
  host?: string | undefined;
  /** What the source puts before the vendor's own names. */
  prefix?: string | undefined;
}

export interface SourceNames {
  'models.dev': { [provider: string]: SourceVendor };
  litellm: { [provider: string]: SourceVendor };
  /** Normalised name → catalogue id. */
  aliases: { [name: string]: string };
}

export function shippedSourceNames(): SourceNames {
  return table;
}

/** Our vendor and region; undefined where the vendor does not exist here or has no such region. */
export function placeOf({
  vendor,
  host,
}: SourceVendor): { vendor: string; region: string | undefined } | undefined {
  const known = findVendor(vendor);
  if (known === undefined) return undefined;
  if (host === undefined) return { vendor, region: undefined };
  const region = Object.keys(known.regions).find(
    (name) => hostOf(known.regions[name]?.baseUrl ?? '') === host,
  );
  return region === undefined ? undefined : { vendor, region };
}

function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/[/:].*$/, '');
}
