export { findSetup } from './compose.ts';
export { ConfigError, configJsonSchema, type Environment } from './config.ts';
export { createLog } from './log.ts';
export { buildSnapshot, needsSandbox, type Setup } from './snapshot.ts';
export { type RunningGateway, type StartOptions, startGateway } from './start.ts';
