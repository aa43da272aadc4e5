import { type Command, InvalidArgumentError } from 'commander';
import { informedPreview, preview, RoutePacing, SessionMemory, SignalDesk } from '../../gateway/index.ts';
import { presentDecision } from '../../http/index.ts';
import type { Principal } from '../../identity/index.ts';
import { createTokenCounter, createTokenEstimator } from '../../ledger/index.ts';
import { createMemoryLimits } from '../../limits/index.ts';
import {
  type CandidateEstimate,
  type Decision,
  loadShippedPredictor,
  OutputLengths,
  decide as routerDecide,
} from '../../router/index.ts';
import { buildSnapshot, findSetup } from '../../server/index.ts';
import { createIdSource, formatUsd, systemClock } from '../../std/index.ts';
import {
  createCircuitBreakers,
  createRetryBudget,
  createSigners,
  createUndiciTransport,
  defaultRetryPolicy,
  Fleet,
} from '../../upstream/index.ts';
import type { CommandIo } from '../io.ts';
import { findConfig, mayProbeEngines } from '../place.ts';

interface DecideOptions {
  config?: string;
  model: string;
  target?: number;
  askSignals?: boolean;
  json?: boolean;
}

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
    .command('decide')
    .description('Show which model a prompt would go to, and why; nothing is called unless signals are asked')
    .argument('<text>', 'the prompt')
    .option('--model <name>', 'route or model', 'auto')
    .option('--target <quality>', 'quality target between 0 and 1; may only tighten the route’s', qualityOf)
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--ask-signals', 'ask the route’s signals where it is undecided: they are called and paid')
    .option('--json', 'print the decision as one JSON document')
    .action((text: string, options: DecideOptions) => decide(text, options, io));
}

async function decide(text: string, options: DecideOptions, io: CommandIo): Promise<void> {
  const configPath = findConfig(options, io);
  const setup = await findSetup({ configPath, environment: io.env, probeEngines: mayProbeEngines(io) });
  // A dry run calls nothing, so the sandbox need not run; port 9 is the discard port.
  const sandboxUrl = 'http://127.0.0.1:9/v1';
  const snapshot = buildSnapshot({ setup, predictor: loadShippedPredictor(), sandboxUrl });
  const body = { model: options.model, messages: [{ role: 'user', content: text }] };
  const breakers = createCircuitBreakers(Math.random);
  const request = {
    bytes: new TextEncoder().encode(JSON.stringify(body)),
    headers: { 'x-yumen-target': options.target?.toString() },
    principal: operator,
  };
  const deps = {
    ids: createIdSource(systemClock),
    clock: systemClock,
    breakers,
    fleet: new Fleet({ breakers, random: Math.random }),
    sessions: new SessionMemory(),
    lengths: new OutputLengths(),
    decide: routerDecide,
    pacing: new RoutePacing({ clock: systemClock }),
    switches: () => [],
    snapshot: () => snapshot,
  };
  const decision =
    options.askSignals === true ? await informedDecision(request, deps, io) : preview(request, deps);
  io.out(options.json === true ? `${JSON.stringify(presentDecision(decision))}\n` : `${told(decision)}\n`);
}

/** As a gateway that has just started would decide, with a share of requests to ask about. */
async function informedDecision(
  request: Parameters<typeof preview>[0],
  deps: Parameters<typeof preview>[1],
  io: CommandIo,
): Promise<Decision> {
  const clock = systemClock;
  const transport = createUndiciTransport({ clock });
  const estimator = createTokenEstimator(createTokenCounter(clock.monotonicMs));
  const told = (facts: { [name: string]: unknown }, message: string): void =>
    io.err(`${message}: ${JSON.stringify(facts)}\n`);
  const log = { warn: told, error: told };
  const signals = new SignalDesk({ clock, random: Math.random, log, ownOutcomes: () => 0 });
  for (const { name } of deps.snapshot().routes.values()) signals.seen(name, 1);
  try {
    const { decision, calls } = await informedPreview(request, {
      ...deps,
      transport,
      estimator,
      log,
      signals,
      random: Math.random,
      signers: createSigners(clock),
      retryBudget: createRetryBudget(),
      retryPolicy: defaultRetryPolicy,
      limits: createMemoryLimits({ clock, spentSince: async () => 0n }),
    });
    for (const { deployment, costNano } of calls)
      io.err(
        `${deployment} was asked: ${costNano === undefined ? 'cost unknown' : `$${formatUsd(costNano)}`}\n`,
      );
    return decision;
  } finally {
    await transport.close();
    await estimator.close();
  }
}

function told(decision: Decision): string {
  const { explanation, shape } = decision;
  // The reference is what others are compared with, so where it is preferred the runner-up has the contributions.
  const weighed = [decision.preferred, explanation.runnerUp]
    .map((id) => decision.candidates.find((one) => one.candidate === id))
    .find((one) => one !== undefined && one.contributions.length > 0);
  const lines = [
    explanation.sentence,
    '',
    `reason      ${decision.reason} (${decision.quality})`,
    `request     ${shape.language}, ${shape.task}, ${shape.turn} turn, about ${shape.inputTokensEstimate} tokens`,
    `runner-up   ${explanation.runnerUp ?? 'none'}`,
    `would flip  ${explanation.flip ?? 'nothing'}`,
    '',
    ...table(decision.candidates),
    'Quality is the expected share right on questions like those of the evidence, which are mostly examinations.',
  ];
  if (weighed !== undefined) {
    lines.push(
      '',
      `contributions to the expected loss of ${weighed.candidate}, in points of quality (0 to 100):`,
    );
    const visible = weighed.contributions.filter(({ effect }) => Math.abs(effect) >= 0.0005);
    for (const { effect, label } of visible) lines.push(`  ${points(effect)}  ${label}`);
  }
  for (const { candidate, rule, why } of decision.excluded)
    lines.push(`excluded    ${candidate}: ${why} (${rule})`);
  return lines.join('\n');
}

function table(candidates: CandidateEstimate[]): string[] {
  const rows = candidates.map((one) => [
    one.candidate,
    percent(one.quality),
    percent(one.loss),
    one.cost === undefined ? 'unknown' : `$${formatUsd(one.cost.totalNano).slice(0, -3)}`,
    `${one.evidence} rows, ${one.evidenceCell}`,
  ]);
  const head = ['candidate', 'quality [95 %]', 'loss [95 %]', 'expected', 'evidence'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function percent({ mean, low, high }: { mean: number; low: number; high: number }): string {
  const show = (value: number): string => (value * 100).toFixed(1);
  return `${show(mean)} % [${show(low)}, ${show(high)}]`;
}

/** An effect of 0.012 on an expected loss of 0..1 is `+1.2 points`. */
function points(effect: number): string {
  const size = Math.abs(effect * 100).toFixed(1);
  return `${effect < 0 ? '−' : '+'}${size} points`.padStart('+10.0 points'.length);
}

function qualityOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError('give a number above 0 and at most 1, e.g. 0.98.');
  return value;
}
