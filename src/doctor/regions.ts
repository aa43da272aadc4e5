import { modelsUrl, type Provider, type ProviderKey } from '../providers/index.ts';
import type { Caller } from './caller.ts';

/** Addresses that are tried at most; no vendor has more that differ. */
const regionsMax = 16;

/** A region that takes the key, or undefined. The key goes to addresses of its own vendor only. */
export async function regionOfKey(
  provider: Provider,
  key: ProviderKey | undefined,
  caller: Caller,
): Promise<string | undefined> {
  if (key === undefined || !isVendorsOwn(provider)) return undefined;
  for (const [name, baseUrl] of otherAddresses(provider).slice(0, regionsMax)) {
    const there: Provider = { ...provider, region: name, baseUrl };
    const url = modelsUrl(there);
    if (url === undefined) return undefined;
    const got = await caller.get(there, url, key);
    if (got.kind === 'answered' && got.head.status === 200) return name;
  }
  return undefined;
}

/** A proxy of the operator's may use keys that are no business of the vendor. */
function isVendorsOwn({ vendor, baseUrl }: Provider): boolean {
  return Object.values(vendor.regions).some((region) => sameHost(region.baseUrl, baseUrl));
}

function otherAddresses({ vendor, baseUrl }: Provider): [string, string][] {
  const seen = new Set([baseUrl]);
  const others: [string, string][] = [];
  for (const [name, region] of Object.entries(vendor.regions)) {
    const address = region.baseUrl.replaceAll('{region}', name);
    // Parts that only the operator knows cannot be guessed.
    if (address.includes('{') || seen.has(address)) continue;
    seen.add(address);
    others.push([name, address]);
  }
  return others;
}

function sameHost(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).host === new URL(other).host;
}
