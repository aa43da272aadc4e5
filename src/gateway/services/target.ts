import type { Deployment, ModelKind } from '../../catalog/index.ts';
import { GatewayError } from '../../protocol/index.ts';
import type { Provider, Service, ServiceName } from '../../providers/index.ts';
import type { Callee } from '../../upstream/index.ts';
import type { ServiceCall } from './call.ts';
import type { ServiceExchange } from './exchange.ts';

const kinds: { readonly [service in ServiceName]?: ModelKind } = {
  embeddings: 'embedding',
  rerank: 'rerank',
  images: 'image',
  audio: 'audio',
  moderations: 'moderation',
};

/** How this provider serves an endpoint; undefined where it does not. */
export function serviceOf(provider: Provider, service: ServiceName): Service | undefined {
  return provider.vendor.services?.[service];
}

/**
 * The deployments of the model that a request names, as far as the key may call them and their provider has the endpoint: a configured
 * deployment, or any `provider/model`. Throws `model_not_found`, `unsupported_by_candidates` or `forbidden`.
 */
export function planByModel(exchange: ServiceExchange, name: string, service: ServiceName): Callee[] {
  const { snapshot } = exchange;
  if (snapshot.routes.has(name)) {
    throw new GatewayError(
      'invalid_request',
      `«${name}» is a route, and routes choose among chat models: name a model for ${service}.`,
      { param: 'model' },
    );
  }
  const found = snapshot.catalog.resolve(name, kinds[service]);
  if (found.kind === 'deployments') {
    return admitted(exchange, atWantedProvider(exchange, found.deployments, name).map(listed), name, service);
  }
  const plain = found.kind === 'other-kind' ? undescribed(exchange, name) : [];
  if (plain.length > 0) return admitted(exchange, plain.map(listed), name, service);
  if (found.kind === 'other-kind') {
    throw new GatewayError(
      'unsupported_by_candidates',
      `«${found.model.id}» is a model for ${found.model.kind ?? 'chat'}: name one for ${service}.`,
      { param: 'model' },
    );
  }
  const named = namedProvider(exchange, name);
  if (named !== undefined) {
    const [provider, model] = named;
    return admitted(exchange, [unlisted(exchange, provider, model, service)], name, service);
  }
  const near =
    found.kind === 'unknown' && found.near.length > 0 ? ` Did you mean ${found.near.join(', ')}?` : '';
  throw new GatewayError(
    'model_not_found',
    `There is no model «${name.slice(0, 200)}».${near} List it under deployments, or write it as provider/model.`,
    { param: 'model' },
  );
}

/**
 * As `planByModel`, where a name that nobody described is left to the provider that the request names, or to the only one that has the
 * endpoint: those know their models better than we do.
 */
export function planForService(
  exchange: ServiceExchange,
  name: string | undefined,
  service: ServiceName,
): Callee[] {
  const { snapshot } = exchange;
  if (name !== undefined) {
    const known = snapshot.catalog.resolve(name, kinds[service]).kind !== 'unknown';
    if (known || snapshot.routes.has(name) || namedProvider(exchange, name) !== undefined) {
      return planByModel(exchange, name, service);
    }
  }
  const provider = providerFor(exchange, service);
  const model = name ?? service;
  return admitted(
    exchange,
    [unlisted(exchange, provider, model, service)],
    name ?? `${provider.id}/${service}`,
    service,
  );
}

/** The provider of an endpoint without a model: the one that the request names, else the only one. */
export function providerFor({ call, snapshot }: ServiceExchange, service: ServiceName): Provider {
  const able = snapshot.catalog.providers().filter((each) => serviceOf(each, service) !== undefined);
  const ids = able.map(({ id }) => id).join(', ');
  const wanted = wantedProvider(call);
  if (wanted !== undefined) {
    const provider = able.find((each) => isNamed(each, wanted));
    if (provider !== undefined) return provider;
    throw new GatewayError(
      'invalid_request',
      `There is no provider «${wanted.slice(0, 100)}» with ${service}${ids === '' ? '' : `; there are ${ids}`}.`,
      { param: 'x-yumen-provider' },
    );
  }
  const [only, ...others] = able;
  if (only === undefined) {
    throw new GatewayError('not_available', `None of the configured providers has ${service}.`);
  }
  if (others.length === 0) return only;
  throw new GatewayError(
    'invalid_request',
    `Several providers have ${service} (${ids}): name one in the header x-yumen-provider, or write the model as provider/model.`,
    { param: 'x-yumen-provider' },
  );
}

/** A model, or an endpoint, that the catalogue does not list. How it fares is kept for the endpoint, since names come from clients. */
export function unlisted(
  { snapshot }: Pick<ServiceExchange, 'snapshot'>,
  provider: Provider,
  model: string,
  service: ServiceName,
): Callee {
  const deployment = snapshot.catalog.unlisted(provider, model.slice(0, 200));
  return { id: deployment.id, deployment, effort: 'default', place: `${provider.id}/${service}` };
}

/** Those that the policy allows and that have the endpoint, in order. */
export function admitted(
  { gate }: Pick<ServiceExchange, 'gate'>,
  callees: Callee[],
  calledAs: string,
  service: ServiceName,
): Callee[] {
  const able = callees.filter(({ deployment }) => serviceOf(deployment.provider, service) !== undefined);
  if (able.length === 0) {
    const providers = [...new Set(callees.map(({ deployment }) => deployment.provider.id))].join(', ');
    throw new GatewayError(
      'unsupported_by_candidates',
      `«${calledAs.slice(0, 200)}» is at ${providers}, which has no endpoint for ${service}.`,
      { param: 'model' },
    );
  }
  const candidates = able.map((candidate) => ({ candidate, calledAs }));
  const { allowed, excluded } = gate.admit(candidates, 'serve');
  if (allowed.length === 0) {
    const why = excluded[0]?.why ?? 'no candidate is left';
    throw new GatewayError(
      'forbidden',
      `No allowed deployment can serve «${calledAs.slice(0, 200)}»: ${why}.`,
    );
  }
  const ids = new Set(allowed.map(({ id }) => id));
  return able.filter(({ id }) => ids.has(id));
}

/** The header narrows a model's deployments to those of one provider. */
function atWantedProvider({ call }: ServiceExchange, deployments: Deployment[], name: string): Deployment[] {
  const wanted = wantedProvider(call);
  const there = deployments.filter(({ provider }) => wanted === undefined || isNamed(provider, wanted));
  if (there.length > 0) return there;
  const ids = [...new Set(deployments.map(({ provider }) => provider.id))].join(', ');
  throw new GatewayError(
    'model_not_found',
    `«${name.slice(0, 200)}» is at ${ids}, not at the provider that is named.`,
    {
      param: 'x-yumen-provider',
    },
  );
}

function wantedProvider({ headers, query }: ServiceCall): string | undefined {
  return headers['x-yumen-provider'] ?? query.get('provider') ?? undefined;
}

function isNamed({ id }: Provider, name: string): boolean {
  return id.toLowerCase() === name.trim().toLowerCase();
}

function listed(deployment: Deployment): Callee {
  return { id: deployment.id, deployment, effort: 'default' };
}

/** Deployments of a model that nobody described: what it is for is known to the operator alone. */
function undescribed({ snapshot }: ServiceExchange, name: string): Deployment[] {
  const found = snapshot.catalog.resolve(name);
  if (found.kind !== 'deployments') return [];
  return found.deployments.filter(({ model }) => model.kind === undefined && model.facts.length === 0);
}

function namedProvider({ snapshot }: ServiceExchange, name: string): [Provider, string] | undefined {
  const slash = name.indexOf('/');
  if (slash < 1 || slash === name.length - 1) return undefined;
  const id = name.slice(0, slash).toLowerCase();
  const provider = snapshot.catalog.providers().find((each) => each.id.toLowerCase() === id);
  return provider === undefined ? undefined : [provider, name.slice(slash + 1)];
}
