import { comparisonBySource, noAnswer, recordedAnswers } from '../../src/evaluation/cascades/recorded.ts';
import { playPolicy, prices as qualityPrices } from '../../src/evaluation/cascades/simulate.ts';
import { costAt } from '../../src/evaluation/metrics/hull.ts';
import { answerReply } from './answers.ts';
import type { RecordedAsk } from './asks.ts';
import { learnedCosts, mean, meanCosts } from './expected-costs.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type OfflineTask, type Outcome, playOffline, type Target } from './offline.ts';
import type { Part } from './predictors.ts';
import { priceOf, type RecordedPrice } from './prices.ts';
import { asRead, type ReadAnswers, readAsk, readOtherwise } from './readings.ts';
import { type Replayed, replay, routeName, shuffled } from './replay.ts';

export interface FleetTask {
  id: string;
  file: string;
  asks: readonly RecordedAsk[];
  /** Recorded names: the cheap models, then the reference. */
  models: string[];
  votes: boolean;
  parts: readonly Part[];
}

/**
 * One target, three times: by the rule of the tables, which expects of costs the mean of other rows and takes the recorded answers as they are spelt; by the same rule
 * with costs and answers as the gateway reads them; and through the gateway.
 */
export interface Compared {
  target: Target;
  /** Absent for a quality target, of which tables know nothing. */
  table: Outcome | undefined;
  offline: Outcome;
  gateway: Outcome;
  /** What the table's curve costs where it reaches the gateway's quality, mixing neighbours; undefined where it does not. */
  tableAtEqual: number | undefined;
  /** Of requests for which the gateway paid what the offline engine pays, so called the same models. */
  alike: number;
}

export interface ComparedTask {
  n: number;
  reference: Outcome;
  /** Asks whose answers the gateway tells apart otherwise than the records. */
  readOtherwise: number;
  at: Compared[];
}

export interface CompareOptions {
  /** Replayed are the prices of quality at which the table comes closest to keeping these shares of the reference's quality. */
  shares: readonly number[];
  /** And, where nobody votes, routes that are to be sure to keep these. */
  qualityTargets: readonly number[];
  /** Requests under way at once. */
  atOnce: number;
  /** Asks that each model answers before anything is measured, so that the gateway has an idea of lengths. */
  asksBefore: number;
}

/** Plays a task offline and through the gateway. */
export async function compareTask(task: FleetTask, options: CompareOptions): Promise<ComparedTask> {
  const { asks, models, parts } = task;
  const recorded = recordedAnswers({ name: task.file, rows: asks.map((ask) => ask.row) }, models);
  const prices = new Map(models.map((model) => [model, priceOf(recorded.rows, model)]));
  const partByRow = new Map(parts.flatMap((part) => part.rows.map((row) => [row, part] as const)));
  const offline: OfflineTask = {
    recorded,
    partOf: recorded.rows.map((row) => partByRow.get(row)!),
    votes: task.votes,
  };
  const last = models.length - 1;
  const reference = { quality: mean(recorded.score[last]!), usd: mean(recorded.usd[last]!) };
  const order = parts.flatMap((part) => shuffled(part.rows.map((row) => recorded.rows.indexOf(row))));
  const curve = tableCurve(offline, order, reference.usd);

  const forms = comparisonBySource(recorded.rows);
  const formOf = (ask: RecordedAsk) => forms.get(ask.row.source)!;
  const replyOf = (i: number, model: string) => answerReply(asks[i]!, model, formOf(asks[i]!));
  const readings = asks.map((ask) => readAsk(ask, routeName));
  const read = asRead(recorded, readings, replyOf);
  const isWhole = (i: number, model: string) => replyOf(i, model).finish === undefined;
  const before = shuffled(asks).slice(0, options.asksBefore);
  const fleet = await startFleet({ asks, prices, formOf });
  try {
    const at: Compared[] = [];
    for (const { target, table } of targetsOf(curve, reference.quality, task.votes, options)) {
      const learned = learnedCosts(recorded, readings, prices, isWhole);
      for (const model of models) for (const ask of before) learned.observe(asks.indexOf(ask), [model]);
      const played = playOffline(asGatewayReads(offline, read), order, target, () => learned);
      const replayed = await throughGateway(fleet, { task, prices, target, before, atOnce: options.atOnce });
      const gateway = outcomeOf(replayed);
      const same = replayed.filter(({ ask, usd }) => sameUsd(played.rows[asks.indexOf(ask)]!.usd, usd));
      at.push({
        target,
        table,
        offline: played,
        gateway,
        tableAtEqual: costAt(
          [...curve.map((point) => point.table), reference].map(({ quality, usd: cost }) => ({
            quality,
            cost,
          })),
          gateway.quality,
        ),
        alike: same.length / replayed.length,
      });
    }
    return { n: asks.length, reference, readOtherwise: readOtherwise(recorded, read), at };
  } finally {
    await fleet.close();
  }
}

interface CurvePoint {
  lambdaUsd: number;
  table: Outcome;
}

/** As the evaluation plays its tasks, at every price of quality. */
function tableCurve(task: OfflineTask, order: readonly number[], referenceUsd: number): CurvePoint[] {
  const { recorded, partOf } = task;
  const parts = [...new Set(partOf)];
  const otherRows = (part: Part) => (i: number) => parts.length === 1 || partOf[i] !== part;
  const means = new Map(parts.map((part) => [part, meanCosts(recorded, otherRows(part))]));
  const lambdas = qualityPrices.map((price) => price * referenceUsd);
  if (!task.votes) {
    return lambdas.map((lambdaUsd) => ({
      lambdaUsd,
      table: playOffline(task, order, { usd_per_quality: lambdaUsd }, (part) => means.get(part)!),
    }));
  }
  const terms = (i: number) => {
    const part = partOf[i]!;
    const quality = part.quality(recorded.rows[i]!);
    return { quality, costUsd: means.get(part)!.of(i), parameters: part.acceptance, unitUsd: referenceUsd };
  };
  const members = recorded.models.map((_, m) => m);
  const played = playPolicy(recorded, terms, { members, last: members.at(-1)!, votes: true });
  return lambdas.map((lambdaUsd, k) => {
    const { score, usd } = played[k]!;
    return { lambdaUsd, table: { quality: mean(score), usd: mean(usd) } };
  });
}

function targetsOf(
  curve: readonly CurvePoint[],
  referenceQuality: number,
  votes: boolean,
  { shares, qualityTargets }: CompareOptions,
): { target: Target; table: Outcome | undefined }[] {
  const priced = shares.map((share) => {
    const { lambdaUsd, table } = closest(curve, share * referenceQuality);
    return { target: { usd_per_quality: lambdaUsd }, table };
  });
  const sure = votes ? [] : qualityTargets.map((quality) => ({ target: { quality }, table: undefined }));
  return [...priced, ...sure];
}

/** Unusable answers are replaced on any route; poor ones where it looks at answers. */
function asGatewayReads(task: OfflineTask, read: ReadAnswers): OfflineTask {
  const isRefused = (i: number, m: number) =>
    task.votes ? read.group[m]![i] === noAnswer : read.broken[m]![i] === 1;
  return { ...task, recorded: read, isRefused };
}

interface Replaying {
  task: FleetTask;
  prices: ReadonlyMap<string, RecordedPrice>;
  target: Target;
  before: readonly RecordedAsk[];
  atOnce: number;
}

function throughGateway(
  fleet: Fleet,
  { task, prices, target, before, atOnce }: Replaying,
): Promise<Replayed[]> {
  const askOf = new Map(task.asks.map((ask) => [ask.row, ask]));
  const { models, votes } = task;
  return replay(
    fleet,
    { models, prices, target, cascade: { checks: votes, votes }, atOnce },
    task.parts.map(({ predictor, rows }, p) => ({
      predictor,
      before: p === 0 ? before : [],
      asks: shuffled(rows).map((row) => askOf.get(row)!),
    })),
  );
}

/** The ledger's least amount, and what made-up tokens may miss a cost by. */
const sameUsd = (a: number, b: number) => Math.abs(a - b) <= 1e-9 + a / 1000;

function outcomeOf(replayed: readonly Replayed[]): Outcome {
  const score = Float64Array.from(replayed, ({ ask, model }) => ask.row.outcomes.get(model)!.score);
  return { quality: mean(score), usd: mean(Float64Array.from(replayed, ({ usd }) => usd)) };
}

function closest(curve: readonly CurvePoint[], quality: number): CurvePoint {
  const away = ({ table }: CurvePoint) => Math.abs(table.quality - quality);
  return curve.reduce((best, one) => (away(one) < away(best) ? one : best));
}
