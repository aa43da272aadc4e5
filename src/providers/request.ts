import { GatewayError } from '../protocol/index.ts';
import type { Provider, ProviderKey, Service, Wire } from './vendor.ts';

export interface ChatAddress {
  /** The model's name at the upstream. */
  model: string;
  stream: boolean;
}

/** Where chat requests of this provider go. */
export function chatUrl(provider: Provider, wire: Wire, { model, stream }: ChatAddress): URL {
  const path = (stream ? wire.streamPath : undefined) ?? wire.chatPath;
  return addressed(provider, wire.basePath, path, model);
}

/** Where the tokens of a chat request are counted; undefined where this way of speaking has no such endpoint. */
export function countUrl(provider: Provider, wire: Wire, model: string): URL | undefined {
  return wire.countPath === undefined ? undefined : addressed(provider, wire.basePath, wire.countPath, model);
}

/** Where a call beside chat goes. */
export function serviceUrl(provider: Provider, { basePath, path }: Service, model: string): URL {
  return addressed(provider, basePath, path, model);
}

/** Where this provider lists its models; undefined where it has no such endpoint. */
export function modelsUrl(provider: Provider): URL | undefined {
  const path = provider.vendor.modelsPath;
  return path === undefined ? undefined : new URL(provider.baseUrl + path);
}

/** The headers that say who calls. The wire's fixed headers come beside them; requests that are signed get theirs later. */
export function authHeaders(
  { auth }: Pick<Wire, 'auth'>,
  key: ProviderKey | undefined,
): { [name: string]: string } {
  if (key === undefined) return {};
  switch (auth) {
    case 'bearer':
    // A key where the vendor's usual way is to sign: both clouds take it as a bearer token.
    case 'aws-sigv4':
    case 'google-oauth':
      return { authorization: `Bearer ${key.secret}` };
    case 'x-api-key':
    case 'api-key':
    case 'x-goog-api-key':
      return { [auth]: key.secret };
    case 'none':
      return {};
  }
}

function addressed(provider: Provider, basePath: string | undefined, path: string, model: string): URL {
  const base = basePath === undefined ? provider.baseUrl : new URL(provider.baseUrl).origin + basePath;
  // In a path of its own, such a name would lead to another endpoint; no encoding of it is left alone.
  if (path.includes('{model}') && (model === '.' || model === '..')) {
    throw new GatewayError('model_not_found', `There is no model «${model}».`, { param: 'model' });
  }
  return new URL(base + path.replace('{model}', encodeURIComponent(model)));
}
