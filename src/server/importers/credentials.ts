import { findVendor, type Vendor, type VendorNamed } from '../../providers/index.ts';
import { recognise } from './address.ts';
import type { Account } from './draft.ts';
import { isPlainWord, isToken, referenceOf, type Secrets } from './secrets.ts';

/** A value as our configuration writes it: `${NAME}` for a reference, else as it is. */
export function written(text: string): string {
  const name = referenceOf(text);
  return name === undefined ? text : `\${${name}}`;
}

export interface AccountFacts {
  named: VendorNamed;
  baseUrl?: string | undefined;
  region?: string | undefined;
  parameters?: { [name: string]: string | undefined } | undefined;
  /** Credentials as the source has them: tokens, references. */
  keys: string[];
  aws?:
    | {
        accessKeyId?: string | undefined;
        secretAccessKey?: string | undefined;
        sessionToken?: string | undefined;
      }
    | undefined;
  googleCredentials?: string | undefined;
  /** The model's name, where the dialect depends on it. */
  model?: string | undefined;
  label?: string | undefined;
}

/** An account of ours from what the source says. Where it names no credential, the variable that the vendor's own tools read is meant. */
export function accountOf(facts: AccountFacts, secrets: Secrets): Account {
  const { named } = facts;
  const address = addressOf(facts);
  const vendor = findVendor(address.vendor);
  if (vendor === undefined) return { ...address, keys: facts.keys };
  const parameters = parametersOf(facts, vendor, address);
  const dialect =
    address.dialect ??
    (address.vendor === named.vendor
      ? named.dialects?.find(({ name }) => name.test(facts.model ?? ''))?.dialect
      : undefined);
  const region = address.region ?? regionToName(vendor);
  return {
    vendor: vendor.id,
    ...(region === undefined ? {} : { region }),
    ...(address.baseUrl === undefined ? {} : { baseUrl: address.baseUrl }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(dialect === undefined || dialect === vendor.dialect ? {} : { dialect }),
    ...credentialsOf(facts, vendor, secrets),
    label: facts.label,
  };
}

function addressOf({ named, baseUrl, region }: AccountFacts): ReturnType<typeof recognise> {
  const vendor = findVendor(named.vendor)!;
  const given = baseUrl ?? named.baseUrl;
  const place = region === undefined ? undefined : written(region);
  if (given === undefined) return { vendor: vendor.id, region: place ?? regionOfNone(named, vendor) };
  const elsewhere = named.elsewhere ?? vendor.id;
  if (referenceOf(given) !== undefined) return { vendor: elsewhere, region: place, baseUrl: written(given) };
  const known = recognise(given, vendor);
  const found = known.known === true ? known : { ...known, vendor: elsewhere };
  return place === undefined ? found : { ...found, region: place };
}

/** The other gateway's own default, unless it is ours too. */
function regionOfNone({ region }: VendorNamed, vendor: Vendor): string | undefined {
  return region === vendor.defaultRegion ? undefined : region;
}

function parametersOf(
  { parameters }: AccountFacts,
  vendor: Vendor,
  address: ReturnType<typeof recognise>,
): Account['parameters'] {
  const merged: { [name: string]: string } = { ...address.parameters };
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (value !== undefined && vendor.parameters?.[name] !== undefined) merged[name] = written(value);
  }
  if (address.baseUrl === undefined) {
    for (const name of needed(vendor, address.region)) merged[name] ??= `\${${usualVariable(vendor, name)}}`;
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Parts of the vendor's address that only the operator knows. */
function needed(vendor: Vendor, region: string | undefined): string[] {
  const names = Object.keys(vendor.regions);
  const { baseUrl } =
    vendor.regions[region ?? vendor.defaultRegion ?? ''] ?? vendor.regions[names[0] ?? ''] ?? {};
  return [...(baseUrl ?? '').matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'region');
}

function usualVariable(vendor: Vendor, parameter: string): string {
  const usual = vendor.parameterVariables?.[parameter]?.[0];
  return usual ?? `${vendor.id}_${parameter}`.toUpperCase().replace(/\W/g, '_');
}

/** A vendor without a default region: the variable that its own tools read is meant. */
function regionToName({ defaultRegion, regions, regionVariables }: Vendor): string | undefined {
  const usual = regionVariables?.[0];
  if (defaultRegion !== undefined || usual === undefined || Object.keys(regions).length === 0)
    return undefined;
  return `\${${usual}}`;
}

function credentialsOf(
  facts: AccountFacts,
  vendor: Vendor,
  secrets: Secrets,
): Pick<Account, 'keys' | 'aws' | 'google'> {
  const keys = facts.keys
    // A word in the place of a key, at a server that asks for none.
    .filter((key) => !(vendor.keyOptional === true && isPlainWord(secrets.reveal(key))))
    .map(written);
  if (vendor.auth === 'google-oauth') return { keys: [], ...googleOf(facts, secrets) };
  if (vendor.auth === 'aws-sigv4' && keys.length === 0) return { keys: [], aws: awsOf(facts) };
  if (keys.length > 0 || vendor.keyOptional === true || vendor.auth === 'none') return { keys };
  const usual = vendor.keyVariables[0];
  return { keys: usual === undefined ? [] : [`\${${usual}}`] };
}

function awsOf({ aws }: AccountFacts): Account['aws'] {
  return {
    access_key_id: written(aws?.accessKeyId ?? '${AWS_ACCESS_KEY_ID}'),
    secret_access_key: written(aws?.secretAccessKey ?? '${AWS_SECRET_ACCESS_KEY}'),
    ...(aws?.sessionToken === undefined ? {} : { session_token: written(aws.sessionToken) }),
  };
}

/** We take a file of credentials; a document in the source's place becomes a variable that names one. */
function googleOf({ googleCredentials }: AccountFacts, secrets: Secrets): Pick<Account, 'google'> {
  if (googleCredentials === undefined) return {};
  if (referenceOf(googleCredentials) !== undefined)
    return { google: { credentials_file: written(googleCredentials) } };
  const value = isToken(googleCredentials) ? secrets.reveal(googleCredentials) : googleCredentials;
  const isPath = /^[\w./~-]{1,300}\.json$/.test(value);
  return { google: { credentials_file: isPath ? value : '${GOOGLE_APPLICATION_CREDENTIALS}' } };
}
