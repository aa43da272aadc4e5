export { type BuildInput, type BuildReport, buildOverlay } from './build/build-overlay.ts';
export { readAtom } from './build/read-atom.ts';
export { readEpochMmlu } from './build/read-epoch.ts';
export { type Catalog, type CatalogOptions, createCatalog, type Resolution } from './catalog.ts';
export { type CatalogData, compileCatalogData } from './compile.ts';
export { costOf } from './cost.ts';
export { type CatalogContent, catalogFileSchema } from './data-file.ts';
export type { Candidate, Deployment } from './deployment.ts';
export {
  type DeploymentSettings,
  deploymentSettingsSchema,
  rateLimits,
  rateLimitsSchema,
} from './deployment-settings.ts';
export { describePriceRow } from './describe-price.ts';
export type { Exclusion } from './exclusion.ts';
export {
  calledAs,
  type FindableCapability,
  type Finding,
  type FindingStore,
  findingAgainst,
} from './finding.ts';
export type {
  Capabilities,
  FactSource,
  Licence,
  Model,
  ModelKind,
  Obligation,
  Score,
} from './model.ts';
export { nearNames } from './near-names.ts';
export { obligationsOf } from './obligations.ts';
export type { PriceRow } from './price.ts';
export { selectPrice } from './select-price.ts';
export { catalogFiles } from './shipped.ts';
export { modelStaleness, priceStaleness, type Staleness, staleness } from './staleness.ts';
export { worstCostOf } from './worst-cost.ts';
