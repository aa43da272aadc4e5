import type { Provider, Vendor, VendorRegion } from './vendor.ts';
import { findVendor, vendors } from './vendors.ts';

/** An entry of `providers` as an operator writes it. */
export interface ProviderSettings {
  id: string;
  /** Id of a vendor or an engine. */
  vendor: string;
  region?: string | undefined;
  apiKey?: string | undefined;
  /** Replaces the vendor's address, e.g. a workspace host, a proxy, an engine of one's own. */
  baseUrl?: string | undefined;
  /** Where this provider infers and stores, when the operator knows better than the vendor's table. */
  processing?: string | undefined;
  storage?: string | undefined;
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
    processing: settings.processing ?? address.processing,
    storage: settings.storage ?? address.storage,
    apiKey: keyOf(settings, vendor),
    quirks: vendor.quirks,
  };
}

interface Address extends VendorRegion {
  region: string | undefined;
}

function addressOf(settings: ProviderSettings, vendor: Vendor): Address {
  if (settings.baseUrl !== undefined) return givenAddress(settings, vendor, normalBaseUrl(settings, vendor));
  const name = settings.region ?? vendor.defaultRegion;
  if (name === undefined) {
    throw new Error(
      `provider «${settings.id}»: vendor «${vendor.id}» has no address of its own; ` +
        'give its base_url, e.g. http://10.0.0.5:8000/v1',
    );
  }
  const region = vendor.regions[name];
  if (region === undefined) {
    throw new Error(
      `provider «${settings.id}»: vendor «${vendor.id}» has no region «${name}»; ` +
        `use one of ${Object.keys(vendor.regions).join(', ')}, or give a base_url`,
    );
  }
  if (region.baseUrl.includes('{workspace}')) {
    throw new Error(
      `provider «${settings.id}»: region «${name}» has an address per workspace; ` +
        `give base_url: ${region.baseUrl.replace('{workspace}', '<workspace id>')}`,
    );
  }
  return { ...region, region: name };
}

/** An address of the operator's own: what is known about the place comes from the region it names or is the address of. */
function givenAddress(settings: ProviderSettings, vendor: Vendor, baseUrl: string): Address {
  const ofAddress = Object.keys(vendor.regions).find((name) => vendor.regions[name]?.baseUrl === baseUrl);
  const name = settings.region ?? ofAddress;
  const known = name === undefined ? undefined : vendor.regions[name];
  if (known !== undefined) return { ...known, baseUrl, region: name };
  // A server the operator runs keeps data where it stands; of somebody else's, a label proves nothing.
  const place = vendor.headquarters === undefined ? (name ?? loopbackPlace(baseUrl)) : undefined;
  return { baseUrl, region: name ?? defaultRegionOf(vendor), processing: place, storage: place };
}

/** A proxy in front of a hosted vendor bills like the vendor's only region; with several, the region stays unknown. */
function defaultRegionOf(vendor: Vendor): string | undefined {
  return vendor.headquarters !== undefined && Object.keys(vendor.regions).length === 1
    ? vendor.defaultRegion
    : undefined;
}

function loopbackPlace(baseUrl: string): string | undefined {
  const host = new URL(baseUrl).hostname;
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.') ? 'local' : undefined;
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
  const { versionPath } = vendor;
  return versionPath === undefined || plain.endsWith(versionPath) ? plain : plain + versionPath;
}

function keyOf(settings: ProviderSettings, vendor: Vendor): string | undefined {
  const key = settings.apiKey?.trim();
  if (key === undefined || key === '') {
    if (vendor.auth === 'none' || vendor.keyOptional === true) return undefined;
    const variables = vendor.keyVariables.join(' or ');
    throw new Error(
      `provider «${settings.id}»: vendor «${vendor.id}» needs an api_key (or the variable ${variables})`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new Error(
      `provider «${settings.id}»: the api_key contains characters that no key has; was it copied whole?`,
    );
  }
  return key;
}
