import { type Command, InvalidArgumentError } from 'commander';
import { createLog, needsSandbox, type RunningGateway, startGateway } from '../../server/index.ts';
import type { CommandIo } from '../io.ts';
import { findPlace, mayProbeEngines } from '../place.ts';
import { packageVersion } from '../version.ts';

interface ServeOptions {
  config?: string;
  dataDir?: string;
  host?: string;
  port?: number;
  logLevel: string;
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
    .option('--data-dir <folder>', 'where keys and the ledger live (default: YUMEN_DATA_DIR, else ./.yumen)')
    .option('--host <address>', 'address to listen on (default: HOST, else 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default: PORT, else 8900; 0 = any free one)', portOf)
    .option('--log-level <level>', 'debug, info, warn, error or silent', io.env['LOG_LEVEL'] ?? 'info')
    .option('--json', 'print what started as one JSON document')
    .action((options: ServeOptions) => serve(options, io));
}

async function serve(options: ServeOptions, io: CommandIo): Promise<void> {
  const log = createLog(options.logLevel);
  const running = await startGateway({
    ...findPlace(options, io),
    environment: io.env,
    probeEngines: mayProbeEngines(io),
    sandboxSpeed: Number(io.env['YUMEN_SANDBOX_SPEED'] ?? 1),
    host: options.host ?? io.env['HOST'] ?? '127.0.0.1',
    port: options.port ?? (io.env['PORT'] === undefined ? defaultPort : portOf(io.env['PORT'])),
    version: packageVersion(),
    drainMs: defaultDrainMs,
    log,
  });
  io.out(options.json === true ? `${JSON.stringify(started(running))}\n` : greeting(running));
  await ended(running);
}

function started(running: RunningGateway): unknown {
  return { url: running.url, admin_key: running.firstAdminKey ?? null, mode: modeOf(running) };
}

function modeOf({ setup }: RunningGateway): 'config' | 'environment' | 'sandbox' {
  if (setup.kind === 'file') return 'config';
  return needsSandbox(setup) ? 'sandbox' : 'environment';
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
    `  curl ${running.url}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '{"model":"auto","messages":[{"role":"user","content":"Translate into French: good morning"}]}'`,
    '',
  );
  return lines.join('\n');
}

function sourceLine(running: RunningGateway): string {
  const { setup } = running;
  if (setup.kind === 'file') return `Configuration: ${setup.path}`;
  if (modeOf(running) === 'sandbox') {
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

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}
