import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type DecisionReplay,
  ReplayPredictors,
  type ReplayQuestion,
  replayRecord,
  replayWindow,
  type WindowReplay,
  windowMax,
} from '../../gateway/index.ts';
import { presentReplay } from '../../http/index.ts';
import type { LedgerStore, RequestRecord } from '../../ledger/index.ts';
import { loadShippedPredictor } from '../../router/index.ts';
import { formatUsd, usdFromNano } from '../../std/index.ts';
import { openArtefacts, openSqliteStore } from '../../storage/index.ts';
import { CommandError, type CommandIo } from '../io.ts';
import { findConfig, findDataFolder } from '../place.ts';
import { whenOf } from '../when.ts';

interface ReplayOptions {
  since?: number;
  until?: number;
  route?: string;
  limit: number;
  loaded?: boolean;
  target?: number;
  lambda?: number;
  config?: string;
  dataDir?: string;
  json?: boolean;
}

const usualLimit = 10_000;

/** Read from the data folder itself, whether or not a gateway runs. */
export function register(program: Command, io: CommandIo): void {
  program
    .command('replay')
    .description('Make recorded decisions again from what they were made of, and compare; nothing is called')
    .argument('[ids...]', 'decisions or requests; without any, all of --since')
    .option(
      '--since <when>',
      'the decisions since then: an ISO date, or how long ago, e.g. 90m, 24h, 7d',
      whenOf,
    )
    .option('--until <when>', 'and before then', whenOf)
    .option('--route <name>', 'only those of this route')
    .option('--limit <n>', `the newest so many, at most ${windowMax}`, countOf, usualLimit)
    .option('--loaded', 'with the artefact of this version, also where it was another')
    .option('--target <quality>', 'what this quality target (0.5 to 1) would have led to', qualityOf)
    .option('--lambda <usd>', 'what this price of a whole answer of quality would have led to', usdOf)
    .option('--config <file>', 'configuration (default: YUMEN_CONFIG, else yumen.yaml if it is there)')
    .option('--data-dir <folder>', 'data folder of the gateway (default: as for serve)')
    .option('--json', 'print one JSON document')
    .action((ids: string[], options: ReplayOptions) => run(ids, options, io));
}

async function run(ids: string[], options: ReplayOptions, io: CommandIo): Promise<void> {
  const question = questionOf(options);
  if ((ids.length === 0) === (options.since === undefined))
    throw new CommandError('Name decisions, or a stretch of time with --since, e.g. --since 24h.', 2);
  const dataFolder = findDataFolder(options, findConfig(options, io), io);
  if (!existsSync(dataFolder))
    throw new CommandError(`There is no data folder ${dataFolder}: check --data-dir or YUMEN_DATA_DIR.`);
  const predictor = loadShippedPredictor();
  const predictors = new ReplayPredictors(() => predictor, openArtefacts(dataFolder));
  const store = await openSqliteStore({ dataFolder });
  try {
    if (ids.length > 0) await replayThese(ids, question, store.ledger, predictors, options, io);
    else await replaySince(question, store.ledger, predictors, options, io);
  } finally {
    await store.close();
  }
}

async function replayThese(
  ids: string[],
  question: ReplayQuestion,
  ledger: LedgerStore,
  predictors: ReplayPredictors,
  { json }: ReplayOptions,
  io: CommandIo,
): Promise<void> {
  const replays: DecisionReplay[] = [];
  for (const id of ids) replays.push(await replayRecord(await recordOf(id, ledger), question, predictors));
  if (json === true) io.out(`${JSON.stringify({ replays: replays.map(presentReplay) })}\n`);
  else io.out(`${replays.map(told).join('\n\n')}\n`);
  if (replays.some((one) => !one.same)) io.exitCode(1);
}

async function recordOf(id: string, ledger: LedgerStore): Promise<RequestRecord> {
  const record = (await ledger.findByDecision(id)) ?? (await ledger.get(id));
  if (record !== undefined) return record;
  throw new CommandError(
    `There is no decision or request ${id} in this data folder; decisions of earlier versions are found by the id of their request.`,
  );
}

async function replaySince(
  question: ReplayQuestion,
  ledger: LedgerStore,
  predictors: ReplayPredictors,
  { since, until, route, limit, json }: ReplayOptions,
  io: CommandIo,
): Promise<void> {
  const filters = { fromMs: since, toMs: until, route };
  const replay = await replayWindow({ ...question, filters, limit }, ledger, predictors);
  io.out(json === true ? `${JSON.stringify(presentWindow(replay))}\n` : `${toldWindow(replay)}\n`);
  if (replay.different > 0) io.exitCode(1);
}

function told(replay: DecisionReplay): string {
  const { decisionId, same, note, whatIf, differences, decision } = replay;
  const lines = [`${decisionId}  ${same ? 'same' : 'different'}  ${decision.explanation.sentence}`];
  if (note !== undefined) lines.push(`  ${note}`);
  for (const { field, stored, replayed } of differences)
    lines.push(`  ${field}: ${shown(stored)} → ${shown(replayed)}`);
  if (whatIf !== undefined) {
    const { before, after } = whatIf;
    lines.push(
      `  under the other target: ${after.answer} instead of ${before.answer}, at ${usd(after.costNano)} instead of ${usd(before.costNano)}, expected loss ${points(after.loss)} instead of ${points(before.loss)} points`,
    );
  }
  return lines.join('\n');
}

function toldWindow(replay: WindowReplay): string {
  const lines = [
    `${replay.replayed} replayed: ${replay.same} same, ${replay.different} different${replay.otherArtefact > 0 ? ` (${replay.otherArtefact} made with another artefact)` : ''}`,
  ];
  if (replay.notReplayable > 0)
    lines.push(`${replay.notReplayable} were recorded without what they were made of and cannot be replayed`);
  for (const one of replay.first) lines.push('', told(one));
  const { whatIf } = replay;
  if (whatIf === undefined) return lines.join('\n');
  const { before, after, compared } = whatIf;
  const change = before.costNano === 0 ? '' : ` (${percent(after.costNano / before.costNano - 1)})`;
  const mean = (sum: number): string => points(compared === 0 ? undefined : sum / compared);
  lines.push(
    '',
    `under the other target ${whatIf.changed} of ${replay.replayed} would have gone elsewhere`,
    `expected cost  ${usd(before.costNano)} → ${usd(after.costNano)}${change}, over the ${compared} with a known price`,
    `expected loss  ${mean(before.loss)} → ${mean(after.loss)} points on average`,
  );
  for (const [answer, counts] of [...whatIf.answers].sort((a, b) => b[1].before - a[1].before))
    lines.push(`  ${answer}: ${counts.before} → ${counts.after}`);
  lines.push('Each decision by itself: conversations, caches, health and lengths are as they were.');
  return lines.join('\n');
}

function presentWindow({ first, whatIf, ...counts }: WindowReplay) {
  const side = ({ costNano, loss }: { costNano: number; loss: number }, n: number) => ({
    expected_cost_usd: usdFromNano(costNano),
    expected_loss_mean: n === 0 ? null : loss / n,
  });
  return {
    replayed: counts.replayed,
    same: counts.same,
    different: counts.different,
    other_artefact: counts.otherArtefact,
    not_replayable: counts.notReplayable,
    first: first.map(presentReplay),
    what_if:
      whatIf === undefined
        ? null
        : {
            compared: whatIf.compared,
            changed: whatIf.changed,
            before: side(whatIf.before, whatIf.compared),
            after: side(whatIf.after, whatIf.compared),
            answers: Object.fromEntries(whatIf.answers),
          },
  };
}

const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
const usd = (nano: number | undefined): string =>
  nano === undefined ? 'an unknown price' : `$${formatUsd(nano)}`;
const points = (loss: number | undefined): string =>
  loss === undefined ? 'unknown' : (100 * loss).toFixed(2);
const percent = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

function questionOf({ loaded, target, lambda }: ReplayOptions): ReplayQuestion {
  if (target !== undefined && lambda !== undefined)
    throw new CommandError('Give --target or --lambda, not both: each is a policy of its own.', 2);
  return {
    withLoaded: loaded === true,
    ...(target !== undefined && { target: { kind: 'quality', value: target } }),
    ...(lambda !== undefined && { target: { kind: 'usd-per-quality', value: lambda } }),
  };
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > windowMax)
    throw new InvalidArgumentError(`give a whole number from 1 to ${windowMax}.`);
  return count;
}

function qualityOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 1))
    throw new InvalidArgumentError('give a number from 0.5 to 1, e.g. 0.95.');
  return value;
}

function usdOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('give an amount of USD, 0 or more, e.g. 0.02.');
  return value;
}
