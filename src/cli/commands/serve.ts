import { type Command, InvalidArgumentError, Option } from 'commander';
import { createLog, logLevels, needsSandbox, type RunningGateway, startGateway } from '../../server/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, findDataFolder, mayProbeEngines } from '../place.ts';
import { packageVersion } from '../version.ts';

interface ServeOptions {
  config?: string;
  dataDir?: string;
  host?: string;
  port?: number;
  logLevel?: string;
  json?: boolean;
}

const defaultPort = 8900;
const defaultDrainMs = 30_000;
/** A person at the terminal does not wait for a balancer; a supervisor's signal does. */
const defaultLameDuckMs = 1_000;

export function register(program: Command, io: CommandIo): void {
  program
    .command('serve')
    .description('Run the gateway')
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option(
      '--data-dir <folder>',
      'where keys and the ledger live (default: YUMEN_DATA_DIR, else storage.url, else ./.yumen)',
    )
    .option('--host <address>', 'address to listen on (default: HOST, else 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default: PORT, else 8900; 0 = any free one)', portOf)
    .addOption(
      new Option('--log-level <level>', 'what is logged (default: LOG_LEVEL, else info)').choices(logLevels),
    )
    .option('--json', 'print what started as one JSON document')
    .action((options: ServeOptions) => serve(options, io));
}

async function serve(options: ServeOptions, io: CommandIo): Promise<void> {
  const configPath = findConfig(options, io);
  const running = await startGateway({
    configPath,
    dataFolder: findDataFolder(options, configPath, io),
    environment: io.env,
    probeEngines: mayProbeEngines(io),
    sandboxSpeed: fromVariable('YUMEN_SANDBOX_SPEED', speedOf, io) ?? 1,
    host: options.host ?? io.env['HOST'] ?? '127.0.0.1',
    port: options.port ?? fromVariable('PORT', portOf, io) ?? defaultPort,
    version: packageVersion(),
    drainMs: defaultDrainMs,
    log: createLog(options.logLevel ?? fromVariable('LOG_LEVEL', levelOf, io) ?? 'info'),
  });
  io.out(options.json === true ? `${JSON.stringify(started(running))}\n` : greeting(running));
  await ended(running);
}

function started(running: RunningGateway): unknown {
  return { url: running.url, admin_key: running.firstAdminKey ?? null, mode: modeOf(running) };
}

function modeOf({ setup }: RunningGateway): 'config' | 'environment' | 'simulated' {
  if (setup.kind === 'file') return 'config';
  return needsSandbox(setup) ? 'simulated' : 'environment';
}

function greeting(running: RunningGateway): string {
  const key = running.firstAdminKey ?? '$YUMEN_KEY';
  const lines = [`Yumen ${packageVersion()} listens on ${running.url}`, sourceLine(running)];
  lines.push(
    running.firstAdminKey === undefined
      ? 'Admin key: there is one already; make another with: yumen keys create --name NAME --role admin'
      : `Admin key (shown once, only its digest is stored): ${running.firstAdminKey}`,
  );
  lines.push(
    'Try:',
    `  curl ${running.url}/v1/chat/completions -H "authorization: Bearer ${key}" -H 'content-type: application/json' -d '{"model":"${running.example ?? 'auto'}","messages":[{"role":"user","content":"Translate into French: good morning"}]}'`,
    '',
  );
  return lines.join('\n');
}

function sourceLine(running: RunningGateway): string {
  const { setup } = running;
  if (setup.kind === 'file') return `Configuration: ${setup.path}`;
  if (modeOf(running) === 'simulated') {
    return 'No provider is configured: the sandbox answers, with simulated models and figures. Set a provider key or write yumen.yaml to use real ones.';
  }
  return `Providers found: ${setup.providers.map((provider) => provider.id).join(', ')}`;
}

/** Resolves when a signal has ended the gateway. A second signal ends the process at once. */
function ended(running: RunningGateway): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = (lameDuckMs: number): void => {
      if (stopping) process.exit(1);
      stopping = true;
      running.close(lameDuckMs).then(resolve, reject);
    };
    process.on('SIGINT', () => stop(0));
    process.on('SIGTERM', () => stop(defaultLameDuckMs));
    process.on('SIGHUP', () => void running.reload());
  });
}

/** A variable's value, read as the option of the same meaning is. Commander reports options only, so a wrong variable is named here. */
function fromVariable<T>(name: string, read: (text: string) => T, io: CommandIo): T | undefined {
  const text = io.env[name];
  if (text === undefined) return undefined;
  try {
    return read(text);
  } catch (cause) {
    const wanted = (cause as Error).message;
    throw new CommandError(`${name} is «${text.slice(0, 100)}»: ${wanted}`, 2, { cause });
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('a port is a whole number from 0 to 65535.');
  return port;
}

function levelOf(text: string): string {
  if (logLevels.some((level) => level === text)) return text;
  throw new InvalidArgumentError(`a log level is one of ${logLevels.join(', ')}.`);
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed > 0)) throw new InvalidArgumentError('a speed is a number above 0.');
  return speed;
}
