import { join } from 'node:path';
import type { DeploymentSettings, Finding } from '../catalog/index.ts';
import {
  type ArtefactStore,
  createSealer,
  type GatewayDeps,
  Heartbeat,
  KeptLengths,
  KeptOutcomes,
  KeptResponses,
  KillSwitches,
  OpenRequests,
  ReplayPredictors,
  RoutePacing,
  SessionMemory,
  SignalDesk,
  type Snapshot,
  ThoughtMemory,
} from '../gateway/index.ts';
import type { HttpServerOptions, WhatIfOptions } from '../http/index.ts';
import { openIdentity } from '../identity/index.ts';
import { createTokenCounter, createTokenEstimator, type LedgerStore, openLedger } from '../ledger/index.ts';
import { createMemoryLimits } from '../limits/index.ts';
import { killedBy } from '../policy/index.ts';
import { Canaries, gradeAnswers, ProofDesk, type ProofStore, type SavingsSources } from '../proof/index.ts';
import { GatewayError } from '../protocol/index.ts';
import { discoverProviders } from '../providers/index.ts';
import { decide, loadShippedPredictor, type Predictor, shippedArtefact } from '../router/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { createIdSource, systemClock } from '../std/index.ts';
import { installationSecret, lockFile, openArtefacts, openSqliteStore } from '../storage/index.ts';
import {
  createCircuitBreakers,
  createRetryBudget,
  createSigners,
  createUndiciTransport,
  defaultRetryPolicy,
  Fleet,
} from '../upstream/index.ts';
import { changedDeployments, changedProviders } from './changed-deployments.ts';
import { Closers } from './closers.ts';
import { ConfigError, checkConfigText, loadConfig } from './config.ts';
import { defaults } from './defaults.ts';
import { findEngines } from './engines.ts';
import { type Environment, readVariable, withoutEmpty } from './environment.ts';
import type { createLog } from './log.ts';
import { createReadiness } from './readiness.ts';
import { provedRoutes } from './route-proof.ts';
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
  /** Of this program: what is certified holds for one version. Absent = one of tests. */
  version?: string | undefined;
  /** Decides instead of the shipped one, e.g. one fitted on outcomes of this traffic. */
  predictor?: Predictor | undefined;
}

/** Everything that runs, made once, and how to change or end it. */
export interface Composition {
  gateway: GatewayDeps;
  ledgerStore: LedgerStore;
  /** Whoever proves routes, and what is kept of it. */
  proof: { desk: ProofDesk; store: ProofStore; canaries: Canaries };
  savings: SavingsSources;
  switches: KillSwitches;
  whatIf: WhatIfOptions;
  /** Who makes stored decisions again. */
  replayPredictors: ReplayPredictors;
  /** What it was started with. */
  setup: Setup;
  /** Of the configuration in force now. */
  bodyBytesMax(): number;
  readiness: HttpServerOptions['readiness'];
  /** Reads the configuration again, one time after the other; a bad one is refused and the old one stays. Throws ConfigError. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

const silenceMs = 15_000;
const sandboxSeed = 1;
const dayMs = 86_400_000;
const pruneEveryMs = 3_600_000;
const saveLengthsEveryMs = 60_000;
const saveOutcomesEveryMs = 60_000;
const savePacingEveryMs = 60_000;
const saveProofEveryMs = 60_000;

/** Finds out what to serve: the file if there is one, else what the environment and this machine offer, else the sandbox. */
export async function findSetup(
  options: Pick<ComposeOptions, 'configPath' | 'environment' | 'probeEngines'>,
): Promise<Setup> {
  const { configPath, environment } = options;
  if (configPath !== undefined) {
    return { kind: 'file', path: configPath, ...loadConfig(configPath, environment) };
  }
  const found = options.probeEngines ? await findEngines() : [];
  const providers = [
    ...discoverProviders((name) => readVariable(environment, name)),
    ...found.map((engine) => engine.provider),
  ];
  if (providers.length === 0) {
    return { kind: 'found', providers: [{ id: 'sandbox', vendor: 'sandbox' }], deployments: [] };
  }
  const deployments: DeploymentSettings[] = found.flatMap(({ provider, models }) =>
    models.map((model) => ({ model, provider: provider.id, name: model })),
  );
  return { kind: 'found', providers, deployments };
}

/** A configuration that is only asked about. Throws `invalid_request` naming the field at fault. */
function configFromText(text: string, environment: Environment): Setup {
  try {
    return { kind: 'file', path: 'config', ...checkConfigText(text, 'config', environment) };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    throw new GatewayError('invalid_request', thrown.message, { param: 'config' });
  }
}

/** Opens stores, starts what must run beside the gateway, and compiles the first snapshot. What throws leaves nothing open behind it. */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const closers = new Closers();
  try {
    return await open(options, closers);
  } catch (thrown) {
    // The reason for the failed start is worth more than one why something did not close after it.
    await closers.close().catch(() => {});
    throw thrown;
  }
}

async function open(options: ComposeOptions, closers: Closers): Promise<Composition> {
  const { log, dataFolder } = options;
  const clock = systemClock;
  const ids = createIdSource(clock);
  const predictor = options.predictor ?? loadShippedPredictor();
  const setup = await findSetup(options);
  let sandbox: Sandbox | undefined;
  closers.add(() => sandbox?.close());
  const snapshotOf = async (from: Setup, rows: readonly Finding[]): Promise<Snapshot> => {
    if (needsSandbox(from))
      sandbox ??= await startSandbox({ seed: sandboxSeed, clock, port: 0, speed: options.sandboxSpeed });
    return buildSnapshot({
      setup: from,
      predictor,
      sandboxUrl: sandbox?.baseUrl,
      findings: { rows, nowMs: clock.nowMs() },
    });
  };
  // A configuration that cannot be used is refused before anything is written.
  let inForce = { setup, snapshot: await snapshotOf(setup, []) };
  provedRoutes(setup, inForce.snapshot);

  const store = await openSqliteStore({ dataFolder });
  closers.add(() => store.close());
  const artefacts = openArtefacts(dataFolder);
  if (options.predictor === undefined) await keepArtefact(artefacts, log);
  const findings = await store.findings.list();
  if (findings.length > 0) inForce = { setup, snapshot: await snapshotOf(setup, findings) };
  const estimator = createTokenEstimator(createTokenCounter(clock.monotonicMs));
  closers.add(() => estimator.close());
  const identity = await openIdentity({
    store: store.keys,
    clock,
    ids,
    presetAdminKey: withoutEmpty(options.environment)['YUMEN_ADMIN_KEY'],
  });
  closers.add(() => identity.close());
  const ledger = await openLedger({
    store: store.ledger,
    journalFolder: join(dataFolder, 'journal'),
    lockFile,
    clock,
  });
  closers.add(() => ledger.close());
  const transport = createUndiciTransport({ clock });
  closers.add(() => transport.close());
  const heartbeat = new Heartbeat(silenceMs, clock.monotonicMs);
  closers.add(() => heartbeat.close());
  const breakers = createCircuitBreakers(Math.random);
  const switches = await KillSwitches.open({ store: store.switches, clock, ids, log });
  closers.add(() => switches.close());
  const fleet = new Fleet({
    breakers,
    barred: (deployment) => killedBy(deployment, switches.inForce()) !== undefined,
    random: Math.random,
    keyRefused: (refused) =>
      log.warn(
        { ...refused },
        'the provider refused a key or its account is empty: correct the key or refill the account',
      ),
  });
  const keepDays = (): number =>
    inForce.setup.kind === 'file' ? inForce.setup.config.responses.keep_days : defaults.responsesKeepDays;
  const responses = new KeptResponses({
    store: store.responses,
    clock,
    log,
    keepMs: () => keepDays() * dayMs,
  });
  void responses.prune();
  const pruning = setInterval(() => void responses.prune(), pruneEveryMs);
  pruning.unref();
  closers.add(() => clearInterval(pruning));
  const kept = await KeptLengths.open({ store: store.learned, clock, log });
  const saving = setInterval(() => void kept.save(), saveLengthsEveryMs);
  saving.unref();
  closers.add(async () => {
    clearInterval(saving);
    await kept.save();
  });
  const outcomes = await KeptOutcomes.open({
    store: store.outcomes,
    learned: store.learned,
    predictor,
    clock,
    log,
  });
  const savingOutcomes = setInterval(() => void outcomes.save(), saveOutcomesEveryMs);
  savingOutcomes.unref();
  closers.add(async () => {
    clearInterval(savingOutcomes);
    await outcomes.save();
  });
  const pacing = new RoutePacing({
    clock,
    home: { store: store.learned, log, spentSince: (fromMs) => spentByRoute(store.ledger, fromMs) },
  });
  await pacing.prepare(inForce.snapshot.routes.values());
  const savingPacing = setInterval(() => void pacing.save(), savePacingEveryMs);
  savingPacing.unref();
  closers.add(async () => {
    clearInterval(savingPacing);
    await pacing.save();
  });
  const gateway: GatewayDeps = {
    clock,
    ids,
    random: Math.random,
    identity,
    limits: createMemoryLimits({
      clock,
      spentSince: (keyId, fromMs) => store.ledger.spentSince(keyId, fromMs),
    }),
    decide,
    ledger,
    objects: store.objects,
    responses,
    sealer: createSealer(installationSecret(dataFolder)),
    estimator,
    transport,
    breakers,
    fleet,
    signers: createSigners(clock),
    retryBudget: createRetryBudget(),
    retryPolicy: defaultRetryPolicy,
    heartbeat,
    sessions: new SessionMemory(),
    lengths: kept.lengths,
    outcomes,
    pacing,
    signals: new SignalDesk({
      clock,
      random: Math.random,
      log,
      ownOutcomes: (route) => (inForce.snapshot.routes.get(route)?.learn === 'off' ? 0 : outcomes.own.rows),
    }),
    thoughts: new ThoughtMemory(),
    openRequests: new OpenRequests(),
    switches: () => switches.inForce(),
    snapshot: () => inForce.snapshot,
    log,
  };

  const secret = installationSecret(dataFolder);
  const canaries = new Canaries({
    clock,
    ids,
    secret,
    learned: store.learned,
    store: store.proof,
    log,
  });
  await canaries.prepare(inForce.snapshot.routes.values());
  gateway.canary = canaries;
  const desk = new ProofDesk({
    deps: gateway,
    secret,
    canaries,
    version: options.version ?? 'test',
    store: store.proof,
    learned: store.learned,
    ledger,
    ledgerStore: store.ledger,
    outcomes,
    own: () => outcomes.own.state(),
    lengths: () => kept.lengths.state(),
    grade: ({ settings }) => gradeAnswers(settings, gateway),
    log,
  });
  await desk.prepare(provedRoutes(inForce.setup, inForce.snapshot));
  gateway.proof = desk;
  const savingProof = setInterval(() => {
    desk.probe();
    void Promise.all([desk.save(), canaries.save()]);
  }, saveProofEveryMs);
  savingProof.unref();
  void desk.prune();
  const pruningCaptures = setInterval(() => void desk.prune(), pruneEveryMs);
  pruningCaptures.unref();
  closers.add(async () => {
    clearInterval(savingProof);
    clearInterval(pruningCaptures);
    await desk.close();
    await canaries.save();
  });

  const reload = async (): Promise<void> => {
    const next = await findSetup(options);
    const snapshot = await snapshotOf(next, await store.findings.list());
    const proved = provedRoutes(next, snapshot);
    // A corrected key must not wait for a circuit that the wrong one opened.
    const { catalog } = inForce.snapshot;
    const providers = changedProviders(catalog, snapshot.catalog);
    fleet.forget(changedDeployments(catalog, snapshot.catalog), providers);
    await ledger.flush().catch(() => {});
    await pacing.prepare(snapshot.routes.values());
    inForce = { setup: next, snapshot };
    await canaries.prepare(snapshot.routes.values());
    await desk.prepare(proved);
    for (const setting of settingsOfStart(setup, next))
      log.warn({ setting }, 'this setting is read at start only: restart to apply its new value');
  };
  const replayPredictors = new ReplayPredictors(() => inForce.snapshot.predictor, artefacts);
  let reloads = Promise.resolve();
  return {
    gateway,
    ledgerStore: store.ledger,
    proof: { desk, store: store.proof, canaries },
    switches,
    savings: { savings: store.savings, proof: store.proof },
    whatIf: {
      ledger: store.ledger,
      proof: store.proof,
      predictors: replayPredictors,
      keys: () => identity.listKeys(),
      current: () => inForce.snapshot,
      other: async (text) => {
        const config = configFromText(text, options.environment);
        return snapshotOf(config, await store.findings.list());
      },
    },
    replayPredictors,
    setup,
    bodyBytesMax: () =>
      inForce.setup.kind === 'file' ? inForce.setup.config.limits.body_bytes_max : defaults.bodyBytesMax,
    readiness: createReadiness(gateway),
    reload() {
      const reloaded = reloads.then(reload);
      reloads = reloaded.catch(() => {});
      return reloaded;
    },
    close: () => closers.close(),
  };
}

/** Later versions replay what this one decided. Without it they can still say that they cannot, so a failure is no reason not to serve. */
async function keepArtefact(artefacts: ArtefactStore, log: ComposeOptions['log']): Promise<void> {
  const artefact = shippedArtefact();
  try {
    await artefacts.put(artefact.id, JSON.stringify(artefact));
  } catch (thrown) {
    log.warn({ artefact: artefact.id, cause: String(thrown) }, 'the artefact could not be kept for replays');
  }
}

/** What each route spent, simulated money too: a route of simulated models is paced like any other. */
async function spentByRoute(ledger: LedgerStore, fromMs: number): Promise<Map<string, number>> {
  const spent = new Map<string, number>();
  const toMs = Number.MAX_SAFE_INTEGER;
  for (const { group, costNano } of await ledger.report({ fromMs, toMs, by: 'route' }))
    if (group !== undefined) spent.set(group, (spent.get(group) ?? 0) + Number(costNano));
  return spent;
}

/** Changed settings that a reload cannot apply. */
function settingsOfStart(started: Setup, now: Setup): string[] {
  const urlOf = (setup: Setup) => (setup.kind === 'file' ? setup.config.storage?.url : undefined);
  return urlOf(started) === urlOf(now) ? [] : ['storage.url'];
}
