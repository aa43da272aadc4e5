import { otherHosts, type Vendor, vendors } from '../../providers/index.ts';
import type { Account } from './draft.ts';

interface Address extends Pick<Account, 'vendor' | 'region' | 'baseUrl' | 'parameters' | 'dialect'> {
  /** It is an address of the vendor's own. */
  known?: boolean | undefined;
}

/**
 * What an address of the source says: which vendor and region it is, or that it must be kept as it is.
 *
 * @param address as it stands in the source, without secrets
 * @param vendor whom the source names; an address of another vendor is believed before the name
 */
export function recognise(address: string, vendor: Vendor): Address {
  const url = plainUrl(address);
  if (url === undefined) return { vendor: vendor.id, baseUrl: address };
  const known = knownHost(url, vendor);
  if (known === undefined) return { vendor: vendor.id, baseUrl: textOfUrl(url) };
  const { vendor: found, region, parameters } = known;
  const at = placeOfPath(url, found, region);
  return {
    vendor: found.id,
    region: isShared(found, region) ? undefined : region,
    known: true,
    ...(parameters === undefined ? {} : { parameters }),
    ...at,
  };
}

/** Several regions have this address, so that it does not say which one is meant. */
function isShared({ regions }: Vendor, region: string): boolean {
  const address = regions[region]?.baseUrl ?? '';
  if (address.includes('{region}')) return false;
  return Object.entries(regions).some(([name, { baseUrl }]) => name !== region && baseUrl === address);
}

/** Without query, credentials, and the endpoint that some people write after the address. */
function plainUrl(address: string): URL | undefined {
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname
    .replace(/\/openai\/deployments\/.*$/, '')
    .replace(/\/(chat\/completions|completions|messages|responses|embeddings|rerank)\/?$/, '')
    .replace(/\/+$/, '');
  return url;
}

function textOfUrl(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

interface Known {
  vendor: Vendor;
  region: string;
  parameters?: { [name: string]: string } | undefined;
}

function knownHost(url: URL, named: Vendor): Known | undefined {
  const other = otherHosts[url.hostname];
  const moved = other === undefined ? undefined : vendors.find(({ id }) => id === other.vendor);
  if (other !== undefined && moved !== undefined) return { vendor: moved, region: other.region };
  // The vendor that the source names first; engines are left out, for several share a port on the same machine.
  for (const vendor of [named, ...vendors]) {
    if (vendor.engine !== undefined || vendor.simulated) continue;
    for (const [region, { baseUrl }] of Object.entries(vendor.regions)) {
      const found = matchHost(url, baseUrl, region, vendor);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The host is that of a region; parts of it that differ per customer are the parameters. */
function matchHost(url: URL, baseUrl: string, region: string, vendor: Vendor): Known | undefined {
  const host = /^https?:\/\/([^/]+)/.exec(baseUrl)?.[1];
  if (host === undefined) return undefined;
  const names: string[] = [];
  const pattern = host
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
      if (name === 'region') return region;
      names.push(name);
      return '([\\w-]+)';
    })
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(url.host);
  if (found === null) return undefined;
  if (names.length === 0) return { vendor, region };
  return {
    vendor,
    region,
    parameters: Object.fromEntries(names.map((name, index) => [name, found[index + 1]!])),
  };
}

/** Nothing more to say where the path is the vendor's own, or the beginning of it; otherwise the address is kept. */
function placeOfPath(url: URL, vendor: Vendor, region: string): Pick<Address, 'baseUrl' | 'dialect'> {
  const path = url.pathname.replace(/\/+$/, '');
  const own = vendor.regions[region]?.baseUrl.replace(/^https?:\/\/[^/]+/, '') ?? '';
  // What differs per customer within the path is not looked at: it comes from fields of its own.
  if (path === '' || own.includes('{') || begins(own, path)) return {};
  const mount = vendor.mounts?.find(({ basePath }) => basePath !== undefined && begins(basePath, path));
  return mount === undefined ? { baseUrl: textOfUrl(url) } : { dialect: mount.dialect };
}

function begins(whole: string, part: string): boolean {
  return whole === part || whole.startsWith(`${part}/`);
}
