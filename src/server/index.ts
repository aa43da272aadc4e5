export { findSetup } from './compose.ts';
export { ConfigError, configJsonSchema, storageFolder } from './config.ts';
export { type Environment, withoutEmpty } from './environment.ts';
export {
  type Imported,
  type ImportFormat,
  importConfig,
  importedYaml,
  importFormats,
} from './importers/import-config.ts';
export type { ImportReport } from './importers/report.ts';
export { createLog, logLevels } from './log.ts';
export { buildSnapshot, needsSandbox, type Setup } from './snapshot.ts';
export { type RunningGateway, type StartOptions, startGateway } from './start.ts';
