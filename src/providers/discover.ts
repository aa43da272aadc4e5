import type { ProviderSettings } from './provider.ts';
import { vendors } from './vendors.ts';

/**
 * Reads which providers an environment configures: one for each vendor whose key is set, or whose address is where no key is
 * needed. The caller hands the environment over; nothing here reads the process's own.
 */
export function discoverProviders(env: { [name: string]: string | undefined }): ProviderSettings[] {
  const found: ProviderSettings[] = [];
  for (const vendor of vendors) {
    const apiKey = firstSet(env, vendor.keyVariables);
    const baseUrl = firstSet(env, vendor.baseUrlVariable === undefined ? [] : [vendor.baseUrlVariable]);
    const hasAddress = baseUrl !== undefined || vendor.defaultRegion !== undefined;
    const wanted = vendor.keyOptional === true ? baseUrl !== undefined : apiKey !== undefined && hasAddress;
    if (wanted) found.push({ id: vendor.id, vendor: vendor.id, apiKey, baseUrl });
  }
  return found;
}

function firstSet(env: { [name: string]: string | undefined }, names: string[]): string | undefined {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
