import { type Provider, providerFor, type VendorRegion } from '../providers/index.ts';
import { picoUsdPerToken } from '../std/index.ts';
import { type CatalogData, placeKey } from './compile.ts';
import type { Serving } from './data-file.ts';
import type { Deployment } from './deployment.ts';
import { type DeploymentSettings, rateLimits } from './deployment-settings.ts';
import type { Capabilities, FactSource, Model } from './model.ts';
import type { PriceRow } from './price.ts';

const operatorSays: FactSource = { source: 'configuration', asOf: 'as configured' };

/** `provider/model`; a model id that already begins with the provider's id keeps it once. */
export function deploymentId(provider: Provider, model: Model): string {
  return model.id.startsWith(`${provider.id}/`) ? model.id : `${provider.id}/${model.id}`;
}

/** The deployments that follow from the catalogue alone: each model that the provider's vendor is known to serve in its region. */
export function discoveredDeployments(data: CatalogData, provider: Provider): Deployment[] {
  const found: Deployment[] = [];
  for (const model of data.modelsByVendor.get(provider.vendor.id) ?? []) {
    const servings = servingsAt(data, model, provider);
    const serving = servings.find(
      (each) => each.regions === undefined || each.regions.includes(provider.region ?? ''),
    );
    const prices = pricesAt(data, model, provider);
    const hasPrice = prices.some((row) => row.region === undefined || row.region === provider.region);
    // A price alone shows that the vendor serves it; rows that name other regions show that it does not here.
    if (serving === undefined && (servings.length > 0 || !hasPrice)) continue;
    found.push(deployment(model, provider, prices, serving, undefined));
  }
  return found;
}

/** A deployment that the operator wrote down. */
export function configuredDeployment(
  data: CatalogData,
  model: Model,
  provider: Provider,
  settings: DeploymentSettings,
): Deployment {
  const placed = inRegion(provider, settings);
  const serving = servingsAt(data, model, provider)[0];
  const stated = settings.price === undefined ? [] : [statedPrice(settings.price, model, placed)];
  const prices = [...stated, ...pricesAt(data, model, provider)];
  const kind = settings.kind ?? model.kind;
  return deployment({ ...model, kind }, placed, prices, serving, settings);
}

/** What is assumed of a model that nobody has described: little room, no special ability, an unknown price. */
export function unknownModel(name: string): Model {
  return {
    id: name.toLowerCase(),
    aliases: [],
    name,
    family: 'unknown',
    lab: 'unknown',
    origin: 'ZZ',
    licence: { id: 'unknown', openWeights: false, commercialUse: 'unknown' },
    released: undefined,
    contextTokens: 8192,
    outputTokensMax: 4096,
    capabilities: {
      tools: false,
      parallelTools: false,
      jsonSchema: false,
      imageInput: false,
      documentInput: false,
      reasoning: 'none',
    },
    scores: [],
    facts: [],
    simulated: false,
    note: 'Not in the catalogue: describe it in the deployment or in the catalogue overlay.',
  };
}

function servingsAt(data: CatalogData, model: Model, provider: Provider): Serving[] {
  return (data.servings.get(model.id) ?? []).filter((each) => each.vendor === provider.vendor.id);
}

function pricesAt(data: CatalogData, model: Model, provider: Provider): PriceRow[] {
  return data.pricesByPlace.get(placeKey(model.id, provider.vendor.id)) ?? [];
}

function deployment(
  model: Model,
  provider: Provider,
  prices: PriceRow[],
  serving: Serving | undefined,
  settings: DeploymentSettings | undefined,
): Deployment {
  const upstreamName = settings?.name ?? serving?.name ?? settings?.model ?? model.id;
  const served = providerFor(provider, upstreamName);
  const quirks = { ...served.quirks, ...serving?.quirks };
  const stated = settings?.capabilities;
  const capabilities: Capabilities = {
    ...model.capabilities,
    tools: stated?.tools ?? model.capabilities.tools,
    parallelTools: stated?.parallel_tools ?? model.capabilities.parallelTools,
    jsonSchema: stated?.json_schema ?? (model.capabilities.jsonSchema && quirks.jsonSchema),
    imageInput: stated?.image_input ?? model.capabilities.imageInput,
    documentInput: stated?.document_input ?? model.capabilities.documentInput,
    reasoning: stated?.reasoning ?? model.capabilities.reasoning,
  };
  return {
    id: deploymentId(provider, model),
    model: {
      ...model,
      capabilities,
      contextTokens: settings?.context_tokens ?? serving?.contextTokens ?? model.contextTokens,
      outputTokensMax: settings?.output_tokens_max ?? serving?.outputTokensMax ?? model.outputTokensMax,
      simulated: model.simulated || provider.vendor.simulated,
    },
    provider: {
      ...served,
      quirks: { ...quirks, jsonSchema: stated?.json_schema ?? quirks.jsonSchema },
    },
    upstreamName,
    prices,
    weight: settings?.weight,
    limits: settings?.limits && rateLimits(settings.limits),
  };
}

function inRegion(provider: Provider, settings: DeploymentSettings): Provider {
  const { region } = settings;
  if (region === undefined || region === provider.region) return provider;
  const { regions, headquarters } = provider.vendor;
  const known = regions[region];
  if (known !== undefined && !sharesAddress(known, regions[provider.region ?? ''])) {
    throw new Error(
      `deployment of «${settings.model}»: provider «${provider.id}» calls region «${provider.region}»; ` +
        `for region «${region}» configure a second provider`,
    );
  }
  // Regions that share an address differ by the deployment's own kind, which only the operator knows.
  if (known !== undefined) {
    return { ...provider, region, processing: known.processing, storage: known.storage };
  }
  // The place of a server that the operator runs is what the operator says it is.
  const own = headquarters === undefined;
  return {
    ...provider,
    region,
    processing: own ? region : provider.processing,
    storage: own ? region : provider.storage,
  };
}

/** Two regions at one address; the region's name in it makes it another one. */
function sharesAddress(one: VendorRegion, other: VendorRegion | undefined): boolean {
  return one.baseUrl === other?.baseUrl && !one.baseUrl.includes('{region}');
}

function statedPrice(
  price: NonNullable<DeploymentSettings['price']>,
  model: Model,
  provider: Provider,
): PriceRow {
  return {
    ...operatorSays,
    origin: 'operator',
    model: model.id,
    vendor: provider.vendor.id,
    region: undefined,
    from: '1970-01-01',
    to: undefined,
    inputTokensAbove: 0,
    input: picoUsdPerToken(price.input),
    output: picoUsdPerToken(price.output),
    cacheRead: price.cache_read === undefined ? undefined : picoUsdPerToken(price.cache_read),
    cacheWrite: price.cache_write === undefined ? undefined : picoUsdPerToken(price.cache_write),
    cacheWrite1h: undefined,
  };
}
