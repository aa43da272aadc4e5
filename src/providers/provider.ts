import type { DialectName } from '../protocol/index.ts';
import { cloudOf, keysOf } from './credentials.ts';
import { isLoopbackAddress, type StatedEndpoint } from './endpoint-facts.ts';
import type { Provider, RateLimits, Vendor, VendorRegion } from './vendor.ts';
import { findVendor, vendors } from './vendors.ts';
import { wiresOf } from './wires.ts';

/** An entry of `providers` as an operator writes it. */
export interface ProviderSettings {
  id: string;
  /** Id of a vendor or an engine. */
  vendor: string;
  region?: string | undefined;
  apiKey?: string | undefined;
  /** Several keys that share the load by weight. */
  apiKeys?:
    | { key: string; id?: string | undefined; weight?: number | undefined; limits?: RateLimits | undefined }[]
    | undefined;
  aws?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined } | undefined;
  google?: { credentialsFile?: string | undefined } | undefined;
  /** The dialect to speak, where the vendor knows several. */
  dialect?: DialectName | undefined;
  /** The customer's parts of the address. */
  parameters?: { [name: string]: string } | undefined;
  /** Replaces the vendor's address, e.g. a workspace host, a proxy, an engine of one's own. */
  baseUrl?: string | undefined;
  /** What the operator knows better than the vendor's table: where it infers and stores, who runs it, what becomes of prompts. */
  endpoint?: StatedEndpoint | undefined;
}

/**
 * Turns settings into a provider that can be called. Throws an Error whose message says what would make the settings right; it
 * never contains the key.
 */
export function createProvider(settings: ProviderSettings): Provider {
  const { id } = settings;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
    throw new Error(
      `provider id «${id}» must be letters, digits, dots, dashes or underscores, without a slash`,
    );
  }
  const vendor = findVendor(settings.vendor);
  if (vendor === undefined) {
    const known = vendors.map((each) => each.id).join(', ');
    throw new Error(`provider «${id}»: there is no vendor «${settings.vendor}»; known vendors: ${known}`);
  }
  const address = addressOf(settings, vendor);
  return {
    id,
    vendor,
    region: address.region,
    baseUrl: address.baseUrl,
    processing: settings.endpoint?.processing ?? address.processing,
    storage: settings.endpoint?.storage ?? address.storage,
    ...(settings.endpoint !== undefined && { stated: settings.endpoint }),
    keys: keysOf(settings, vendor),
    wires: wiresOf(settings, vendor),
    cloud: cloudOf(settings, vendor),
    quirks: vendor.quirks,
  };
}

interface Address extends VendorRegion {
  region: string | undefined;
}

function addressOf(settings: ProviderSettings, vendor: Vendor): Address {
  if (settings.baseUrl !== undefined) return givenAddress(settings, vendor, normalBaseUrl(settings, vendor));
  const name = settings.region ?? vendor.defaultRegion;
  if (name === undefined) throw new Error(`provider «${settings.id}»: ${whatToName(vendor)}`);
  const region = vendor.regions[name];
  if (region === undefined) {
    throw new Error(
      `provider «${settings.id}»: vendor «${vendor.id}» has no region «${name}»; ` +
        `use one of ${Object.keys(vendor.regions).join(', ')}, or give a base_url`,
    );
  }
  return { ...region, baseUrl: filled(region.baseUrl, name, settings, vendor), region: name };
}

function whatToName({ id, regions }: Vendor): string {
  const names = Object.keys(regions);
  return names.length === 0
    ? `vendor «${id}» has no address of its own; give its base_url, e.g. http://10.0.0.5:8000/v1`
    : `vendor «${id}» has a region at each place and none by default; give region, one of ${names.join(', ')}`;
}

/** An address of the operator's own: what is known about the place comes from the region it names or is the address of. */
function givenAddress(settings: ProviderSettings, vendor: Vendor, baseUrl: string): Address {
  const ofAddress = Object.keys(vendor.regions).find((name) => vendor.regions[name]?.baseUrl === baseUrl);
  const name = settings.region ?? ofAddress;
  const known = name === undefined ? undefined : vendor.regions[name];
  if (known !== undefined) return { ...known, baseUrl, region: name };
  // A server the operator runs keeps data where it stands; of somebody else's, a label proves nothing.
  const place =
    vendor.headquarters === undefined
      ? (name ?? (isLoopbackAddress(baseUrl) ? 'local' : undefined))
      : undefined;
  return { baseUrl, region: name ?? proxiedRegionOf(vendor), processing: place, storage: place };
}

/** A proxy in front of a hosted vendor bills like its only region, or the one the vendor's data names; else the region stays unknown. */
function proxiedRegionOf({
  headquarters,
  regions,
  defaultRegion,
  proxiedRegion,
}: Vendor): string | undefined {
  if (headquarters === undefined) return undefined;
  return Object.keys(regions).length === 1 ? defaultRegion : proxiedRegion;
}

function normalBaseUrl(settings: ProviderSettings, vendor: Vendor): string {
  const given = settings.baseUrl ?? '';
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new Error(`provider «${settings.id}»: base_url is not an address; write it like https://host/v1`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`provider «${settings.id}»: base_url must begin with http:// or https://`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error(`provider «${settings.id}»: base_url must not contain credentials; use api_key`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new Error(`provider «${settings.id}»: base_url must not contain a query or a fragment`);
  }
  const plain = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return plain + missingPath(plain, vendor.versionPath ?? '');
}

/** What an address lacks of the version path: SDKs differ in how much of it they append, e.g. of `/openai/v1`. */
function missingPath(plain: string, versionPath: string): string {
  const parts = versionPath.split('/').filter((part) => part !== '');
  for (let given = parts.length; given > 0; given -= 1) {
    if (plain.endsWith(`/${parts.slice(0, given).join('/')}`)) return joined(parts.slice(given));
  }
  return joined(parts);
}

function joined(parts: string[]): string {
  return parts.map((part) => `/${part}`).join('');
}

/** The region's address with the customer's parts in it. */
function filled(baseUrl: string, region: string, settings: ProviderSettings, vendor: Vendor): string {
  return baseUrl.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === 'region' ? region : settings.parameters?.[name];
    if (value === undefined || value === '') {
      const meaning = vendor.parameters?.[name] ?? `the ${name} id`;
      throw new Error(
        `provider «${settings.id}»: the address of region «${region}» has a part of your own: ` +
          `give parameters.${name} (${meaning}), or the whole base_url`,
      );
    }
    if (!/^[\w.-]+$/.test(value)) {
      throw new Error(
        `provider «${settings.id}»: parameters.${name} must be letters, digits, dots, dashes and underscores`,
      );
    }
    return value;
  });
}
