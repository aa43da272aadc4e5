export { type Catalog, type CatalogOptions, createCatalog, namesEffort, type Resolution } from './catalog.ts';
export { costOf } from './cost.ts';
export type { Candidate, Deployment } from './deployment.ts';
export { type DeploymentSettings, deploymentSettingsSchema } from './deployment-settings.ts';
export { describePriceRow } from './describe-price.ts';
export type { Exclusion } from './exclusion.ts';
export type { Capabilities, FactSource, Licence, Model, Score } from './model.ts';
export type { PriceRow } from './price.ts';
export { selectPrice } from './select-price.ts';
