import type { ProviderSettings } from './provider.ts';
import type { Vendor } from './vendor.ts';
import { vendors } from './vendors.ts';

/** The value of a variable, undefined where it is not set. */
export type VariableReader = (name: string) => string | undefined;

/** Lists the ids of vendors that are meant although only general cloud credentials speak for them, e.g. `bedrock,vertex`. */
const cloudsVariable = 'YUMEN_CLOUDS';

/**
 * Reads which providers an environment configures: one for each vendor whose key is set, or whose address is where no key is needed.
 * A cloud whose credentials serve for much else besides models (those of AWS and of Google Cloud) is taken only if something names it:
 * `YUMEN_CLOUDS`, or a switch of the vendor's own. What is not complete is left out, unless it was named. The caller says how variables
 * are read; nothing here reads the process's own.
 */
export function discoverProviders(read: VariableReader): ProviderSettings[] {
  const named = (read(cloudsVariable) ?? '').split(/[\s,]+/).filter((id) => id !== '');
  const found = vendors.flatMap((vendor) => {
    const settings = settingsOf(vendor, (name) => set(read(name)));
    return named.includes(vendor.id) || isMeant(vendor, settings, read) ? [settings] : [];
  });
  const unknown = named.filter((id) => !vendors.some((vendor) => vendor.id === id));
  return [...found, ...unknown.map((id) => ({ id, vendor: id }))];
}

function settingsOf(vendor: Vendor, read: VariableReader): ProviderSettings {
  const keyVariable = vendor.keyVariables.find((name) => read(name) !== undefined);
  const baseUrl = vendor.baseUrlVariable === undefined ? undefined : read(vendor.baseUrlVariable);
  const region = vendor.keyRegions?.[keyVariable ?? ''] ?? firstSet(read, vendor.regionVariables ?? []);
  const parameters = parametersOf(vendor, read);
  return {
    id: vendor.id,
    vendor: vendor.id,
    apiKey: keyVariable === undefined ? undefined : read(keyVariable),
    baseUrl,
    // An address of its own says more than the name that a key's variable implies; requests that are signed need the name all the same.
    ...(region === undefined || (baseUrl !== undefined && vendor.auth !== 'aws-sigv4') ? {} : { region }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...credentialsOf(vendor, read),
  };
}

function parametersOf(vendor: Vendor, read: VariableReader): { [name: string]: string } {
  const parameters: { [name: string]: string } = {};
  for (const [name, variables] of Object.entries(vendor.parameterVariables ?? {})) {
    const value = firstSet(read, variables);
    if (value !== undefined) parameters[name] = value;
  }
  return parameters;
}

function credentialsOf({ auth }: Vendor, read: VariableReader): Pick<ProviderSettings, 'aws' | 'google'> {
  if (auth === 'google-oauth') {
    const credentialsFile = read('GOOGLE_APPLICATION_CREDENTIALS');
    return credentialsFile === undefined ? {} : { google: { credentialsFile } };
  }
  if (auth !== 'aws-sigv4') return {};
  const accessKeyId = read('AWS_ACCESS_KEY_ID');
  const secretAccessKey = read('AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  const sessionToken = read('AWS_SESSION_TOKEN');
  return { aws: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
}

/** Something says that this vendor is wanted, and nothing that a call needs is missing. */
function isMeant(vendor: Vendor, settings: ProviderSettings, read: VariableReader): boolean {
  if (vendor.keyOptional === true) return settings.baseUrl !== undefined;
  const said =
    settings.apiKey !== undefined || (vendor.switchVariables ?? []).some((name) => isOn(read(name)));
  return said && hasAddress(vendor, settings);
}

function hasAddress(vendor: Vendor, { baseUrl, region, parameters }: ProviderSettings): boolean {
  if (baseUrl !== undefined) return vendor.auth !== 'aws-sigv4' || region !== undefined;
  const address = vendor.regions[region ?? vendor.defaultRegion ?? '']?.baseUrl;
  if (address === undefined) return false;
  return [...address.matchAll(/\{(\w+)\}/g)].every(
    ([, name]) => name === 'region' || parameters?.[name!] !== undefined,
  );
}

function isOn(value: string | undefined): boolean {
  return /^\s*(1|true|yes|on)\s*$/i.test(value ?? '');
}

function firstSet(read: VariableReader, names: string[]): string | undefined {
  return names.map(read).find((value) => value !== undefined);
}

function set(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}
