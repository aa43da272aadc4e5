import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Candidate } from '../../catalog/index.ts';
import { gateOf, type Route, RoutePacing, type Snapshot, saysNothing } from '../../gateway/index.ts';
import type { Principal } from '../../identity/index.ts';
import { createTokenCounter, createTokenEstimator } from '../../ledger/index.ts';
import {
  appendPair,
  captureRecords,
  type EstimateDeps,
  type ForecastReport,
  forecastSvg,
  forecastText,
  gatewayRunner,
  type Judge,
  judgedForecastOf,
  type KeptPair,
  logFormats,
  type PairRunner,
  type PreparedForecast,
  pairsMin,
  planRun,
  prepareForecast,
  priorForecastOf,
  type ReadLog,
  type RunnerDeps,
  readLogs,
  readPairs,
  readRecords,
  runPairs,
} from '../../proof/index.ts';
import { createProvider } from '../../providers/index.ts';
import { loadShippedPredictor, decide as routerDecide } from '../../router/index.ts';
import { buildSnapshot, findSetup } from '../../server/index.ts';
import { createIdSource, systemClock } from '../../std/index.ts';
import { openSqliteStore } from '../../storage/index.ts';
import {
  createCircuitBreakers,
  createRetryBudget,
  createSigners,
  createUndiciTransport,
  defaultRetryPolicy,
  Fleet,
} from '../../upstream/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, mayProbeEngines } from '../place.ts';

interface ForecastFlags {
  config?: string;
  route?: string;
  reference?: string;
  candidates?: string[];
  format?: string;
  limit: number;
  quality?: number;
  next?: number;
  seed: number;
  run?: boolean;
  budget?: number;
  pairs: number;
  judge?: string[];
  resume?: string;
  yes?: boolean;
  svg?: string;
  json?: boolean;
}

/** In a data folder. */
const databaseName = 'yumen.sqlite';
const usualLimit = 20_000;
const limitMax = 1_000_000;
const usualPairs = 300;
const pairsMax = 5000;

/** The operator at the terminal: every model, no limits. */
const operator: Principal = {
  keyId: 'key_terminal',
  name: 'terminal',
  role: 'admin',
  project: undefined,
  models: undefined,
  limits: {},
};

export function register(program: Command, io: CommandIo): void {
  program
    .command('forecast')
    .description('What a route would save and keep on logged requests, before anything is switched')
    .argument(
      '<log...>',
      'logs with bodies (JSON lines, JSON or CSV, plain or gzip), or a data folder whose captured texts are read',
    )
    .option('--route <name>', 'route of the configuration', 'auto')
    .option('--reference <model>', 'instead of a route: the model that quality is relative to')
    .option('--candidates <models>', 'and cheaper models, separated by commas', namesOf)
    .option('--quality <share>', 'quality to keep (default: the route’s target, else 0.98)', shareOf)
    .addOption(
      new Option('--format <id>', 'what the logs were written by (default: by their fields)').choices(
        logFormats.map(({ id }) => id),
      ),
    )
    .option('--limit <n>', 'requests that are used, drawn at random', wholeOf(20, limitMax), usualLimit)
    .option('--next <n>', 'requests to forecast (default: a month at the log’s rate)', wholeOf(1, 1e9))
    .option('--seed <n>', 'of all that is drawn', wholeOf(0, 2 ** 31), 1)
    .option('--run', 'call candidates on a sample and judge them, within --budget')
    .option('--budget <usd>', 'what --run may spend', usdOf)
    .option('--pairs <n>', 'requests to judge', wholeOf(20, pairsMax), usualPairs)
    .option(
      '--judge <models>',
      'who judges, in order: the first of another family than both answers',
      namesOf,
    )
    .option('--resume <file>', 'keep judged pairs here, figures only, and go on from those that are there')
    .option('--yes', 'spend without asking first')
    .option('--svg <file>', 'write cost and quality along the ladder as SVG')
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--json', 'print one JSON document (docs/forecast.schema.json)')
    .action((files: string[], flags: ForecastFlags) => run(files, flags, io));
}

async function run(files: string[], flags: ForecastFlags, io: CommandIo): Promise<void> {
  checkFlags(flags);
  const found = await snapshotFor(flags, io);
  const route = routeOf(flags, found);
  const snapshot = { ...found, routes: new Map([...found.routes, [route.name, route]]) };
  const judges = (flags.judge ?? []).map((name) => judgeOf(name, snapshot));
  const random = randomOf(flags.seed);
  const read = await readAll(files, flags, random, io);
  const { deps, close } = surroundings(snapshot, route, judges);
  if (flags.run === true) requireAllowed(route, judges, deps.gate);
  try {
    const input = prepareForecast(read, {
      estimate: { ...deps, route, principal: operator },
      quality: flags.quality ?? (route.target.kind === 'quality' ? route.target.value : 0.98),
      next: flags.next,
      random,
    });
    const forecast =
      flags.run === true ? await judged(input, flags, gatewayRunner(deps), io) : priorForecastOf(input);
    if (flags.svg !== undefined) writeSvg(resolve(io.cwd, flags.svg), forecastSvg(forecast));
    io.out(flags.json === true ? `${JSON.stringify(forecast)}\n` : forecastText(forecast));
  } finally {
    await close();
  }
}

function checkFlags({ run: isRun, budget, judge, reference, candidates, resume }: ForecastFlags): void {
  if ((reference === undefined) !== (candidates === undefined))
    throw new CommandError('Give --reference and --candidates together, or neither and a --route.', 2);
  if (isRun !== true && (budget !== undefined || judge !== undefined || resume !== undefined))
    throw new CommandError('--budget, --judge and --resume belong to --run, which calls models.', 2);
  if (isRun === true && budget === undefined)
    throw new CommandError(
      '--run calls models and pays for it: say how much it may spend with --budget USD.',
      2,
    );
  if (isRun === true && judge === undefined)
    throw new CommandError(
      '--run needs somebody to judge: name models of other families than the candidates with --judge.',
      2,
    );
}

async function readAll(
  files: readonly string[],
  flags: ForecastFlags,
  random: () => number,
  io: CommandIo,
): Promise<ReadLog> {
  const options = {
    limit: flags.limit,
    format: logFormats.find(({ id }) => id === flags.format),
    random,
    progress: (records: number) => io.err(`${records} records read\n`),
  };
  const paths = files.map((file) => resolve(io.cwd, file));
  const folder = paths.find((path) => existsSync(join(path, databaseName)));
  if (folder !== undefined && paths.length > 1)
    throw new CommandError('Give one data folder, or logs: each is a forecast of its own.', 2);
  try {
    return folder === undefined ? await readLogs(paths, options) : await readCaptures(folder, flags, options);
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), 1, { cause: error });
  }
}

/** Texts that routes of this installation have kept, read beside a running gateway. */
async function readCaptures(
  dataFolder: string,
  { reference, route }: ForecastFlags,
  options: Parameters<typeof readRecords>[2],
): Promise<ReadLog> {
  const store = await openSqliteStore({ dataFolder });
  try {
    const range = { fromMs: 0, toMs: systemClock.nowMs() + 1 };
    // With models named on the command line every route's texts are as good.
    const records = captureRecords(store.proof, {
      ...range,
      route: reference === undefined ? route : undefined,
    });
    return await readRecords(records, dataFolder, options);
  } finally {
    await store.close();
  }
}

/** The configuration's; models that are named and that nobody configured serves are priced where their own vendors serve them. */
async function snapshotFor(flags: ForecastFlags, io: CommandIo): Promise<Snapshot> {
  const setup = await findSetup({
    configPath: findConfig(flags, io),
    environment: io.env,
    probeEngines: mayProbeEngines(io),
  });
  const predictor = loadShippedPredictor();
  // A forecast from logs has nothing to do with the sandbox, so it need not run; port 9 is the discard port.
  const sandboxUrl = 'http://127.0.0.1:9/v1';
  const snapshot = buildSnapshot({ setup, predictor, sandboxUrl });
  // What is to be called must be configured.
  if (flags.run === true || setup.kind === 'file') return snapshot;
  const vendors = missingVendors(flags, snapshot);
  if (vendors.length === 0) return snapshot;
  const providers = [...setup.providers, ...vendors.map(pricedAt)];
  return buildSnapshot({ setup: { ...setup, providers }, predictor, sandboxUrl });
}

/** One vendor for each named model that nobody serves: the first that needs no address of the operator's own. */
function missingVendors({ reference, candidates = [] }: ForecastFlags, { catalog }: Snapshot): string[] {
  const found = new Set<string>();
  for (const name of [reference, ...candidates]) {
    const resolution = name === undefined ? undefined : catalog.resolve(name.split('#')[0]!);
    if (resolution?.kind !== 'not-deployed') continue;
    const vendor =
      resolution.vendors.find((id) => !found.has(id) && canStandAlone(id)) ?? resolution.vendors[0];
    if (vendor !== undefined) found.add(vendor);
  }
  return [...found];
}
/** Only its prices are read; nothing is called with the key. */
const pricedAt = (vendor: string) => ({ id: vendor, vendor, apiKey: 'not-called' });

function canStandAlone(vendor: string): boolean {
  try {
    createProvider(pricedAt(vendor));
    return true;
  } catch {
    return false;
  }
}

function routeOf({ route: name = 'auto', reference, candidates }: ForecastFlags, snapshot: Snapshot): Route {
  if (reference === undefined || candidates === undefined) {
    const route = snapshot.routes.get(name);
    if (route !== undefined) return route;
    const known = [...snapshot.routes.keys()].join(', ');
    throw new CommandError(
      `There is no route «${name}»: name one of ${known === '' ? 'none (the configuration has none)' : known}, or give --reference and --candidates.`,
      2,
    );
  }
  const [strong, ...cheaper] = [reference, ...candidates].map((each) => candidateOf(each, snapshot));
  return {
    name: 'forecast',
    reference: strong!,
    candidates: [strong!, ...cheaper],
    target: { kind: 'quality', value: 0.98 },
    mode: 'assist',
    contentFilter: undefined,
    holdbackMs: snapshot.holdbackMs,
    cascade: { checks: false, votes: false, holdMs: 0 },
  };
}

function candidateOf(name: string, { catalog }: Snapshot): Candidate {
  let found: Candidate[];
  try {
    found = catalog.candidates(name);
  } catch (error) {
    throw new CommandError((error as Error).message, 2, { cause: error });
  }
  if (found[0] !== undefined) return found[0];
  const resolution = catalog.resolve(name.split('#')[0]!);
  const hint =
    resolution.kind === 'not-deployed'
      ? `it is served by ${resolution.vendors.join(', ')}: configure one of them`
      : resolution.kind === 'unknown' && resolution.near.length > 0
        ? `did you mean ${resolution.near.slice(0, 3).join(', ')}?`
        : 'use a name that `yumen catalog` lists';
  throw new CommandError(`There is no model «${name}» here: ${hint}`, 2);
}

function judgeOf(name: string, snapshot: Snapshot): Judge {
  const candidate = candidateOf(name, snapshot);
  return { family: candidate.deployment.model.family, candidates: [candidate] };
}

/** Whoever would be sent the texts of the log must be allowed to see them. Throws CommandError. */
function requireAllowed({ reference, candidates }: Route, judges: Judge[], gate: Surroundings['gate']): void {
  const called = [reference, ...candidates].map((candidate) => ['shadow', candidate] as const);
  const asked = judges.flatMap((judge) => judge.candidates.map((candidate) => ['judge', candidate] as const));
  for (const [use, { id, deployment }] of [...called, ...asked]) {
    const refusal = gate.refusal(deployment, use);
    if (refusal === undefined) continue;
    throw new CommandError(`The policy keeps these logs from ${id} (${refusal.rule}): ${refusal.why}.`, 2);
  }
}

type Surroundings = RunnerDeps & Omit<EstimateDeps, 'route' | 'principal'>;

/** What deciding and calling need beside the configuration, as a gateway that has just started has it. */
function surroundings(
  snapshot: Snapshot,
  route: Route,
  judges: Judge[],
): { deps: Surroundings; close(): Promise<void> } {
  const clock = systemClock;
  const breakers = createCircuitBreakers(Math.random);
  const transport = createUndiciTransport({ clock });
  const estimator = createTokenEstimator(createTokenCounter(clock.monotonicMs));
  const switches = () => [];
  return {
    deps: {
      gate: gateOf({ principal: operator, route, wishes: saysNothing, snapshot }, { clock, switches }),
      ids: createIdSource(clock),
      clock,
      breakers,
      fleet: new Fleet({ breakers, random: Math.random }),
      decide: routerDecide,
      pacing: new RoutePacing({ clock }),
      switches,
      snapshot: () => snapshot,
      transport,
      estimator,
      judges,
      random: Math.random,
      signers: createSigners(clock),
      retryBudget: createRetryBudget(),
      retryPolicy: defaultRetryPolicy,
    },
    async close() {
      await transport.close();
      await estimator.close();
    },
  };
}

/** Draws, asks whether it may spend, calls and judges. An interrupt ends the calling and keeps what is done. */
async function judged(
  prepared: PreparedForecast,
  flags: ForecastFlags,
  runner: PairRunner,
  io: CommandIo,
): Promise<ForecastReport> {
  const { estimated, ladder, options } = prepared;
  const { route } = options.estimate;
  const budgetUsd = flags.budget!;
  const plan = planRun(estimated, ladder, {
    pairs: flags.pairs,
    budgetUsd,
    runner,
    random: randomOf(flags.seed),
  });
  if (plan === undefined)
    throw new CommandError(
      `$${budgetUsd} pays for fewer than ${pairsMin} judged requests, too few for any interval: raise --budget, or leave out --run.`,
    );
  const resume = flags.resume === undefined ? undefined : resolve(io.cwd, flags.resume);
  const done = resume === undefined ? new Map<string, KeptPair>() : readPairs(resume, route.reference.id);
  const said = `${plan.order.length} requests are answered and judged, for about $${plan.expectedUsd.toFixed(4)} of $${budgetUsd}`;
  if (flags.yes !== true) await confirmed(said);
  io.err(`${said}\n`);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const result = await runPairs({
      log: estimated,
      ladder,
      route,
      plan,
      runner,
      budgetUsd,
      signal: stop.signal,
      done,
      keep: (pair) => (resume === undefined ? undefined : appendPair(resume, pair)),
      progress: (at, of, spent) => {
        if (at % 10 === 0 || at === of) io.err(`${at} of ${of} judged, $${spent.toFixed(4)} spent\n`);
      },
    });
    if (result.judged.length < pairsMin)
      throw new CommandError(
        `Only ${result.judged.length} requests could be judged (${result.stopped ?? 'the others failed'}), too few for any interval: check keys, addresses and --judge with \`yumen doctor\`.`,
      );
    return judgedForecastOf(prepared, plan, result);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function confirmed(said: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new CommandError(`${said}: say --yes to spend it where nobody can be asked.`, 2);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${said}. Go on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was called.');
  } finally {
    terminal.close();
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a run can be gone on from. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function writeSvg(file: string, svg: string): void {
  try {
    writeFileSync(file, svg);
  } catch (cause) {
    throw new CommandError(`${file} could not be written.`, 1, { cause });
  }
}

function namesOf(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === ''))
    throw new InvalidArgumentError('give model names separated by commas.');
  return names;
}

function wholeOf(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`give a whole number from ${least} to ${most}.`);
    return value;
  };
}

function shareOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 1))
    throw new InvalidArgumentError('give a number from 0.5 to 1, e.g. 0.98.');
  return value;
}

function usdOf(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('give an amount of USD above 0, e.g. 5.');
  return value;
}
