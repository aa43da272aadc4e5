export { discoverProviders } from './discover.ts';
export { classifyFailure, failureHint } from './failure.ts';
export { type Engine, engines } from './openai-compatible.ts';
export { createProvider, type ProviderSettings } from './provider.ts';
export { authHeaders, chatUrl, modelsUrl } from './request.ts';
export type { ErrorClass, Provider, Quirks, Vendor, VendorRegion } from './vendor.ts';
export { findVendor, vendors } from './vendors.ts';
