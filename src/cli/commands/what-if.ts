import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ReplayPredictors, type Snapshot } from '../../gateway/index.ts';
import { presentWhatIf } from '../../http/index.ts';
import { type WhatIfReport, whatIf, whatIfMax, whatIfText } from '../../proof/index.ts';
import { loadShippedPredictor } from '../../router/index.ts';
import { buildSnapshot, findSetup } from '../../server/index.ts';
import { openArtefacts, openSqliteStore } from '../../storage/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, findDataFolder } from '../place.ts';
import { whenOf } from '../when.ts';

interface WhatIfFlags {
  route: string;
  since?: number;
  until?: number;
  limit: number;
  config?: string;
  dataDir?: string;
  json?: boolean;
}

const usualLimit = 10_000;
/** Nothing is called, so the sandbox need not run; port 9 is the discard port. */
const sandboxUrl = 'http://127.0.0.1:9/v1';

/** Read from the data folder itself, whether or not a gateway runs. */
export function register(program: Command, io: CommandIo): void {
  program
    .command('what-if')
    .description(
      'What another configuration (policy, prices, pool) would have meant for recorded traffic; nothing is called or changed',
    )
    .argument('<config>', 'the other configuration')
    .option('--route <name>', 'route of both configurations', 'auto')
    .option('--since <when>', 'an ISO date, or how long ago, e.g. 90m, 24h, 7d', whenOf)
    .option('--until <when>', 'and before then', whenOf)
    .option('--limit <n>', `the newest so many decisions, at most ${whatIfMax}`, countOf, usualLimit)
    .option('--config <file>', 'the present configuration (default: YUMEN_CONFIG, else yumen.yaml)')
    .option('--data-dir <folder>', 'data folder of the gateway (default: as for serve)')
    .option('--json', 'print one JSON document')
    .action((other: string, flags: WhatIfFlags) => run(other, flags, io));
}

async function run(other: string, flags: WhatIfFlags, io: CommandIo): Promise<void> {
  const path = resolve(io.cwd, other);
  if (!existsSync(path)) throw new CommandError(`There is no configuration file ${other}.`, 2);
  const configPath = findConfig(flags, io);
  const dataFolder = findDataFolder(flags, configPath, io);
  if (!existsSync(dataFolder))
    throw new CommandError(`There is no data folder ${dataFolder}: check --data-dir or YUMEN_DATA_DIR.`);
  const next = await snapshotAt(path, io);
  const current = configPath === undefined ? undefined : await snapshotAt(configPath, io);
  const report = await asked(flags, dataFolder, current, next);
  io.out(flags.json === true ? `${JSON.stringify(presentWhatIf(report))}\n` : whatIfText(report));
}

async function snapshotAt(configPath: string, io: CommandIo): Promise<Snapshot> {
  const setup = await findSetup({ configPath, environment: io.env, probeEngines: false });
  return buildSnapshot({ setup, predictor: loadShippedPredictor(), sandboxUrl });
}

async function asked(
  { route, since, until, limit }: WhatIfFlags,
  dataFolder: string,
  current: Snapshot | undefined,
  other: Snapshot,
): Promise<WhatIfReport> {
  const store = await openSqliteStore({ dataFolder });
  try {
    return await whatIf(
      { route, fromMs: since, toMs: until, limit },
      {
        ledger: store.ledger,
        proof: store.proof,
        predictors: new ReplayPredictors(() => other.predictor, openArtefacts(dataFolder)),
        keys: () => store.keys.list(),
        current,
        other,
      },
    );
  } finally {
    await store.close();
  }
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > whatIfMax)
    throw new InvalidArgumentError(`give a whole number from 1 to ${whatIfMax}.`);
  return count;
}
