import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type CheckResult, type Diagnosis, examine, type Skippable, skippable } from '../../doctor/index.ts';
import type { Snapshot } from '../../gateway/index.ts';
import { loadShippedPredictor } from '../../router/index.ts';
import { buildSnapshot, ConfigError, findSetup, type Setup } from '../../server/index.ts';
import { formatUsd, nanoPerUsd, systemClock, usdFromNano } from '../../std/index.ts';
import { openSqliteStore } from '../../storage/index.ts';
import { createSigners, createUndiciTransport } from '../../upstream/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, findDataFolder, mayProbeEngines } from '../place.ts';

interface DoctorOptions {
  deployment?: string;
  config?: string;
  dataDir?: string;
  offline?: boolean;
  maxUsd: number;
  skip: Skippable[];
  json?: boolean;
}

export function register(program: Command, io: CommandIo): void {
  program
    .command('doctor')
    .description('Check providers and deployments with small real calls; routing reads what it finds')
    .argument('[provider]', 'only this provider')
    .option('--deployment <id>', 'only this deployment, as provider/model')
    .option('--offline', 'check only what needs no call')
    .option('--max-usd <usd>', 'the most that the calls may cost', usdOf, 0.05)
    .option('--skip <checks>', `leave out: ${skippable.join(', ')}; with commas between`, skipOf, [])
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--data-dir <folder>', 'where findings are kept (default: as for serve)')
    .option('--json', 'print one JSON document')
    .action((provider: string | undefined, options: DoctorOptions) => doctor(provider, options, io));
}

async function doctor(provider: string | undefined, options: DoctorOptions, io: CommandIo): Promise<void> {
  const configPath = findConfig(options, io);
  const told = options.json === true ? () => {} : teller(io);
  let setup: Setup;
  let snapshot: Snapshot;
  try {
    setup = await findSetup({ configPath, environment: io.env, probeEngines: mayProbeEngines(io) });
    // Simulated providers are not examined, so the sandbox need not run; port 9 is the discard port.
    snapshot = buildSnapshot({
      setup,
      predictor: loadShippedPredictor(),
      sandboxUrl: 'http://127.0.0.1:9/v1',
    });
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const result = configFault(thrown);
    told(result);
    return conclude({ results: [result], findings: [], spentNano: 0, stopped: false }, options, io);
  }
  checkNames(provider, options, snapshot);
  const transport = createUndiciTransport({ clock: systemClock });
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(1);
    io.err('Stopping; what was found until now counts.\n');
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  let diagnosis: Diagnosis;
  try {
    diagnosis = await examine(
      {
        snapshot,
        configured: configuredIds(setup, snapshot),
        provider,
        deployment: options.deployment,
        skip: new Set(options.skip),
        offline: options.offline === true,
        maxNano: Math.round(options.maxUsd * nanoPerUsd),
      },
      {
        clock: systemClock,
        transport,
        signers: createSigners(systemClock),
        pause: (ms) => pause(ms, undefined, { signal: stop.signal }).catch(() => {}),
        signal: stop.signal,
        told,
      },
    );
  } finally {
    process.off('SIGINT', interrupt);
    await transport.close();
  }
  await keep(diagnosis, findDataFolder(options, configPath, io));
  conclude(diagnosis, options, io);
}

function configFault({ message }: ConfigError): CheckResult {
  return {
    check: 'configuration',
    status: 'fault',
    problem: 'configuration-invalid',
    says: message,
    remedy: undefined,
  };
}

function checkNames(
  provider: string | undefined,
  { deployment }: DoctorOptions,
  { catalog }: Snapshot,
): void {
  const real = catalog.providers().filter(({ vendor }) => !vendor.simulated);
  if (real.length === 0)
    throw new CommandError('No provider is configured: set a provider key, or write yumen.yaml.', 2);
  const known = real.map(({ id }) => id);
  if (provider !== undefined && !known.some((id) => id.toLowerCase() === provider.toLowerCase()))
    throw new CommandError(`There is no provider «${provider}»; configured are: ${known.join(', ')}.`, 2);
  if (deployment !== undefined && catalog.findDeployment(deployment) === undefined)
    throw new CommandError(`There is no deployment «${deployment}»: name it as provider/model.`, 2);
}

/** What the operator wrote down, in `deployments` or in a route; undefined where that is nothing. */
function configuredIds(setup: Setup, { catalog, routes }: Snapshot): string[] | undefined {
  const listed = setup.kind === 'file' ? setup.config.deployments : setup.deployments;
  const ids = listed.flatMap(({ provider, model, kind }) =>
    catalog.deploymentsOf(`${provider}/${model}`, kind ?? 'chat').map(({ id }) => id),
  );
  if (setup.kind === 'file')
    for (const { candidates } of routes.values())
      for (const { deployment } of candidates) ids.push(deployment.id);
  return ids.length === 0 ? undefined : [...new Set(ids)];
}

async function keep({ findings }: Diagnosis, dataFolder: string): Promise<void> {
  if (findings.length === 0) return;
  const store = await openSqliteStore({ dataFolder });
  try {
    await store.findings.put(findings);
  } finally {
    await store.close();
  }
}

/** Lines of one provider or deployment stand under its name. */
function teller(io: CommandIo): (result: CheckResult) => void {
  let heading: string | undefined;
  return (result) => {
    const subject = result.deployment ?? result.provider ?? 'configuration';
    if (subject !== heading) io.out(`${heading === undefined ? '' : '\n'}${subject}\n`);
    heading = subject;
    const name = 'problem' in result ? ` [${result.problem}]` : '';
    io.out(`  ${result.status.padEnd(8)} ${result.check.padEnd(13)} ${result.says}${name}\n`);
    if ('remedy' in result && result.remedy !== undefined) io.out(`${' '.repeat(25)}→ ${result.remedy}\n`);
  };
}

function conclude(diagnosis: Diagnosis, options: DoctorOptions, io: CommandIo): void {
  const { results, findings, spentNano, stopped } = diagnosis;
  const count = (status: CheckResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const faults = count('fault');
  if (options.json === true) {
    const document = {
      faults,
      warnings: count('warning'),
      stopped,
      spent_usd: usdFromNano(spentNano),
      results,
      findings: findings.map(({ deployment, capability, value, evidence, atMs }) => ({
        deployment,
        capability,
        value,
        evidence,
        at: new Date(atMs).toISOString(),
      })),
    };
    io.out(`${JSON.stringify(document)}\n`);
  } else {
    const spent = `$${formatUsd(spentNano).slice(0, -3)}`;
    io.out(
      `\n${plural(faults, 'fault')}, ${plural(count('warning'), 'warning')}, ${count('ok')} in order, ${count('skipped')} not checked; about ${spent} spent.\n`,
    );
    if (findings.length > 0)
      io.out(`${plural(findings.length, 'finding')} kept: a running gateway reads them when it reloads.\n`);
  }
  if (faults > 0 || stopped) io.exitCode(1);
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function usdOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || !Number.isFinite(value) || text.trim() === '')
    throw new InvalidArgumentError('give an amount of dollars such as 0.05.');
  return value;
}

function skipOf(text: string, before: Skippable[]): Skippable[] {
  const named = text.split(',').map((name) => {
    const check = skippable.find((each) => each === name.trim());
    if (check === undefined) throw new InvalidArgumentError(`checks are ${skippable.join(', ')}.`);
    return check;
  });
  return [...before, ...named];
}
