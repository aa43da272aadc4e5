import { join } from 'node:path';
import type { DeploymentSettings } from '../catalog/index.ts';
import { type GatewayDeps, Heartbeat, OpenRequests, SessionMemory, type Snapshot } from '../gateway/index.ts';
import type { HttpServerOptions, Readiness } from '../http/index.ts';
import { openIdentity } from '../identity/index.ts';
import { createTokenCounter, createTokenEstimator, type LedgerStore, openLedger } from '../ledger/index.ts';
import { createMemoryLimits } from '../limits/index.ts';
import { discoverProviders } from '../providers/index.ts';
import { loadShippedPredictor } from '../router/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { createIdSource, systemClock } from '../std/index.ts';
import { lockFile, openSqliteStore } from '../storage/index.ts';
import {
  createCircuitBreakers,
  createRetryBudget,
  createUndiciTransport,
  defaultRetryPolicy,
} from '../upstream/index.ts';
import { type Environment, loadConfig } from './config.ts';
import { findEngines } from './engines.ts';
import type { createLog } from './log.ts';
import { buildSnapshot, needsSandbox, type Setup } from './snapshot.ts';

export interface ComposeOptions {
  /** Path of the configuration file; undefined = none, take what the environment offers. */
  configPath: string | undefined;
  environment: Environment;
  dataFolder: string;
  /** Whether local engines may be looked for on their usual loopback ports. */
  probeEngines: boolean;
  sandboxSpeed: number;
  log: ReturnType<typeof createLog>;
}

/** Everything that runs, made once, and how to change or end it. */
export interface Composition {
  gateway: GatewayDeps;
  ledgerStore: LedgerStore;
  setup: Setup;
  bodyBytesMax: number;
  readiness: HttpServerOptions['readiness'];
  /** Reads the configuration again; a bad one is refused and the old one stays. Throws ConfigError. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

const silenceMs = 15_000;
const defaultBodyBytesMax = 50_331_648;
const sandboxSeed = 1;

/** Finds out what to serve: the file if there is one, else what the environment and this machine offer, else the sandbox. */
export async function findSetup(
  options: Pick<ComposeOptions, 'configPath' | 'environment' | 'probeEngines'>,
): Promise<Setup> {
  const { configPath, environment } = options;
  if (configPath !== undefined) {
    return { kind: 'file', path: configPath, config: loadConfig(configPath, environment) };
  }
  const found = options.probeEngines ? await findEngines() : [];
  const providers = [...discoverProviders(environment), ...found.map((engine) => engine.provider)];
  if (providers.length === 0) {
    return { kind: 'found', providers: [{ id: 'sandbox', vendor: 'sandbox' }], deployments: [] };
  }
  const deployments: DeploymentSettings[] = found.flatMap(({ provider, models }) =>
    models.map((model) => ({ model, provider: provider.id, name: model })),
  );
  return { kind: 'found', providers, deployments };
}

/** Opens stores, starts what must run beside the gateway, and compiles the first snapshot. */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { log, dataFolder } = options;
  const clock = systemClock;
  const ids = createIdSource(clock);
  const predictor = loadShippedPredictor();
  const setup = await findSetup(options);
  let sandbox: Sandbox | undefined;
  const snapshotOf = async (from: Setup): Promise<Snapshot> => {
    if (needsSandbox(from))
      sandbox ??= await startSandbox({ seed: sandboxSeed, clock, port: 0, speed: options.sandboxSpeed });
    return buildSnapshot({ setup: from, predictor, sandboxUrl: sandbox?.baseUrl });
  };
  let snapshot = await snapshotOf(setup);

  const store = await openSqliteStore({ dataFolder });
  const ledger = await openLedger({
    store: store.ledger,
    journalFolder: join(dataFolder, 'journal'),
    lockFile,
    clock,
  });
  const identity = await openIdentity({
    store: store.keys,
    clock,
    ids,
    presetAdminKey: options.environment['YUMEN_ADMIN_KEY'] || undefined,
  });
  const estimator = createTokenEstimator(createTokenCounter(clock.monotonicMs));
  const transport = createUndiciTransport({ clock });
  const heartbeat = new Heartbeat(silenceMs, clock.monotonicMs);
  const gateway: GatewayDeps = {
    clock,
    ids,
    random: Math.random,
    identity,
    limits: createMemoryLimits({
      clock,
      spentSince: (keyId, fromMs) => store.ledger.spentSince(keyId, fromMs),
    }),
    ledger,
    estimator,
    transport,
    breakers: createCircuitBreakers(Math.random),
    retryBudget: createRetryBudget(),
    retryPolicy: defaultRetryPolicy,
    heartbeat,
    sessions: new SessionMemory(),
    openRequests: new OpenRequests(),
    snapshot: () => snapshot,
    log,
  };
  return {
    gateway,
    ledgerStore: store.ledger,
    setup,
    bodyBytesMax: setup.kind === 'file' ? setup.config.limits.body_bytes_max : defaultBodyBytesMax,
    readiness: () => readinessOf(gateway),
    async reload() {
      snapshot = await snapshotOf(await findSetup(options));
    },
    async close() {
      heartbeat.close();
      await transport.close();
      await ledger.close();
      identity.close();
      await estimator.close();
      await store.close();
      await sandbox?.close();
    },
  };
}

function readinessOf({ ledger, snapshot }: GatewayDeps): Readiness {
  const problems: string[] = [];
  const health = ledger.health();
  if (!health.ok) problems.push(`ledger: ${health.problem ?? 'closed'}`);
  if (snapshot().catalog.deployments().length === 0) problems.push('no deployment is configured');
  return { ready: problems.length === 0, problems };
}
