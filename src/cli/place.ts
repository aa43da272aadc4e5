import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError, type CommandIo } from './io.ts';

/** Where a command finds its configuration and its data. */
export interface Place {
  configPath: string | undefined;
  dataFolder: string;
}

/** `--config`, else `YUMEN_CONFIG`, else `yumen.yaml` in the working folder if it is there; data in `--data-dir`, `YUMEN_DATA_DIR`, `./.yumen`. */
export function findPlace(given: { config?: string; dataDir?: string }, io: CommandIo): Place {
  const named = given.config ?? io.env['YUMEN_CONFIG'];
  const usual = join(io.cwd, 'yumen.yaml');
  const configPath = named !== undefined ? resolve(io.cwd, named) : existsSync(usual) ? usual : undefined;
  if (named !== undefined && !existsSync(configPath!)) {
    throw new CommandError(`There is no configuration file ${named}: check --config or YUMEN_CONFIG.`, 2);
  }
  const dataFolder = resolve(io.cwd, given.dataDir ?? io.env['YUMEN_DATA_DIR'] ?? '.yumen');
  return { configPath, dataFolder };
}

/** Local engines are looked for unless a test runs or the operator says no. */
export function mayProbeEngines(io: CommandIo): boolean {
  return io.env['NODE_TEST_CONTEXT'] === undefined && io.env['YUMEN_PROBE_ENGINES'] !== 'false';
}
