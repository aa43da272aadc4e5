import type { Provider } from './vendor.ts';

/** Where chat requests of this provider go. */
export function chatUrl(provider: Provider): URL {
  return new URL(provider.baseUrl + provider.vendor.chatPath);
}

/** Where this provider lists its models; undefined where it has no such endpoint. */
export function modelsUrl(provider: Provider): URL | undefined {
  const path = provider.vendor.modelsPath;
  return path === undefined ? undefined : new URL(provider.baseUrl + path);
}

/** The headers that say who calls. The vendor's fixed headers (`vendor.headers`) come beside them. */
export function authHeaders(provider: Provider): { [name: string]: string } {
  if (provider.apiKey === undefined) return {};
  switch (provider.vendor.auth) {
    case 'bearer':
      return { authorization: `Bearer ${provider.apiKey}` };
    case 'x-api-key':
      return { 'x-api-key': provider.apiKey };
    case 'none':
      return {};
  }
}
