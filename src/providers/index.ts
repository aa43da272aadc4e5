export { discoverProviders, type VariableReader } from './discover.ts';
export {
  type EndpointFacts,
  endpointFacts,
  isLoopbackAddress,
  isPrivateAddress,
  type StatedEndpoint,
  statedEndpoint,
  statedEndpointSchema,
} from './endpoint-facts.ts';
export { classifyFailure, failureHint, knowsFailure } from './failure.ts';
export { enginePorts, enginesToAsk, identifyEngine } from './identify-engine.ts';
export { listedModels } from './listed-models.ts';
export {
  type NamesElsewhere,
  namesElsewhere,
  namesOfOnesOwn,
  otherHosts,
  unnamedElsewhere,
  type VendorNamed,
} from './names-elsewhere.ts';
export { createProvider, type ProviderSettings } from './provider.ts';
export { authHeaders, chatUrl, countUrl, modelsUrl, serviceUrl } from './request.ts';
export type {
  Balance,
  CloudCredentials,
  ErrorClass,
  PromptCache,
  Provider,
  ProviderKey,
  Quirks,
  RateLimits,
  Service,
  ServiceName,
  Vendor,
  VendorRegion,
  Wire,
} from './vendor.ts';
export { findVendor, vendors } from './vendors.ts';
export { providerFor, quirksOver, wireFor } from './wires.ts';
