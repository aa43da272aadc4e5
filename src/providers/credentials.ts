import type { ProviderSettings } from './provider.ts';
import type { CloudCredentials, ProviderKey, Vendor } from './vendor.ts';

/** The provider's keys, checked for what copying does to them. Throws an Error that never contains one. */
export function keysOf(settings: ProviderSettings, vendor: Vendor): ProviderKey[] {
  const given = [
    ...(settings.apiKey === undefined ? [] : [{ key: settings.apiKey }]),
    ...(settings.apiKeys ?? []),
  ].filter(({ key }) => key.trim() !== '');
  if (given.length === 0) {
    if (mayGoWithout(settings, vendor)) return [];
    const variables = vendor.keyVariables.join(' or ');
    const signed = vendor.auth === 'aws-sigv4' ? ', or aws with access_key_id and secret_access_key' : '';
    throw new Error(
      `provider «${settings.id}»: vendor «${vendor.id}» needs an api_key (or the variable ${variables})${signed}`,
    );
  }
  const keys = given.map((entry, index): ProviderKey => {
    const { id, weight, limits } = entry as NonNullable<ProviderSettings['apiKeys']>[number];
    return {
      id: id ?? String(index + 1),
      secret: checked(entry.key.trim(), settings),
      weight: weight ?? 1,
      limits,
    };
  });
  const ids = new Set(keys.map(({ id }) => id));
  if (ids.size < keys.length) throw new Error(`provider «${settings.id}»: two api_keys have the same id`);
  return keys;
}

function checked(key: string, { id }: ProviderSettings): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Error(`provider «${id}»: the api_key contains characters that no key has; was it copied whole?`);
}

function mayGoWithout(settings: ProviderSettings, vendor: Vendor): boolean {
  if (vendor.auth === 'none' || vendor.keyOptional === true) return true;
  if (vendor.auth === 'google-oauth') return true;
  return vendor.auth === 'aws-sigv4' && settings.aws !== undefined;
}

/** What signs the requests where the vendor wants that and no key was given. */
export function cloudOf(settings: ProviderSettings, vendor: Vendor): CloudCredentials | undefined {
  if (vendor.auth === 'aws-sigv4' && settings.aws !== undefined) return { kind: 'aws', ...settings.aws };
  if (vendor.auth === 'google-oauth') return { kind: 'google', ...settings.google };
  return undefined;
}
