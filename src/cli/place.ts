import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { storageFolder } from '../server/index.ts';
import { CommandError, type CommandIo } from './io.ts';

/** The configuration: `--config`, else `YUMEN_CONFIG`, else `yumen.yaml` in the working folder if it is there. */
export function findConfig(given: { config?: string }, io: CommandIo): string | undefined {
  const named = given.config ?? io.env['YUMEN_CONFIG'];
  const usual = join(io.cwd, 'yumen.yaml');
  if (named === undefined) return existsSync(usual) ? usual : undefined;
  const path = resolve(io.cwd, named);
  if (existsSync(path)) return path;
  throw new CommandError(`There is no configuration file ${named}: check --config or YUMEN_CONFIG.`, 2);
}

/** Where keys and the ledger live: `--data-dir`, else `YUMEN_DATA_DIR`, else the configuration's `storage.url`, else `./.yumen`. */
export function findDataFolder(
  given: { dataDir?: string },
  configPath: string | undefined,
  io: CommandIo,
): string {
  const named = given.dataDir ?? io.env['YUMEN_DATA_DIR'];
  if (named !== undefined) return resolve(io.cwd, named);
  const configured = configPath === undefined ? undefined : storageFolder(configPath, io.env);
  return configured ?? resolve(io.cwd, '.yumen');
}

/** Local engines are looked for unless a test runs or the operator says no. */
export function mayProbeEngines(io: CommandIo): boolean {
  return io.env['NODE_TEST_CONTEXT'] === undefined && io.env['YUMEN_PROBE_ENGINES'] !== 'false';
}
